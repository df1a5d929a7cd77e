"""When an attempt at a job reached each of its stages: one set of marks for metrics, log and traces.

All marks are seconds of `time.monotonic`, None for what has not happened.
"""

import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from proto.errors import ErrorCode

clock: Final = time.monotonic


class Stage(StrEnum):
    """A span that is measured; its seconds are those between two marks."""

    #: Enqueued, to claimed by a worker.
    QUEUE = "queue"
    #: The pool asked for a token, to one lent; once a try.
    LEASE = "lease"
    #: The request sent upstream, to the head of the answer; once a try.
    HEADERS = "headers"
    #: The request sent upstream, to the first event of the answer; once a try.
    FIRST_EVENT = "first_event"
    #: Claimed, to the first output handed to the job's log.
    FIRST_OUTPUT = "first_output"
    #: Claimed, to the terminal event in the job's log.
    RUN = "run"
    #: Admitted, to the terminal event in the job's log.
    TOTAL = "total"


@dataclass(slots=True)
class Try:
    """One try at the upstream. `status` is the HTTP status it answered with, `code` how the try failed."""

    began: float
    leased: float | None = None
    asked: float | None = None
    answered: float | None = None
    first_event: float | None = None
    ended: float | None = None
    status: int | None = None
    code: ErrorCode | None = None

    def answer(self, status: int) -> None:
        """The head of the answer is there."""
        self.answered = clock()
        self.status = status

    @property
    def refused(self) -> bool:
        """Whether the answer was a refusal, and no stream."""
        return self.code is not None and self.answered is not None and self.answered == self.ended

    def fail(self, code: ErrorCode, status: int | None) -> float:
        """The try has failed, just now: with a refusal if there is a `status`. Returns the time."""
        self.ended = clock()
        self.code = code
        if status is not None:
            self.answered = self.ended
            self.status = status
        return self.ended

    def seconds(self) -> dict[Stage, float]:
        """How long each stage took that this try came through."""
        spans = {}
        if self.leased is not None:
            spans[Stage.LEASE] = self.leased - self.began
        if self.asked is not None and self.answered is not None:
            spans[Stage.HEADERS] = self.answered - self.asked
        if self.asked is not None and self.first_event is not None:
            spans[Stage.FIRST_EVENT] = self.first_event - self.asked
        return spans


@dataclass(slots=True)
class Stages:
    """The marks of one attempt, made when the job was claimed.

    Args:
        waited: seconds since the job was enqueued, for this attempt.
        age: seconds since it was admitted; more than `waited` if it was enqueued again.
    """

    waited: float
    age: float
    claimed: float = field(default_factory=clock)
    tries: list[Try] = field(default_factory=list)
    first_output: float | None = None
    ended: float | None = None

    def begin_try(self) -> Try:
        """Another try begins: the pool is asked for a token."""
        self.tries.append(Try(clock()))
        return self.tries[-1]

    def seconds(self) -> dict[Stage, float]:
        """How long each stage took that the attempt came through; of its tries, all together."""
        spans = {Stage.QUEUE: self.waited}
        for each in self.tries:
            for stage, took in each.seconds().items():
                spans[stage] = spans.get(stage, 0.0) + took
        return spans | self.whole()

    def whole(self) -> dict[Stage, float]:
        """How long that took which an attempt does once, since it was claimed."""
        spans = {}
        if self.first_output is not None:
            spans[Stage.FIRST_OUTPUT] = self.first_output - self.claimed
        if self.ended is not None:
            spans[Stage.RUN] = self.ended - self.claimed
            spans[Stage.TOTAL] = spans[Stage.RUN] + self.age
        return spans
