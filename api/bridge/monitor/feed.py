"""What is known while somebody watches, and the rounds that keep it true.

What is published is only a hint that a job has changed: its record is read. A hint that is lost is made good by a look
at all jobs that are believed to run, every two seconds.
"""

import asyncio
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import msgspec
import structlog

from api.bridge.monitor.board import Board, Known
from api.bridge.monitor.packets import PacketHistory
from api.bridge.monitor.tally import Tally
from api.bridge.monitor.views import batches_view, job_view, packet_view, token_view, workers_view
from api.bridge.monitor.watcher import Watcher
from api.bridge.monitor.wishes import Kind
from proto.packets import Watched, decode_packets
from store.all_batches import AllBatches
from store.connection import StoreError
from store.jobs import Jobs
from store.monitor import Monitor, Overview
from store.subscriber import Subscriber
from tokens.pool import TokenPool
from tokens.stats import pool_stats

log = structlog.get_logger()

#: Seconds between two messages about changed jobs.
LOOK_EVERY: Final = 0.2
#: Looks between two at all jobs that are believed to run.
LOOKS_PER_ROUND: Final = 10
#: Jobs looked at in one look, and ids of them that wait to be.
MOST_LOOKED_AT: Final = 2000
MOST_DIRTY: Final = 20_000
#: Ended jobs in a history, and jobs by admission that the first look takes in.
HISTORY: Final = 200
FIRST_LOOK: Final = 1000
#: Jobs in one message.
MOST_IN_MESSAGE: Final = 500
#: Packets that wait to be told to those who watch all; more are dropped, and their number is told.
MOST_SHAPES: Final = 2000
#: Seconds between two signs that somebody watches.
WATCH_EVERY: Final = 3


@dataclass(frozen=True)
class Sources:
    """Where what is shown comes from."""

    redis_url: str
    monitor: Monitor
    jobs: Jobs
    pool: TokenPool
    batches: AllBatches


