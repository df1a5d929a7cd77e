"""tests/audit.sh passes only what was asked about and found good."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("status", "ends_with", "says"),
    [(0, 0, "passed"), (1, 1, "FAILED"), (2, 3, "NOT DONE"), (101, 3, "NOT DONE"), (None, 3, "NOT DONE")],
    ids=["nothing known", "something known", "nobody to ask", "uv crashed", "no uv"],
)
def test_only_a_clean_answer_passes(tmp_path: Path, status: int | None, ends_with: int, says: str) -> None:
    uv = tmp_path / "uv"
    if status is not None:
        uv.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/asked\nexit {status}\n')
        uv.chmod(0o755)
    done = subprocess.run(
        ["bash", "tests/audit.sh", str(uv)], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )

    assert done.returncode == ends_with
    assert f"audit: {says}" in done.stdout + done.stderr
    assert status is None or (tmp_path / "asked").read_text().startswith("audit --frozen ")
