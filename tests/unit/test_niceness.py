"""A process that stands back does so among sessions too, and takes nobody else's along."""

import subprocess
import sys
from pathlib import Path

import pytest

#: The most that there is of niceness.
NICEST = 19
STAND_BACK = """
import os, sys
from pathlib import Path
from workers import niceness
if len(sys.argv) > 1:
    niceness._SESSION = Path(sys.argv[1])
before = os.nice(0)
niceness.stand_back(5)
print(before, os.nice(0))
"""


def stand_back(*session: str, own_session: bool = True) -> tuple[int, int]:
    """The niceness of a process before and after it stood back; `session` is the file it tells the system through."""
    outcome = subprocess.run(
        [sys.executable, "-c", STAND_BACK, *session],
        start_new_session=own_session, capture_output=True, check=True, text=True,
    )  # fmt: skip
    before, after = outcome.stdout.split()
    return int(before), int(after)


@pytest.mark.parametrize(("own_session", "told"), [(True, "5"), (False, "")])
def test_a_process_stands_back_with_its_own_session_alone(own_session: bool, told: str, tmp_path: Path) -> None:
    session = tmp_path / "autogroup"
    session.touch()
    stand_back(str(session), own_session=own_session)
    assert session.read_text() == told


def test_a_process_stands_back_where_sessions_do_not_count(tmp_path: Path) -> None:
    before, after = stand_back(str(tmp_path / "no such folder" / "autogroup"))
    assert after == min(before + 5, NICEST)


def test_a_process_stands_back_on_this_system() -> None:
    before, after = stand_back()
    assert after == min(before + 5, NICEST)
