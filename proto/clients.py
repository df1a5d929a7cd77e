"""Who asks: a client as its key makes it known, and what it may do."""

from enum import StrEnum
from typing import Final, NamedTuple

from proto.jobs import Lane


class Right(StrEnum):
    """What a key opens."""

    #: The chat routes, and the jobs that come of them.
    CHAT = "chat"
    #: Files and batches.
    BATCH = "batch"
    #: The live monitor: that jobs run, and how large and how quick they are.
    MONITOR = "monitor"
    #: What the monitor shows of what was said.
    CONTENT = "monitor:content"
    #: To cancel batches of any client in the monitor; one's own need `BATCH` alone.
    CANCEL = "monitor:cancel"


class Leaving(StrEnum):
    """What becomes of a job when its last reader leaves before the end."""

    CANCEL = "cancel"
    DRAIN = "drain"


class ClientLimits(NamedTuple):
    """What one client may have: jobs that have not ended, and new jobs in a minute. 0 is no limit."""

    concurrency: int = 0
    per_minute: int = 0


NO_LIMITS: Final = ClientLimits()
#: The client of a gateway without keys: whoever asks.
OPEN_CLIENT: Final = "open"


class Client(NamedTuple):
    """A client. Its jobs are kept under `name`, which is no secret and stands in logs.

    `leaving` is what counts for requests that do not say otherwise.
    """

    name: str
    rights: frozenset[Right]
    limits: ClientLimits = NO_LIMITS
    lane: Lane = Lane.INTERACTIVE
    leaving: Leaving = Leaving.CANCEL
