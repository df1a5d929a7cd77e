"""A process that stands back does so among sessions too, and takes nobody else's along."""

import subprocess
import sys
from pathlib import Path

import pytest

SESSION = Path("/proc/self/autogroup")
STAND_BACK = f"""
import os
from workers.niceness import stand_back
before = os.nice(0)
stand_back(5)
print(os.nice(0) - before, open("{SESSION}").read().split()[-1] if os.path.exists("{SESSION}") else "")
"""


@pytest.mark.parametrize("own_session", [True, False])
def test_a_process_stands_back_with_its_own_session_alone(own_session: bool) -> None:
    groups = SESSION.read_text().split() if SESSION.exists() else []
    outcome = subprocess.run(
        [sys.executable, "-c", STAND_BACK],
        start_new_session=own_session,
        capture_output=True,
        check=True,
        text=True,
    )
    expected = groups[-1:] if groups and not own_session else ["5"] if groups else []
    assert outcome.stdout.split() == ["5", *expected]
