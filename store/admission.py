"""What the door asks of the store and what it is answered: verdicts, bindings of idempotency keys, and the pace."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple


class Admission(StrEnum):
    """What became of a job at the door."""

    OK = "ok"
    #: The request's idempotency key has a job already, made of the same request.
    BOUND = "bound"
    #: Likewise, but of another request.
    REUSED = "reused"
    FULL = "full"
    BYTES = "bytes"
    CLIENT = "client"
    RATE = "rate"


class Admitted(NamedTuple):
    """The answer to an admission.

    `job_id` is the job's, or the one that the idempotency key is bound to. `backlog` is in seconds: how long the
    client would have to begin nothing until it may begin a whole minute's jobs at once; 0 without a rate limit.
    """

    verdict: Admission
    job_id: str
    backlog: float


class Binding(NamedTuple):
    """An idempotency key and the request it was sent with, both as digests: neither is shown anywhere."""

    key: str
    request: str


class Pace(NamedTuple):
    """How a lane has lately been getting on, in seconds: between two ends, and from admission to end."""

    gap: float
    took: float


def pace_of(ends: Sequence[bytes], now: float) -> Pace | None:
    """The pace that a lane's remembered ends show; None when there are none.

    The time since the last end counts: a lane that stands still looks slower by the second.

    Args:
        ends: `<when>:<took>` of each, in milliseconds, newest first.
        now: milliseconds by the same clock.
    """
    if not ends:
        return None
    rows = [tuple(map(float, end.split(b":"))) for end in ends]
    oldest = rows[-1][0] if len(rows) > 1 else rows[-1][0] - rows[-1][1]
    intervals = max(1, len(rows) - 1)
    return Pace(max(0.0, now - oldest) / intervals / 1000, sum(took for _, took in rows) / len(rows) / 1000)
