"""What becomes of a line whose job failed, and when the feeding rests because of it."""

from enum import Enum, auto
from typing import Final

from proto.errors import ErrorCode

_E = ErrorCode

#: Jobs of one line that may fail by what another try may mend.
MAX_FAULTS: Final = 5
#: Seconds the feeding rests when the pool has nothing to lend: first, and at most.
FIRST_REST: Final = 5.0
LONGEST_REST: Final = 600.0

#: The pool has nothing to lend. That is no fault of the line: it waits, and so do all others.
_POOL_EMPTY: Final = {_E.NOT_CONFIGURED, _E.QUOTA, _E.OVERLOADED, _E.UPSTREAM_AUTH, _E.REFRESH_FAILED}
#: Trouble that may have passed by the next try.
_PASSING: Final = {
    _E.INTERRUPTED,
    _E.DEADLINE,
    _E.UNAVAILABLE,
    _E.INTERNAL,
    _E.MODEL_UNAVAILABLE,
    _E.UPSTREAM_ERROR,
    _E.UPSTREAM_IDLE,
    _E.UPSTREAM_INTERNAL,
    _E.UPSTREAM_PROTOCOL,
    _E.UPSTREAM_REJECTED,
    _E.UPSTREAM_TIMEOUT,
    _E.UPSTREAM_TRUNCATED,
    _E.UPSTREAM_UNREACHABLE,
}


class Again(Enum):
    """Whether a line runs again."""

    NO = auto()
    #: After a pause, and not for ever.
    LATER = auto()
    #: As soon as the pool has something to lend.
    WHEN_LENT = auto()


def again(code: ErrorCode, faults: int) -> Again:
    """What becomes of a line whose job failed so, after so many faults before.

    A line that a blocked account refused is not tried with another one.
    """
    if code in _POOL_EMPTY:
        return Again.WHEN_LENT
    return Again.LATER if code in _PASSING and faults + 1 < MAX_FAULTS else Again.NO


def retry_pause(faults: int, first: float) -> float:
    """Seconds before a line that failed so often runs again."""
    return float(first * 3 ** (faults - 1))


class Rest:
    """The feeding rests while the pool has nothing to lend: from pause to pause one line finds out whether it has.

    Times are in seconds of any one clock.
    """

    def __init__(self) -> None:
        self._until = 0.0
        self._pause = 0.0

    def window(self, window: int, now: float) -> int:
        """How many lines may be with jobs now."""
        if self._pause == 0:
            return window
        return min(window, 1) if now >= self._until else 0

    def failed(self, code: ErrorCode, now: float, asked: float | None) -> None:
        """A job failed so; `asked`: after how many seconds trying again makes sense, if that is known."""
        if code is not ErrorCode.ACCOUNT_BLOCKED and code not in _POOL_EMPTY:
            self.answered()
        elif now >= self._until:  # what was under way as the first one failed says nothing new
            self._pause = min(max(self._pause * 2, asked or 0, FIRST_REST), LONGEST_REST)
            self._until = now + self._pause

    def answered(self) -> None:
        """The pool lends."""
        self._pause = self._until = 0.0
