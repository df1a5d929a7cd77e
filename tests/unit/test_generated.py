"""The committed `*_pb2` files are what protoc makes of the `.proto` files beside them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCHEMA = Path("proto/warp")


def test_generated_files_are_current(tmp_path: Path) -> None:
    sources = sorted(str(path.relative_to(ROOT)) for path in (ROOT / SCHEMA).glob("*.proto"))
    protoc = [sys.executable, "-m", "grpc_tools.protoc", "-I."]
    subprocess.run(
        [*protoc, f"--python_out={tmp_path}", f"--pyi_out={tmp_path}", *sources], cwd=ROOT, check=True, timeout=50
    )

    fresh = _generated(tmp_path / SCHEMA)
    committed = _generated(ROOT / SCHEMA)

    assert sources
    assert sorted(fresh) == sorted(committed)
    stale = [name for name, text in fresh.items() if text != committed[name]]
    assert stale == [], "run: python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. proto/warp/*.proto"


def _generated(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.glob("*_pb2.py*") if path.suffix in {".py", ".pyi"}}
