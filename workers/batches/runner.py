"""The keeper's rounds over all batches: look through, feed, collect, end.

One keeper of a deployment runs all batches, so that their shares are exact; any other takes over when it falls silent.
All that a successor needs stands in Redis.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeVar

import structlog

from proto.batches import Batch, BatchStatus, encode_errors
from proto.jobs import ChatMessage, Lane
from store.batch_runs import BatchRuns, NotLeadingError, OpenBatch
from store.connection import Store, StoreError
from store.files import Files
from store.jobs import Jobs
from store.monitor import Monitor
from store.pressure import is_full
from store.readers import Readers
from store.storage import StorageError
from workers.batches.close import INPUT_GONE, Closer, closing_of
from workers.batches.collect import Collector
from workers.batches.feed import Feeder
from workers.batches.input import InputGoneError, Inputs
from workers.batches.share import Demand, share_out
from workers.batches.validate import validate
from workers.batches.verdicts import Rest
from workers.metrics import BatchNumbers
from workers.runtime import background

log = structlog.get_logger()

T = TypeVar("T")

#: Seconds between two rounds while there are batches, and between two looks for new ones.
ROUND: Final = 0.25
IDLE: Final = 1.0
#: Milliseconds between two looks for lines whose jobs are not there, and for how many workers there are.
RECOVER_EVERY: Final = 10_000
COUNT_EVERY: Final = 2_000
#: Results are written when so many jobs have ended, or so many milliseconds after the last ones.
COLLECT_AT: Final = 100
COLLECT_EVERY: Final = 1_000
#: Jobs of a batch that may wait to be collected before it gets no more.
MOST_UNCOLLECTED: Final = 1_000
#: Batches that are worked on at once, and inputs that are looked through at once.
AT_ONCE: Final = 8
VALIDATIONS: Final = 2
#: Milliseconds that a batch is left alone when the storage is away, and when it cannot be worked on.
STORAGE_PAUSE: Final = 5_000
LEFT_ALONE: Final = 30_000


@dataclass
class Care:
    """What one keeper remembers of a batch from round to round; times in Unix ms by the store's clock."""

    recovered: int = 0
    collected: int = 0
    left_alone_until: int = 0
    served: int = 0
    looking: asyncio.Task[None] | None = None


