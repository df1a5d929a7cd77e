"""The keeper's rounds: jobs whose worker died, jobs that waited too long."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from proto.jobs import CONTROL_QUEUE, ChatMessage, Lane
from store.broker import BrokerError
from store.connection import StoreError
from store.jobs import TOO_LATE, Jobs
from workers.metrics import ReaperNumbers

log = structlog.get_logger()

#: Seconds between two looks at most, and looks in the life of one lease at least.
REAP_EVERY: Final = 1.0
LOOKS_PER_LEASE: Final = 6


class Reaper:
    """Ends or restarts what nobody runs any more.

    It judges nothing until the store has been reachable for one whole lease: workers that could not renew meanwhile
    must get their chance first. The store itself keeps account of that (`reachable.lua`), so that a keeper that is
    started again need not begin anew.
    """

    def __init__(
        self,
        jobs: Jobs,
        keeper: str,
        is_empty: Callable[[Lane], Awaitable[bool]],
        enqueue: Callable[[Sequence[ChatMessage]], Awaitable[None]],
    ) -> None:
        self._jobs = jobs
        self._keeper = keeper
        self._is_empty = is_empty
        self._enqueue = enqueue
        self.numbers = ReaperNumbers()

    async def run(self) -> None:
        """Look every second, or more often if leases are short, until cancelled."""
        period = min(REAP_EVERY, self._jobs.settings.job_lease / LOOKS_PER_LEASE)
        while True:
            try:
                await self._jobs.renew(self._keeper, CONTROL_QUEUE)
                await self.round()
                self.numbers.rounds += 1
            except (StoreError, BrokerError) as error:
                self.numbers.put_off += 1
                log.warning("reap.put_off", error=type(error).__name__)
            await asyncio.sleep(period)

    async def round(self) -> None:
        """Look at every overdue job and every message that may be lost, once.

        Raises:
            StoreError: the store is away.
            BrokerError: the queue is; what was to be enqueued now counts as lost by the time it is back.
        """
        again = await self._judge()
        again += await self._lost_messages()
        if again:
            await self._enqueue(again)

    async def _judge(self) -> list[ChatMessage]:
        overdue = await self._jobs.overdue()
        again: list[ChatMessage] = []
        for job_id in overdue.leased:
            verdict = await self._jobs.reap(job_id)
            if isinstance(verdict, ChatMessage):
                again.append(verdict)
            if verdict is not None:
                self.numbers.verdict("again" if isinstance(verdict, ChatMessage) else verdict.value)
                log.warning("job.reaped", job_id=job_id, again=isinstance(verdict, ChatMessage))
        for job_id in overdue.queued:
            if await self._jobs.fail(job_id, TOO_LATE):
                self.numbers.verdict("too_late")
                log.warning("job.waited_too_long", job_id=job_id)
        return again

    async def _lost_messages(self) -> list[ChatMessage]:
        """Messages that went with the process that had popped them: to be sent again.

        A job that has waited for a lease has lost its message if its lane has passed it over, or if the lane's queue
        is empty. A message too many does no harm: it loses the claim.
        """
        overlooked = await self._jobs.overlooked(self._jobs.settings.job_lease)
        doubtful = {row.message.lane for row in overlooked if not row.certain}
        empty = {lane for lane in doubtful if await self._is_empty(lane)}
        lost = [row.message for row in overlooked if row.certain or row.message.lane in empty]
        if lost:
            self.numbers.messages_lost += len(lost)
            log.warning("jobs.messages_lost", jobs=[message.job_id for message in lost])
            await self._jobs.resent([message.job_id for message in lost])
        return lost
