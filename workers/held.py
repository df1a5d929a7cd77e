"""The jobs this process holds: their leases are renewed together, and this is where a job is told to stop."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Final, Protocol

import structlog

from proto.jobs import ChatMessage, Lane
from store.broker import BrokerError
from store.connection import StoreError
from store.jobs import Ack, Jobs
from workers.tap import Tap

log = structlog.get_logger()

#: Renewals in the life of one lease.
RENEWALS_PER_LEASE: Final = 3
#: Seconds between two tries while the store is away: renewing is the first thing done once it is back.
RETRY_PAUSE: Final = 0.25


class Stop(StrEnum):
    """Why a running job is told to stop."""

    CANCELLED = "cancelled"
    LOST = "lost"
    SHUTDOWN = "shutdown"


STOP_OF_ACK: Final = {Ack.CANCELLED: Stop.CANCELLED, Ack.LOST: Stop.LOST}


class Holder(Protocol):
    """A running attempt, as far as the others need it."""

    job_id: str
    attempt: int

    async def hand_back(self) -> ChatMessage | None:
        """Give the job back if nobody has seen output of it, and end; returns the message for its next attempt."""
        ...

    def stop(self, why: Stop) -> None:
        """End at the next await; the first reason counts."""
        ...


class Held:
    """The running attempts of one worker process. `renew` must be running for their leases to stand."""

    def __init__(
        self,
        jobs: Jobs,
        worker: str,
        lane: Lane,
        concurrency: int,
        enqueue: Callable[[Sequence[ChatMessage]], Awaitable[None]],
        tap: Tap,
    ) -> None:
        self.worker = worker
        self._concurrency = concurrency
        self._enqueue = enqueue
        self._tap = tap
        self.lane = lane
        self._jobs = jobs
        #: Set once the process was told to stop.
        self.draining = False
        self._holders: dict[str, Holder] = {}
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        return len(self._holders)

    @contextmanager
    def hold(self, holder: Holder) -> Iterator[None]:
        """Renew the attempt's lease for as long as the block runs."""
        self._holders[holder.job_id] = holder
        self._empty.clear()
        try:
            yield
        finally:
            if self._holders.get(holder.job_id) is holder:
                del self._holders[holder.job_id]
            if not self._holders:
                self._empty.set()

    def stop(self, job_id: str, why: Stop) -> None:
        """Tell one job to stop, if it runs here."""
        holder = self._holders.get(job_id)
        if holder is not None:
            holder.stop(why)

    async def drain(self, patience: float) -> None:
        """Hand back what nobody has seen output of, let the rest end, and end after `patience` seconds what is left."""
        self.draining = True
        log.info("worker.draining", jobs=len(self._holders))
        await self.hand_back(list(self._holders.values()))
        try:
            async with asyncio.timeout(patience):
                await self._empty.wait()
        except TimeoutError:
            log.warning("worker.drain_timeout", left=len(self._holders))
            for holder in list(self._holders.values()):
                holder.stop(Stop.SHUTDOWN)
            await self._empty.wait()

    async def hand_back(self, holders: Sequence[Holder]) -> bool:
        """Give back those of these jobs that may be; whether any was."""
        messages = [message for message in await asyncio.gather(*[h.hand_back() for h in holders]) if message]
        try:
            if messages:
                await self._enqueue(messages)
        except BrokerError:
            log.warning("worker.hand_back_unsent", jobs=len(messages))  # the reaper finds jobs without a message
        return bool(messages)

    async def renew(self, renew_tokens: Callable[[], Awaitable[object]]) -> None:
        """Renew all job leases and token leases until cancelled."""
        period = self._jobs.settings.job_lease / RENEWALS_PER_LEASE
        while True:
            try:
                await self._renew_once()
                await renew_tokens()
            except StoreError:
                await asyncio.sleep(RETRY_PAUSE)
            else:
                await asyncio.sleep(period)

    async def _renew_once(self) -> None:
        holders = list(self._holders.values())
        held = [(holder.job_id, holder.attempt) for holder in holders]
        renewed = await self._jobs.renew(self.worker, self.lane, held, self._concurrency)
        self._tap.watched = renewed.watched
        for holder, ack in zip(holders, renewed.acks, strict=True):
            # A job that ended between the question and the answer is no longer held: nobody to tell.
            if ack is not Ack.DONE and self._holders.get(holder.job_id) is holder:
                holder.stop(STOP_OF_ACK[ack])