class Feed:
    """One stretch of watching, from the first watcher to the last. `run` keeps it going."""

    def __init__(self, sources: Sources, watchers: Collection[Watcher]) -> None:
        self.board = Board()
        self.packets = PacketHistory()
        self.jobs = sources.jobs
        self.batches = sources.batches
        self._monitor = sources.monitor
        self._pool = sources.pool
        self._watchers = watchers
        self._tally: Tally | None = None
        self._dirty: dict[str, None] = {}
        self._must_load = False
        self._shapes: list[dict[str, Any]] = []
        self._dropped = 0
        self._shown: dict[Kind, dict[str, Any]] = {}
        self._watched = Watched.NOTHING
        keys = sources.jobs.keys
        self._steps = Subscriber(sources.redis_url, keys.monitor_channel, self._on_step, self._on_subscribed)
        self._taps = Subscriber(sources.redis_url, keys.packets_channel, self._on_packets, lambda: None)

    async def run(self) -> None:
        """Go on until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._steps.run(), name="monitor-steps")
            group.create_task(self._taps.run(), name="monitor-packets")
            group.create_task(self._follow_jobs(), name="monitor-jobs")
            group.create_task(self._each_second(), name="monitor-seconds")

    def greet(self, watcher: Watcher) -> None:
        """Tell a watcher what there is, as far as that is known by now; the rest is told once it is."""
        if self._tally is not None:
            self._tell_history(watcher)
        for kind, message in self._shown.items():
            if watcher.wants_kind(kind):
                watcher.offer(message)

    async def know(self, job_id: str) -> Known | None:
        """What is known of a job, from the store if need be.

        Raises:
            StoreError: the store is away.
        """
        if self.board.get(job_id) is None:
            self.board.take([job_id], await self._monitor.records([job_id]), _now())
        return self.board.get(job_id)

    # --- what is heard --------------------------------------------------------------------------------------------

    def _on_step(self, message: bytes) -> None:
        if len(self._dirty) < MOST_DIRTY:
            self._dirty[message.decode()] = None

    def _on_subscribed(self) -> None:
        self._must_load = True  # what was published before is lost

    def _on_packets(self, message: bytes) -> None:
        try:
            batch = decode_packets(message)
        except msgspec.DecodeError:
            log.warning("monitor.packets_unreadable")
            return
        self.packets.add(batch.packets)
        self._dropped += batch.dropped
        if any(watcher.wants_kind(Kind.PACKETS) for watcher in self._watchers):
            room = MOST_SHAPES - len(self._shapes)
            self._shapes += [packet_view(packet, content=False) for packet in batch.packets[:room]]
            self._dropped += max(0, len(batch.packets) - room)

    # --- jobs -----------------------------------------------------------------------------------------------------

    async def _follow_jobs(self) -> None:
        looks = 0
        while True:
            await asyncio.sleep(LOOK_EVERY)
            looks += 1
            try:
                if self._must_load:
                    await self._load()
                elif self._tally is not None:
                    await self._look(self._tally, every=looks % LOOKS_PER_ROUND == 0)
            except StoreError:
                log.debug("monitor.store_away")
            self._tell_packets()

    async def _load(self) -> None:
        """Learn everything anew: at the start, and after a break in which anything may have happened."""
        overview = await self._monitor.overview()
        latest = reversed(await self._monitor.recent(FIRST_LOOK))
        ids = list(dict.fromkeys([*await self._monitor.unfinished(MOST_LOOKED_AT), *latest]))
        records = await self._monitor.records(ids)
        self._must_load = False
        self.board = Board()
        self._tally = Tally(overview.now)
        self._tally.take(self.board.take(ids, records, overview.now))
        self.board.place(_places(overview))
        for watcher in self._watchers:
            self._tell_history(watcher)

    async def _look(self, tally: Tally, *, every: bool) -> None:
        """Read the records of jobs to which something has happened; with `every`, of all that are believed to run."""
        hinted = list(islice(self._dirty, MOST_LOOKED_AT))
        ids = hinted
        if every:
            overlooked = [job_id for job_id in await self._monitor.recent(HISTORY) if self.board.get(job_id) is None]
            ids = list(dict.fromkeys([*overlooked, *hinted, *self.board.unfinished()]))
        for job_id in hinted:
            del self._dirty[job_id]
        try:
            records = await self._monitor.records(ids)
        except StoreError:
            self._dirty |= dict.fromkeys(hinted)
            raise
        changes = self.board.take(ids, records, _now())
        tally.take(changes)
        moved = self.board.place(_places(await self._monitor.overview())) if every else []
        self._tell_jobs(dict.fromkeys([*[change.job_id for change in changes], *moved]))

    def _tell_history(self, watcher: Watcher) -> None:
        watcher.told_history = True
        if watcher.wants_kind(Kind.JOBS):
            known = self.board.history(HISTORY)
            jobs = [job_view(job_id, row) for job_id, row in known if watcher.wants.shows(job_id, row.record)]
            watcher.offer({"event": "history", "jobs": jobs})

    def _tell_jobs(self, job_ids: Iterable[str]) -> None:
        rows = [(job_id, known) for job_id in job_ids if (known := self.board.get(job_id)) is not None]
        views = {job_id: job_view(job_id, known) for job_id, known in rows}
        for watcher in self._watchers:
            if not watcher.told_history:
                continue
            shown = [
                views[job_id]
                for job_id, known in rows
                if job_id in watcher.opened
                or (watcher.wants_kind(Kind.JOBS) and watcher.wants.shows(job_id, known.record))
            ]
            for start in range(0, len(shown), MOST_IN_MESSAGE):
                watcher.offer({"event": "jobs", "jobs": shown[start : start + MOST_IN_MESSAGE]})

    def _tell_packets(self) -> None:
        """Tell shapes to those who watch all packets; who follows a job is told of its packets by the follower."""
        shapes, self._shapes = self._shapes, []
        dropped, self._dropped = self._dropped, 0
        for watcher in self._watchers:
            rows = [shape for shape in shapes if self._shows_packet(watcher, shape["job"])]
            if rows or (dropped and (watcher.opened or watcher.wants_kind(Kind.PACKETS))):
                watcher.offer({"event": "packets", "packets": rows, "dropped": dropped})

    def _shows_packet(self, watcher: Watcher, job_id: str) -> bool:
        if not watcher.wants_kind(Kind.PACKETS) or job_id in watcher.opened:
            return False
        known = self.board.get(job_id)
        return watcher.wants.shows(job_id, known.record if known else None)

    # --- pool, workers, batches, numbers ------------------------------------------------------------------------------

    async def _each_second(self) -> None:
        second = 0
        while True:
            try:
                await self._say_watched(second)
                await self._tell_second(workers=second % 2 == 0)
                if second % 2 == 0:
                    await self.tell_batches()
            except StoreError as error:
                for watcher in self._watchers:
                    watcher.offer({"event": "error", "code": error.code, "message": error.message})
            await asyncio.sleep(1)
            second += 1

    async def _say_watched(self, second: int) -> None:
        """Have the workers tell packets: with what was said in them if one of the watchers may see that."""
        content = any(watcher.sees_content for watcher in self._watchers)
        watched = Watched.CONTENT if content else Watched.SHAPES
        if watched is not self._watched or second % WATCH_EVERY == 0:
            await self._monitor.watch(watched)
            self._watched = watched

    async def _tell_second(self, *, workers: bool) -> None:
        overview = await self._monitor.overview()
        await self._tell_pool()
        if workers:
            self._show(Kind.WORKERS, workers_view(overview))
        if self._tally is not None:
            second = {**self._tally.second(overview.now), "running": overview.running, "queued": overview.waiting}
            self._show(Kind.STATS, {"event": "stats", "at": overview.now, "second": second})

    async def _tell_pool(self) -> None:
        snapshot = await self._pool.verbs.snapshot()
        settings = self._pool.settings
        tokens = [token_view(row, settings.token_concurrency) for row in snapshot.rows]
        stats = msgspec.to_builtins(pool_stats(snapshot, settings.pool_target))
        self._show_change(Kind.POOL, {"event": "pool", "tokens": tokens, "stats": stats})

    async def tell_batches(self) -> None:
        """Look at the batches, if one of the watchers wants to see them, and tell what has changed.

        Raises:
            StoreError: the store is away.
        """
        if any(watcher.wants_kind(Kind.BATCHES) for watcher in self._watchers):
            self._show_change(Kind.BATCHES, batches_view(await self.batches.look()))

    def _show_change(self, kind: Kind, message: dict[str, Any]) -> None:
        if message != self._shown.get(kind):
            self._show(kind, message)

    def _show(self, kind: Kind, message: dict[str, Any]) -> None:
        self._shown[kind] = message
        for watcher in self._watchers:
            if watcher.wants_kind(kind):
                watcher.offer(message)


def _places(overview: Overview) -> dict[str, int]:
    """The places of the first jobs that wait, each in its lane."""
    return {job_id: place for queue in overview.queues.values() for place, job_id in enumerate(queue.first, 1)}


def _now() -> int:
    return round(time.time() * 1000)
