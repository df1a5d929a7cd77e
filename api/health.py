"""What the front door says of itself and of what it stands on."""

import asyncio

from proto.jobs import Lane
from store.connection import Store, StoreError
from store.jobs import Jobs
from tokens.pool import TokenPool
from tokens.stats import PoolStats

#: Seconds the store may take for the health page, which must answer without it.
PATIENCE = 0.2


class Health:
    """Liveness needs nothing; readiness needs the store, a worker and a pool with credentials."""

    def __init__(self, store: Store, jobs: Jobs, pool: TokenPool) -> None:
        self.stopping = False
        self._store = store
        self._jobs = jobs
        self._pool = pool

    async def pool_stats(self) -> PoolStats | None:
        """The pool's counts; None if the store does not answer in time."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._pool.pool_stats()
        except (StoreError, TimeoutError):
            return None

    async def readiness(self) -> dict[str, bool]:
        """Each thing a chat needs, and whether it is there."""
        ready = {"store": False, "worker": False, "pool": False, "accepting": not self.stopping}
        try:
            async with asyncio.timeout(1.0):
                await self._store.command("PING")
                ready["store"] = True
                ready["worker"] = await self._jobs.workers(Lane.INTERACTIVE) > 0
                stats = await self._pool.pool_stats()
                ready["pool"] = stats.size > 0
        except (StoreError, TimeoutError):
            pass
        return ready
