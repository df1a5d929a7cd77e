"""From jobs that have ended to results: rendered, written to the storage, and committed all at once."""

import asyncio
import secrets
from typing import Final

import msgspec
import structlog

from proto.batch_lines import answer_line, failure_line, unrun_line
from proto.batches import Batch, BatchKind, BatchStatus, Part, Taken
from proto.dialects import dialect_at
from proto.dialects.base import Vendor
from proto.errors import BadRequestError, ErrorCode
from proto.events import Event, Failed, Finished, decode_events
from proto.jobs import ReplyHeader
from store.batch_runs import BatchRuns, Ended, Outcomes, Waiting
from store.jobs import Entry, Jobs
from store.readers import Readers
from store.storage import Storage
from workers.batches.verdicts import Again, Rest, again, retry_pause
from workers.metrics import BatchNumbers

log = structlog.get_logger()

#: Bytes of a part of results after which it is written, and jobs that are collected at once at most.
PART: Final = 1024 * 1024
MOST: Final = 200
#: Logs that are read at once.
READ: Final = 32

_GONE: Final = Failed(ErrorCode.INTERRUPTED, "The answer was lost before it was collected.")
_CRASHED: Final = Failed(ErrorCode.INTERNAL, "The gateway could not write down what became of this request.")


class Sheet:
    """Outcomes that are to be committed together.

    Args:
        batch: as it was read last.
        why: the final status of a batch that is being closed: what has not run by now will not.
        now: Unix milliseconds.
    """

    def __init__(self, batch: Batch, why: BatchStatus | None, now: int) -> None:
        self.spec = batch.spec
        self.dialect = dialect_at(self.spec.endpoint, Vendor.OPENAI)
        self.why = why
        self.now = now
        self.ended = 0
        self.last: Ended | None = None
        self.line, self.offset = batch.line, batch.offset
        self._began_at = batch.offset
        self.leave: dict[int, str] = {}
        self.forget: list[Waiting] = []
        self.again: list[tuple[int, Taken]] = []
        self.counts = {"succeeded": 0, "errored": 0, "cancelled": 0, "expired": 0}
        self.out: list[bytes] = []
        self.err: list[bytes] = []

    @property
    def full(self) -> bool:
        """Whether there is enough for a part."""
        return sum(map(len, self.out)) + sum(map(len, self.err)) >= PART

    def answered(self, taken: Taken, header: ReplyHeader, events: list[Event]) -> None:
        """A line was answered."""
        lines = [answer_line(self.spec, self.dialect, line, header, events) for line in taken.each()]
        self.counts["succeeded"] += len(lines)
        self.out += lines

    def failed(self, taken: Taken, error: Failed | BadRequestError) -> None:
        """A line failed for good."""
        self._bad("errored", [failure_line(self.spec, self.dialect, line, error) for line in taken.each()])

    def unrun(self, taken: Taken, why: BatchStatus) -> None:
        """A line will not run."""
        lines = [unrun_line(self.spec, line, why) for line in taken.each()]
        self._bad("expired" if why is BatchStatus.EXPIRED else "cancelled", lines)

    def _bad(self, count: str, lines: list[bytes]) -> None:
        self.counts[count] += len(lines)
        results = self.out if self.spec.kind is BatchKind.ANTHROPIC else self.err
        results += lines

    @property
    def empty(self) -> bool:
        """Whether committing it would change nothing."""
        moved = self.offset != self._began_at  # over blank lines, perhaps
        return not (self.ended or self.leave or self.forget or self.out or self.err or moved)


