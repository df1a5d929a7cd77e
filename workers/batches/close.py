"""The end of a batch: what has not run is written down as such, its files are made, and it gets its final status."""

import asyncio
from typing import Final

import msgspec
import structlog

from proto.batch_lines import BadLineError, job_id_of, read_line
from proto.batches import Batch, BatchKind, BatchStatus, LineError, Taken, encode_errors
from store.batch_runs import BatchRuns, OpenBatch
from store.files import BATCH_OUTPUT, Files
from store.jobs import Jobs
from workers.batches.collect import MOST, Collector, Sheet
from workers.batches.input import Inputs

log = structlog.get_logger()

#: Milliseconds between two times that the workers are told to stop the jobs of a batch.
STOP_EVERY: Final = 1_000
#: What a batch says whose input is not there, as its record holds it.
INPUT_GONE: Final = encode_errors(
    [LineError("input_file_deleted", "The input file was deleted before the batch ended.")]
)
#: A batch whose input is gone cannot name the lines that were never taken.
_TELL_REST: Final = (BatchStatus.CANCELLED, BatchStatus.EXPIRED)
#: How those lines count, by the batch's final status.
_UNTOLD: Final = {
    BatchStatus.CANCELLED: "cancelled",
    BatchStatus.EXPIRED: "expired",
    BatchStatus.FAILED: "errored",
}


def closing_of(batch: Batch) -> BatchStatus | None:
    """The final status of a batch that is being closed before all of it has run; None for all others."""
    return BatchStatus.CANCELLED if batch.status is BatchStatus.CANCELLING else batch.closing


class Closer:
    """Ends batches."""

    def __init__(self, runs: BatchRuns, jobs: Jobs, inputs: Inputs, files: Files, collector: Collector) -> None:
        self._runs = runs
        self._jobs = jobs
        self._inputs = inputs
        self._files = files
        self._collector = collector
        self._stopped: dict[str, int] = {}

    async def close(self, row: OpenBatch, now: int) -> None:
        """Do the next step of ending a batch none of whose ended jobs is left to be collected.

        Raises:
            InputGoneError: the input is no longer there.
            StorageError: the storage is away.
            NotLeadingError: another keeper runs the batches.
            StoreError: the store is away.
        """
        batch, why = row.batch, closing_of(row.batch)
        if row.running:
            await self._stop(batch, why, now)
        elif row.retries and why:
            await self._drop_retries(batch, why, now)
        elif why in _TELL_REST and batch.counts.total and batch.offset < batch.spec.input_bytes:
            await self._drop_rest(batch, why, now)
        else:
            await self.finish(batch, why or BatchStatus.COMPLETED)

    async def fail(self, batch: Batch) -> None:
        """Close a batch whose input is gone: what is done of it is kept."""
        if batch.status is BatchStatus.IN_PROGRESS:
            fields: dict[str, str | bytes] = {"closing": BatchStatus.FAILED, "errors": INPUT_GONE}
            await self._runs.move(batch.spec.id, batch.status, BatchStatus.FINALIZING, **fields)
        else:
            await self.finish(batch, closing_of(batch) or BatchStatus.FAILED, errors=INPUT_GONE)

    async def _stop(self, batch: Batch, why: BatchStatus | None, now: int) -> None:
        """Have the jobs stop that still run; lines whose jobs are not there are dropped."""
        if now - self._stopped.get(batch.spec.id, 0) < STOP_EVERY:
            return
        self._stopped[batch.spec.id] = now
        sheet = Sheet(batch, why, now)
        for orphan in await self._runs.orphans(batch.spec.id):
            sheet.leave[orphan.line] = orphan.job
            sheet.unrun(orphan, why or BatchStatus.EXPIRED)
        await self._collector.commit(batch, sheet)
        running = await self._runs.running(batch.spec.id)
        await asyncio.gather(*[self._jobs.cancel(taken.job) for taken in running if taken.line not in sheet.leave])

    async def _drop_retries(self, batch: Batch, why: BatchStatus, now: int) -> None:
        sheet = Sheet(batch, why, now)
        sheet.forget += await self._runs.retries(batch.spec.id, MOST)
        for waiting in sheet.forget:
            sheet.unrun(waiting.taken, why)
        await self._collector.commit(batch, sheet)

    async def _drop_rest(self, batch: Batch, why: BatchStatus, now: int) -> None:
        """Write down the next lines that were never taken."""
        sheet = Sheet(batch, why, now)
        lines, sheet.offset = await self._inputs.next_lines(batch, MOST * 5)
        for line in lines:
            sheet.line = line.line
            taken = Taken(job_id_of(batch.spec.id, line.line, 0), line.line, line.offset, line.length, "")
            try:
                request = read_line(batch.spec, line.raw or b"")
            except BadLineError as error:
                sheet.failed(taken, error)
            else:
                sheet.unrun(msgspec.structs.replace(taken, custom_id=request.custom_id), why)
        await self._collector.commit(batch, sheet)

    async def finish(self, batch: Batch, final: BatchStatus, errors: bytes = b"") -> None:
        """Make the files of results and give the batch its final status; raises as `close` does, but for the input."""
        spec, keys = batch.spec, self._jobs.keys.batch(batch.spec.id)
        fields: dict[str, str | bytes | int] = {}
        is_file = spec.kind is BatchKind.OPENAI
        ttl = spec.output_ttl or self._jobs.settings.files_ttl
        for name, file_id, parts, key in (
            ("output_file", spec.output_file, batch.out_parts, keys.out),
            ("error_file", spec.error_file, batch.err_parts, keys.err),
        ):
            if parts:
                filename = f"{spec.id}_{'output' if name == 'output_file' else 'error'}.jsonl"
                await self._files.add_output(
                    file_id, key, client=spec.client, filename=filename, purpose=BATCH_OUTPUT, ttl=ttl, listed=is_file
                )
                fields[name] = file_id
        if errors:
            fields["errors"] = errors
        if final in _UNTOLD:
            # Lines that nobody can read any more have no result, but they count.
            name = _UNTOLD[final]
            fields[name] = getattr(batch.counts, name) + max(batch.counts.total - batch.counts.ended, 0)
        if await self._runs.move(spec.id, batch.status, final, **fields):
            total, succeeded = batch.counts.total, batch.counts.succeeded
            log.info("batch.ended", batch=spec.id, client=spec.client, status=final, total=total, succeeded=succeeded)
        self._inputs.forget(spec.id)
        self._stopped.pop(spec.id, None)
