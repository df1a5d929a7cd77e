"""What `doctor` finds: lines that say how something is and, where it is not well, what to do about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

#: Seconds any one question may take.
PATIENCE: Final = 5.0


class Level(StrEnum):
    """How a finding counts; only `fail` makes the exit code 1."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    level: Level
    what: str
    detail: str
    advice: str = ""


def ok(what: str, detail: str) -> Finding:
    """Nothing to do."""
    return Finding(Level.OK, what, detail)


def warn(what: str, detail: str, advice: str) -> Finding:
    """It works, but not as well as it could."""
    return Finding(Level.WARN, what, detail, advice)


def fail(what: str, detail: str, advice: str) -> Finding:
    """Chats will fail until this is put right."""
    return Finding(Level.FAIL, what, detail, advice)
