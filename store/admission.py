"""What the door asks of the store and what it is answered: verdicts, bindings of idempotency keys, and the pace."""

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
    #: The line of a batch that the job was to run is not with this job any more.
    GONE = "gone"


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


class Seat(NamedTuple):
    """A job's place in its batch: its line, and the keys of the lines that are with jobs and of those that ended."""

    line: int
    running: str
    done: str


class Pace(NamedTuple):
    """How a lane has lately been getting on, in seconds; None where nothing of the last minutes tells.

    `every`: between two claims while others waited. `still`: since the last of these. `took`: from admission to end.
    """

    every: float | None
    still: float
    took: float | None