class Collector:
    """Turns the ends of jobs into results."""

    def __init__(
        self,
        runs: BatchRuns,
        jobs: Jobs,
        readers: Readers,
        storage: Storage,
        rest: Rest,
        retry_pause: float,
        numbers: BatchNumbers,
    ) -> None:
        self._runs = runs
        self._jobs = jobs
        self._readers = readers
        self._storage = storage
        self._rest = rest
        self._retry_pause = retry_pause
        self._numbers = numbers

    async def collect(self, batch: Batch, why: BatchStatus | None, now: int) -> tuple[Batch, int]:
        """Collect some of the jobs that have ended; returns the batch as it is after that, and how many they were.

        Raises:
            StorageError: the results cannot be written now.
            NotLeadingError: another keeper runs the batches.
            StoreError: the store is away.
        """
        sheet = Sheet(batch, why, now)
        rows = await self._runs.ended(batch.spec.id, MOST)
        while rows and not sheet.full:
            group, rows = rows[:READ], rows[READ:]
            logs = await asyncio.gather(*[self._read(ended.job) for ended, _ in group])
            for (ended, taken), (header, entries) in zip(group, logs, strict=True):
                if sheet.full:
                    break
                sheet.ended += 1
                sheet.last = ended
                if taken is not None and taken.line not in sheet.leave:
                    sheet.leave[taken.line] = taken.job
                    self._judge_or_fail(sheet, taken, header, entries)
        return await self.commit(batch, sheet), sheet.ended

    async def commit(self, batch: Batch, sheet: Sheet) -> Batch:
        """Write what is on the sheet and make it part of the batch's results; raises as `collect` does."""
        if sheet.empty:
            return batch
        out = await self._put(sheet.out, f"{batch.spec.output_file}/{batch.out_parts + 1:06d}")
        err = await self._put(sheet.err, f"{batch.spec.error_file}/{batch.err_parts + 1:06d}")
        outcomes = Outcomes(
            ended=sheet.ended,
            last=sheet.last,
            line=sheet.line,
            offset=sheet.offset,
            out=out,
            err=err,
            leave=sheet.leave,
            forget=sheet.forget,
            again=sheet.again,
            **sheet.counts,
        )
        if not await self._runs.commit(batch, outcomes):
            log.warning("batch.not_committed", batch=batch.spec.id)
            return batch
        self._numbers.ended(sheet.counts)
        for job_id in sheet.leave.values():
            self._jobs.collected(job_id)
        return batch._replace(
            line=sheet.line,
            offset=sheet.offset,
            out_parts=batch.out_parts + (out is not None),
            err_parts=batch.err_parts + (err is not None),
        )

    async def _put(self, lines: list[bytes], name: str) -> Part | None:
        if not lines:
            return None
        data = b"".join(lines)
        # A name that no other try has: what this one writes late, or commits late, is not mixed with anything.
        key = f"{name}-{secrets.token_hex(6)}"
        await self._storage.put(key, data)
        return Part(key, len(data), len(lines))

    async def _read(self, job_id: str) -> tuple[ReplyHeader | None, list[Entry]]:
        """The reply header and the log of a job; nothing of one that is not there."""
        if not job_id:
            return None, []
        record, log = await asyncio.gather(self._readers.look(job_id), self._jobs.read(job_id))
        return record and record.header, log

    def _judge_or_fail(self, sheet: Sheet, taken: Taken, header: ReplyHeader | None, entries: list[Entry]) -> None:
        """What became of one line. If our own code stumbles over it, that is its failure and holds up no other."""
        try:
            self._judge(sheet, taken, header, entries)
        except Exception:
            log.exception("batch.line_crashed", batch=sheet.spec.id, line=taken.line)
            sheet.failed(taken, _CRASHED)

    def _judge(self, sheet: Sheet, taken: Taken, header: ReplyHeader | None, entries: list[Entry]) -> None:
        if taken.refused is not None:
            code = ErrorCode(taken.refused.code)
            sheet.failed(taken, BadRequestError(taken.refused.message, param=taken.refused.param, code=code))
            return
        events = [event for entry in entries for event in decode_events(entry.data)]
        last = events[-1] if events else None
        if header is not None and isinstance(last, Finished):
            self._rest.answered()
            sheet.answered(taken, header, events)
        else:
            self._judge_failure(sheet, taken, last if isinstance(last, Failed) else _GONE)

    def _judge_failure(self, sheet: Sheet, taken: Taken, failed: Failed) -> None:
        if failed.code is ErrorCode.CANCELLED:
            sheet.unrun(taken, sheet.why or BatchStatus.CANCELLED)
            return
        self._rest.failed(failed.code, sheet.now / 1000, failed.retry_after)
        verdict = again(failed.code, taken.faults)
        if verdict is Again.NO:
            sheet.failed(taken, failed)
        elif sheet.why is not None:
            sheet.unrun(taken, sheet.why)
        elif verdict is Again.WHEN_LENT:
            sheet.again.append((sheet.now, taken))
        else:
            tried = msgspec.structs.replace(taken, faults=taken.faults + 1)
            pause = retry_pause(tried.faults, self._retry_pause)
            sheet.again.append((sheet.now + round(pause * 1000), tried))
