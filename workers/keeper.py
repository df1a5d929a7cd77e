"""The keeper's rounds: jobs whose worker died, jobs that waited too long."""

import structlog

from proto.jobs import ChatMessage
from store.jobs import TOO_LATE, Jobs

log = structlog.get_logger()


class Reaper:
    """Ends or restarts what nobody runs any more.

    It judges nothing until the store has been reachable for one whole lease: workers that could not renew meanwhile
    must get their chance first. Time is an argument, in seconds of any steady clock.
    """

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._reachable_since: float | None = None

    def store_was_away(self) -> None:
        """A round failed: start counting anew."""
        self._reachable_since = None

    async def round(self, now: float) -> list[ChatMessage]:
        """Look at every overdue job once; returns the messages to enqueue.

        Raises:
            StoreError: the store is away; call `store_was_away`.
        """
        overdue = await self._jobs.overdue()
        if self._reachable_since is None:
            self._reachable_since = now
        if now - self._reachable_since < self._jobs.settings.job_lease:
            return []
        again: list[ChatMessage] = []
        for job_id in overdue.leased:
            verdict = await self._jobs.reap(job_id)
            if isinstance(verdict, ChatMessage):
                again.append(verdict)
            if verdict is not None:
                log.warning("job.reaped", job_id=job_id, again=isinstance(verdict, ChatMessage))
        for job_id in overdue.queued:
            if await self._jobs.fail(job_id, TOO_LATE):
                log.warning("job.waited_too_long", job_id=job_id)
        return again

    async def overlooked(self) -> list[ChatMessage]:
        """Messages of jobs that have waited for two leases: they are lost if the lane's queue is empty.

        Raises:
            StoreError: the store is away.
        """
        return await self._jobs.overlooked(2 * self._jobs.settings.job_lease)
