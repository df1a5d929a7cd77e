"""What one request that is answered out of a job's log came to: the front door's side of what is measured.

All marks are seconds of `time.monotonic`, None for what has not happened.
"""

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from proto.events import Terminal
from proto.jobs import Lane
from store.metrics import outcome_of

clock: Final = time.monotonic

#: How an answer ends that its client did not wait for, and one that it did not want at once.
CLIENT_LEFT: Final = "client_left"
DETACHED: Final = "detached"
#: In place of a dialect or model of a request that was refused before that was understood.
NOT_KNOWN: Final = "none"


class Kind(StrEnum):
    """Why there is an answer."""

    #: A chat of its own.
    CHAT = "chat"
    #: Another chat with the same idempotency key has a job already.
    REPLAY = "replay"
    #: A client follows the events of a job that is there.
    RESUME = "resume"


@dataclass(slots=True)
class Marks:
    """One answer.

    Attributes:
        dialect: the client API that was asked, or that of the job.
        model: the model that was asked for.
        lane: the client's.
        submitted: the request was understood; its job is to be admitted.
        admitted: its job is in the queue.
        first_frame: the first frames out of the log were written to the client's connection; of streams alone.
        streaming: the answer is a stream under way.
        delivered: the client was told how the job ended.
        outcome: `finished`, an error's code, `CLIENT_LEFT` or `DETACHED`.
    """

    dialect: str = NOT_KNOWN
    kind: Kind = Kind.CHAT
    model: str = NOT_KNOWN
    lane: Lane = Lane.INTERACTIVE
    submitted: float | None = None
    admitted: float | None = None
    first_frame: float | None = None
    streaming: bool = False
    delivered: bool = False
    outcome: str = CLIENT_LEFT

    def end(self, terminal: Terminal) -> None:
        """The answer is told to its end."""
        self.outcome = outcome_of(terminal)
        self.delivered = True
