"""All watchers of one bridge. One feed serves them, and there is one only while somebody watches."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from api.bridge.monitor.feed import Feed, Sources
from api.bridge.monitor.watcher import Watcher

log = structlog.get_logger()

#: The feed has died of a bug; who comes again gets a new one.
BROKEN: Final = 1011


class Hub:
    """The watchers, and the feed that they share."""

    def __init__(self, sources: Sources) -> None:
        self.watchers: set[Watcher] = set()
        self._sources = sources
        self._feed: Feed | None = None
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def watching(self, watcher: Watcher) -> AsyncIterator[Feed]:
        """Show the watcher everything for as long as the block runs."""
        self.watchers.add(watcher)
        feed = self._feed or self._start()
        feed.greet(watcher)
        try:
            yield feed
        finally:
            self.watchers.discard(watcher)
            if not self.watchers:
                await self._stop()

    def _start(self) -> Feed:
        self._feed = feed = Feed(self._sources, self.watchers)
        self._task = asyncio.create_task(feed.run(), name="monitor-feed")
        self._task.add_done_callback(self._ended)
        log.info("monitor.watched")
        return feed

    async def _stop(self) -> None:
        task, self._feed, self._task = self._task, None, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            log.info("monitor.unwatched")

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or (error := task.exception()) is None:
            return
        log.error("monitor.feed_died", exc_info=error)
        if task is self._task:
            self._feed = self._task = None
            for watcher in self.watchers:
                watcher.close(BROKEN)
