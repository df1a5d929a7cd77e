"""A process that is told to stop before it is more than an interpreter that imports."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Python runs it as it starts: the process gets its SIGTERM in the midst of what a role imports.
SITECUSTOMIZE = """
import os, signal, sys
from importlib.abc import MetaPathFinder

class Stop(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "structlog":
            os.kill(os.getpid(), signal.SIGTERM)

sys.meta_path.insert(0, Stop())
"""


@pytest.mark.parametrize("role", ["api", "bridge", "worker", "keeper", "flower", "pool-service"])
def test_a_process_that_is_told_to_stop_while_it_starts_ends_in_order(role: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(SITECUSTOMIZE)
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path, "REDIS_URL": "redis://127.0.0.1:1/0"}
    command = [sys.executable, "-m", "cli.main", role]
    process = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=50, check=False)
    assert (process.returncode, process.stdout + process.stderr) == (0, b"")
