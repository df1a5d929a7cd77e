"""The jobs that the monitor knows of, bounded, and what has happened to each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from proto.errors import ErrorCode
from proto.jobs import TERMINAL_STATUSES, Status
from store.records import Record

#: Jobs that have ended, and jobs that have not, of which is known at once. The oldest are forgotten.
MOST_ENDED: Final = 1000
MOST_UNFINISHED: Final = 5000


class Step(NamedTuple):
    """Something that has happened to a job, at a time in Unix milliseconds, in its n-th attempt (0: before any)."""

    at: int
    what: str
    attempt: int


@dataclass(slots=True)
class Known:
    """What is known of a job. `position` is its place among the first of its lane that wait."""

    record: Record
    position: int | None = None
    timeline: list[Step] = field(default_factory=list)


class Change(NamedTuple):
    """A job that is not as it was. `before` is None for one that was not known."""

    job_id: str
    before: Record | None
    after: Record


class Board:
    """Jobs by id."""

    def __init__(self) -> None:
        self._unfinished: dict[str, Known] = {}
        self._ended: dict[str, Known] = {}

    def get(self, job_id: str) -> Known | None:
        """What is known of a job."""
        return self._unfinished.get(job_id) or self._ended.get(job_id)

    def unfinished(self) -> list[str]:
        """Ids of the jobs that have not ended, as far as is known."""
        return list(self._unfinished)

    def history(self, most_ended: int) -> list[tuple[str, Known]]:
        """All that have not ended and the latest that have, the newest first."""
        ended = list(self._ended.items())[-most_ended:]
        return sorted([*ended, *self._unfinished.items()], key=lambda row: row[1].record.admitted, reverse=True)

    def take(self, asked: Iterable[str], records: Mapping[str, Record], now: int) -> list[Change]:
        """Take what the store tells of these jobs at `now`; what has changed is returned."""
        changes = []
        for job_id in asked:
            before = self.get(job_id)
            record = records.get(job_id)
            if record is None:
                if job_id not in self._unfinished or before is None:
                    continue
                # Evicted, flushed or expired: it will never be told how it ended.
                record = before.record._replace(status=Status.FAILED, code=ErrorCode.JOB_GONE, ended=now)
            if before is None or before.record != record:
                changes.append(Change(job_id, before.record if before else None, record))
                self._put(job_id, before or Known(record), record, now)
        return changes

    def place(self, places: Mapping[str, int]) -> list[str]:
        """Take the places of the first jobs that wait; the ids of those that moved are returned."""
        moved = []
        for job_id, known in self._unfinished.items():
            position = places.get(job_id)
            if known.position != position:
                known.position = position
                moved.append(job_id)
        return moved

    def _put(self, job_id: str, known: Known, record: Record, now: int) -> None:
        cancelling = record.cancelling and not known.record.cancelling
        known.record = record
        steps = steps_of(record)
        if cancelling:
            steps.append(Step(now, "cancelling", record.attempts))
        fresh = [step for step in steps if step not in known.timeline]
        known.timeline = sorted([*known.timeline, *fresh], key=lambda step: step.at)
        if record.status in TERMINAL_STATUSES:
            known.position = None
            self._unfinished.pop(job_id, None)
            self._ended[job_id] = known
        else:
            self._unfinished[job_id] = known
        for jobs, most in ((self._ended, MOST_ENDED), (self._unfinished, MOST_UNFINISHED)):
            if len(jobs) > most:
                del jobs[next(iter(jobs))]


def steps_of(record: Record) -> list[Step]:
    """What a record tells of what has happened; of former attempts it no longer does."""
    steps = [Step(record.admitted, "queued", 0)]
    if record.enqueued > record.admitted:
        given_up = record.attempts if record.status is Status.QUEUED else record.attempts - 1
        steps.append(Step(record.enqueued, "requeued", max(0, given_up)))
    if record.claimed is not None:
        steps.append(Step(record.claimed, "claimed", record.attempts))
        if record.first_output is not None and record.first_output >= record.claimed:
            steps.append(Step(record.first_output, "first_output", record.attempts))
    if record.ended is not None:
        steps.append(Step(record.ended, record.status.value, record.attempts))
    return steps
