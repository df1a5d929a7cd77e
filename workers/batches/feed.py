"""From lines of the input to jobs in the queue.

First it is noted that lines are with jobs, then the jobs are made: what a keeper that dies in between has not made,
its successor makes, under the same ids.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import structlog

from proto.batch_lines import job_id_of, read_line, request_id_of, understand
from proto.batches import Batch, BatchSpec, Refused, Taken
from proto.dialects import dialect_at
from proto.dialects.base import Vendor
from proto.drafts import draft_job
from proto.errors import BadRequestError, ErrorCode
from proto.jobs import ChatMessage, Lane, Origin
from store.admission import Admission
from store.batch_runs import BatchRuns
from store.broker import BrokerError
from workers.batches.coalesce import Draft, digest_of, share_jobs
from workers.batches.input import Inputs, portion_of

log = structlog.get_logger()


class Feeder:
    """Makes the jobs of batches."""

    def __init__(
        self,
        runs: BatchRuns,
        inputs: Inputs,
        resolve_model: Callable[[str], str],
        enqueue: Callable[[Sequence[ChatMessage]], Awaitable[None]],
    ) -> None:
        self._runs = runs
        self._inputs = inputs
        self._resolve = resolve_model
        self._enqueue = enqueue

    async def feed(self, batch: Batch, most: int, now: int) -> None:
        """Give up to so many lines jobs: those whose time to run again has come (Unix ms), then the next ones.

        Raises:
            InputGoneError: the input is no longer there.
            StorageError: it cannot be read now.
            NotLeadingError: another keeper runs the batches.
            StoreError: the store is away; what was noted and not made is found by `recover`.
        """
        spec = batch.spec
        due = await self._runs.retries(spec.id, most, until=now)
        waited = due[: portion_of([each.taken for each in due])]
        again = [
            msgspec.structs.replace(old, job=job_id_of(spec.id, old.line, old.run + 1), run=old.run + 1)
            for old, _ in waited
        ]
        work = [(taken, await self._inputs.read(spec, taken)) for taken in again]
        line, offset = batch.line, batch.offset
        if len(work) < most and len(waited) == len(due) and offset < spec.input_bytes:
            lines, offset = await self._inputs.next_lines(batch, most - len(work))
            line = lines[-1].line if lines else line
            work += [
                (Taken(job_id_of(spec.id, row.line, 1), row.line, row.offset, row.length, ""), row.raw) for row in lines
            ]
        if not work and offset == batch.offset:
            return
        drafts = await asyncio.to_thread(self._draft, spec, work)
        joined: list[Taken] = []
        if spec.coalesce:
            drafts, joined = share_jobs(drafts, await self._runs.running(spec.id))
        taken = [draft.taken for draft in drafts]
        if await self._runs.take(batch, taken, waited, line=line, offset=offset, joined=joined):
            await self._make_jobs(batch, drafts)
        else:
            self._inputs.forget(spec.id)

    async def recover(self, batch: Batch) -> None:
        """Make the jobs that should be there and are not; raises as `feed` does."""
        orphans = await self._runs.orphans(batch.spec.id)
        if not orphans:
            return
        log.info("batch.jobs_missing", batch=batch.spec.id, jobs=len(orphans))
        while orphans:
            few = portion_of(orphans)
            work = [(taken, await self._inputs.read(batch.spec, taken)) for taken in orphans[:few]]
            drafts = await asyncio.to_thread(self._draft, batch.spec, work)
            refused = [draft.taken for draft in drafts if draft.job is None]
            if refused:
                await self._runs.take(batch, refused, [], line=batch.line, offset=batch.offset)
            await self._make_jobs(batch, drafts)
            orphans = orphans[few:]

    async def _make_jobs(self, batch: Batch, drafts: Sequence[Draft]) -> None:
        made = [(draft.taken, draft.job, draft.header) for draft in drafts if draft.job and draft.header]
        verdicts = await asyncio.gather(*[self._runs.admit(batch, *each) for each in made])
        messages = [
            ChatMessage(taken.job, Lane.BATCH)
            for (taken, _, _), verdict in zip(made, verdicts, strict=True)
            if verdict is Admission.OK
        ]
        if len(messages) < len(made):
            log.warning("batch.no_room", batch=batch.spec.id, jobs=len(made) - len(messages))
        if not messages:
            return
        try:
            await self._enqueue(messages)
        except BrokerError:
            log.warning("batch.messages_lost", batch=batch.spec.id, jobs=len(messages))  # the reaper sends them again

    def _draft(self, spec: BatchSpec, work: Sequence[tuple[Taken, bytes | None]]) -> list[Draft]:
        now = time.time()
        return [self._draft_one(spec, taken, raw, now) for taken, raw in work]

    def _draft_one(self, spec: BatchSpec, taken: Taken, raw: bytes | None, now: float) -> Draft:
        dialect = dialect_at(spec.endpoint, Vendor.OPENAI)
        try:
            if raw is None:
                raise BadRequestError("This line is too long.", code=ErrorCode.REQUEST_TOO_LARGE)
            request = read_line(spec, raw)
            taken = msgspec.structs.replace(taken, custom_id=request.custom_id)
            parsed = understand(dialect, request.body, self._resolve)
        except BadRequestError as error:
            refused = Refused(error.code, error.message, error.param)
            return Draft(msgspec.structs.replace(taken, refused=refused))
        except Exception:  # our own code stumbles over it: that is this line's failure and holds up no other
            log.exception("batch.line_crashed", batch=spec.id, line=taken.line)
            refused = Refused(ErrorCode.INTERNAL, "The gateway could not read this request.")
            return Draft(msgspec.structs.replace(taken, refused=refused))
        if spec.coalesce:
            taken = msgspec.structs.replace(taken, request=digest_of(request.body))
        origin = Origin(request_id=request_id_of(taken))
        job, header = draft_job(dialect.name, parsed, taken.job, lane=Lane.BATCH, now=now, deadline=0, origin=origin)
        return Draft(taken, job, header)
