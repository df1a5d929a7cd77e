"""What a holder learned about a token, told when the lease is given back."""

from enum import StrEnum
from typing import Final, NamedTuple

#: Seconds a token rests after a 429: without a Retry-After, at least, and at most.
COOLING: Final = 10.0
COOLING_FLOOR: Final = 1.0
COOLING_CAP: Final = 3600.0
#: Seconds an account without credits rests when nobody said when they come back, and at most.
EXHAUSTED: Final = 3600.0
EXHAUSTED_CAP: Final = 32 * 24 * 3600.0


class Verdict(StrEnum):
    """The values are what `release.lua` knows."""

    OK = "ok"
    RATE_LIMITED = "rate_limited"
    UNAUTHORIZED = "unauthorized"
    QUOTA = "quota"
    BLOCKED = "blocked"
    NEUTRAL = "neutral"


class Outcome(NamedTuple):
    """A verdict, and for how many seconds the token should rest. Durations, because clocks differ and Redis counts."""

    verdict: Verdict
    rest: float = 0.0


#: The upstream served the token.
OK: Final = Outcome(Verdict.OK)
#: 401: refreshed once if it can be, quarantined after that.
UNAUTHORIZED: Final = Outcome(Verdict.UNAUTHORIZED)
#: 403 with JSON: the account is blocked; final.
BLOCKED: Final = Outcome(Verdict.BLOCKED)
#: Says nothing about the token: the client went away, the upstream had trouble.
NEUTRAL: Final = Outcome(Verdict.NEUTRAL)


def rate_limited(retry_after: float | None = None) -> Outcome:
    """429 without a word about credits; `retry_after` in seconds."""
    rest = COOLING if retry_after is None else retry_after
    return Outcome(Verdict.RATE_LIMITED, min(max(rest, COOLING_FLOOR), COOLING_CAP))


def quota(resets_in: float | None = None) -> Outcome:
    """The credits are used up, for `resets_in` seconds if that is known."""
    rest = EXHAUSTED if resets_in is None else resets_in
    return Outcome(Verdict.QUOTA, min(max(rest, COOLING_FLOOR), EXHAUSTED_CAP))
