"""The jobs this process holds: their leases are renewed together, and this is where a job is told to stop."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final, Protocol

import structlog

from proto.jobs import Lane
from store.connection import StoreError
from store.jobs import Ack, Jobs

log = structlog.get_logger()

#: Renewals in the life of one lease.
RENEWALS_PER_LEASE: Final = 3
#: Seconds between two tries while the store is away: renewing is the first thing done once it is back.
RETRY_PAUSE: Final = 0.25


class Stop(StrEnum):
    """Why a running job is told to stop."""

    CANCELLED = "cancelled"
    LOST = "lost"
    HAND_BACK = "hand_back"
    SHUTDOWN = "shutdown"


STOP_OF_ACK: Final = {Ack.CANCELLED: Stop.CANCELLED, Ack.LOST: Stop.LOST}


class Holder(Protocol):
    """A running attempt, as far as the others need it."""

    job_id: str
    attempt: int

    @property
    def shown(self) -> bool:
        """Whether a stream may have seen output, so that the job cannot be handed back."""
        ...

    def stop(self, why: Stop) -> None:
        """End at the next await; the first reason counts."""
        ...


class Held:
    """The running attempts of one worker process. `renew` must be running for their leases to stand."""

    def __init__(self, jobs: Jobs, worker: str, lane: Lane) -> None:
        self.worker = worker
        self.lane = lane
        self._jobs = jobs
        #: Set once the process was told to stop.
        self.draining = False
        self._holders: dict[str, Holder] = {}
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def count(self) -> int:
        """How many attempts run."""
        return len(self._holders)

    @contextmanager
    def hold(self, holder: Holder) -> Iterator[None]:
        """Renew the attempt's lease for as long as the block runs."""
        self._holders[holder.job_id] = holder
        self._empty.clear()
        if self.draining:  # claimed while the others were being handed back
            holder.stop(Stop.HAND_BACK)
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
        for holder in list(self._holders.values()):
            if not holder.shown:
                holder.stop(Stop.HAND_BACK)
        try:
            async with asyncio.timeout(patience):
                await self._empty.wait()
        except TimeoutError:
            log.warning("worker.drain_timeout", left=len(self._holders))
            for holder in list(self._holders.values()):
                holder.stop(Stop.SHUTDOWN)
            await self._empty.wait()

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
        for holder, ack in zip(holders, await self._jobs.renew(self.worker, self.lane, held), strict=True):
            # A job that ended between the question and the answer is no longer held: nobody to tell.
            if ack is not Ack.DONE and self._holders.get(holder.job_id) is holder:
                holder.stop(STOP_OF_ACK[ack])