class Runner:
    """Runs the batches of a deployment, while its keeper holds the lease."""

    def __init__(
        self,
        store: Store,
        jobs: Jobs,
        files: Files,
        resolve_model: Callable[[str], str],
        enqueue: Callable[[Sequence[ChatMessage]], Awaitable[None]],
        retry_pause: float,
        numbers: BatchNumbers,
    ) -> None:
        self._store = store
        self._runs = BatchRuns(store, jobs)
        self._settings = jobs.settings
        self._monitor = Monitor(store, jobs.keys)
        self._files = files
        self._resolve = resolve_model
        self._inputs = Inputs(files)
        self._rest = Rest()
        self._feeder = Feeder(self._runs, self._inputs, resolve_model, enqueue)
        readers = Readers(store, jobs.keys)
        self._collector = Collector(self._runs, jobs, readers, files.storage, self._rest, retry_pause, numbers)
        self._closer = Closer(self._runs, jobs, self._inputs, files, self._collector)
        self._care: dict[str, Care] = {}
        self._window = 0
        self._counted = 0
        self._served = itertools.count(1)
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._validations = asyncio.Semaphore(VALIDATIONS)

    async def run(self) -> None:
        """Run rounds until cancelled."""
        try:
            async with background(self._renew()):
                while True:
                    pause = await self._round_or_pause()
                    await asyncio.sleep(pause)
        finally:
            self._let_go()
            with suppress(StoreError):  # then the lease runs out
                await self._runs.resign()

    async def _renew(self) -> None:
        """Hold the lease also while a round takes long."""
        while True:
            await asyncio.sleep(self._settings.job_lease / 3)
            with suppress(StoreError):  # the rounds say so
                if self._care:
                    await self._runs.lead()

    async def _round_or_pause(self) -> float:
        """Run a round; returns for how long to pause."""
        try:
            return ROUND if await self.round() else IDLE
        except NotLeadingError:
            log.warning("batches.not_leading")
            self._let_go()
        except StoreError as error:
            log.warning("batches.put_off", error=type(error).__name__)
            for care in self._care.values():
                care.recovered = 0  # what was under way may be half done
        return IDLE

    async def round(self) -> bool:
        """Bring every open batch on as far as it can be now; False when there is none, or another keeper runs them.

        Raises:
            NotLeadingError: another keeper has begun to run them meanwhile.
            StoreError: the store is away.
        """
        if not await self._runs.lead():
            self._let_go()
            return False
        rows = await self._runs.open()
        self._keep_in_mind(rows)
        if not rows:
            return False
        now = await self._runs.now()
        await self._for_each([row.batch for row in rows], now, {row.batch.spec.id: row for row in rows}, self._step)
        await self._measure_window(now)
        shares = self._shares(rows, now)
        await self._for_each([row.batch for row in rows if row.batch.spec.id in shares], now, shares, self._feed)
        return True

    async def _for_each(
        self,
        batches: Sequence[Batch],
        now: int,
        given: Mapping[str, T],
        work: Callable[[Batch, T, int], Awaitable[None]],
    ) -> None:
        """Work on some batches, a few at once; one that cannot be worked on holds up no other."""
        done = [self._guarded(batch, now, work, given[batch.spec.id]) for batch in batches]
        failed = [error for error in await asyncio.gather(*done, return_exceptions=True) if error is not None]
        if failed:
            raise failed[0]

    async def _guarded(
        self, batch: Batch, now: int, work: Callable[[Batch, T, int], Awaitable[None]], given: T
    ) -> None:
        care = self._care[batch.spec.id]
        if now < care.left_alone_until:
            return
        try:
            async with self._at_once:
                await work(batch, given, now)
        except (StoreError, NotLeadingError):
            raise
        except StorageError:
            care.left_alone_until = now + STORAGE_PAUSE
        except InputGoneError:
            await self._closer.fail(batch)
        except Exception:
            log.exception("batch.crashed", batch=batch.spec.id)
            care.left_alone_until = now + LEFT_ALONE

    async def _step(self, batch: Batch, row: OpenBatch, now: int) -> None:
        """Bring a batch on by what has happened to it."""
        care = self._care[batch.spec.id]
        if batch.status is BatchStatus.VALIDATING:
            if now >= batch.spec.expires:
                await self._closer.finish(batch, BatchStatus.EXPIRED)
            elif care.looking is None:
                care.looking = asyncio.create_task(self._look_through(batch, care))
            return
        if care.looking is not None:
            care.looking.cancel()
        if batch.status is BatchStatus.IN_PROGRESS and now - care.recovered >= RECOVER_EVERY:
            care.recovered = now
            await self._feeder.recover(batch)
        if batch.status is BatchStatus.IN_PROGRESS and now >= batch.spec.expires:
            log.info("batch.expired", batch=batch.spec.id)
            await self._runs.move(batch.spec.id, batch.status, BatchStatus.FINALIZING, closing=BatchStatus.EXPIRED)
        elif row.ended:
            if row.ended >= min(row.running, COLLECT_AT) or now - care.collected >= COLLECT_EVERY:
                care.collected = now
                await self._collect(batch, row.ended, now)
        elif batch.status is not BatchStatus.IN_PROGRESS:
            await self._closer.close(row, now)
        elif not (row.running or row.retries) and batch.offset >= batch.spec.input_bytes:
            await self._runs.move(batch.spec.id, batch.status, BatchStatus.FINALIZING)

    async def _collect(self, batch: Batch, ended: int, now: int) -> None:
        """Collect what had ended when this round began."""
        why = closing_of(batch)
        while ended > 0:
            before = batch
            batch, dealt = await self._collector.collect(batch, why, now)
            if batch is before:
                return
            ended -= dealt

    async def _look_through(self, batch: Batch, care: Care) -> None:
        """Look through a batch's input; it runs, or has failed."""
        spec = batch.spec
        try:
            async with self._validations:
                findings = await validate(self._files, spec, self._resolve)
            if findings.errors:
                errors = encode_errors(findings.errors)
                if await self._runs.move(spec.id, batch.status, BatchStatus.FAILED, errors=errors):
                    log.info("batch.refused", batch=spec.id, client=spec.client, errors=len(findings.errors))
            elif await self._runs.move(spec.id, batch.status, BatchStatus.IN_PROGRESS, total=findings.total):
                log.info("batch.begun", batch=spec.id, client=spec.client, requests=findings.total)
        except InputGoneError:
            await self._runs.move(spec.id, batch.status, BatchStatus.FAILED, errors=INPUT_GONE)
        except StorageError as error:
            log.warning("batches.put_off", error=type(error).__name__)
            await asyncio.sleep(STORAGE_PAUSE / 1000)  # it may be cancelled meanwhile, or expire
        except (StoreError, NotLeadingError) as error:
            log.warning("batches.put_off", error=type(error).__name__)
        except Exception:
            log.exception("batch.crashed", batch=spec.id)
            await asyncio.sleep(LEFT_ALONE / 1000)
        finally:
            care.looking = None

    async def _feed(self, batch: Batch, most: int, now: int) -> None:
        self._care[batch.spec.id].served = next(self._served)
        await self._feeder.feed(batch, most, now)

    def _shares(self, rows: Sequence[OpenBatch], now: int) -> dict[str, int]:
        """How many more lines each batch may have with jobs."""
        free = self._rest.window(self._window, now / 1000) - sum(row.running - row.ended for row in rows)
        if free <= 0:
            return {}
        demands = []
        for row in rows:
            batch = row.batch
            wants = free if batch.offset < batch.spec.input_bytes else 0
            if row.next_retry is not None and row.next_retry <= now:
                wants += row.retries
            care = self._care[batch.spec.id]
            left_alone = now < care.left_alone_until  # places it cannot take are for others
            if left_alone or batch.status is not BatchStatus.IN_PROGRESS or row.ended >= MOST_UNCOLLECTED:
                wants = 0
            demands.append(Demand(batch.spec.id, batch.spec.client, row.running - row.ended, wants, care.served))
        return share_out(free, demands)

    async def _measure_window(self, now: int) -> None:
        """The window is twice what the batch workers that are there can run at once: one half runs, the other waits
        to be taken. With that, the queue is never empty and never holds a whole batch. While the store's memory runs
        short, nothing is fed.
        """
        if now - self._counted < COUNT_EVERY:
            return
        self._counted = now
        overview = await self._monitor.overview()
        places = sum(worker.concurrency for worker in overview.workers if worker.lane == Lane.BATCH)
        full = is_full(await self._store.command("INFO", "memory"))
        self._window = 0 if full else min(2 * places, self._settings.max_waiting // 2)

    def _let_go(self) -> None:
        """Remember nothing of any batch."""
        for care in self._care.values():
            if care.looking is not None:
                care.looking.cancel()
        self._care.clear()

    def _keep_in_mind(self, rows: Sequence[OpenBatch]) -> None:
        open_ids = {row.batch.spec.id for row in rows}
        for batch_id in self._care.keys() - open_ids:
            del self._care[batch_id]
            self._inputs.forget(batch_id)
        for batch_id in open_ids - self._care.keys():
            self._care[batch_id] = Care()
