"""Numbers for Prometheus that are kept in Redis for a whole deployment: any front door tells the same."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from proto.batches import FINAL_STATUSES, BatchStatus
from proto.jobs import CONTROL_QUEUE, Lane
from store.batch_runs import BatchRuns, OpenBatch
from store.connection import Store, StoreError
from store.continuations import continuation_counts
from store.jobs import Jobs
from store.monitor import Monitor, Overview
from store.pressure import memory
from tokens.pool import TokenPool
from tokens.stats import COUNTERS, by_tier, pool_stats
from tokens.verbs import Snapshot, State

#: Seconds that Redis may take, less than Prometheus waits.
PATIENCE: Final = 5.0


@dataclass(frozen=True)
class StoreMetrics:
    """Reads them when asked."""

    store: Store
    jobs: Jobs
    pool: TokenPool

    async def page(self) -> bytes:
        """The numbers as text; without the store that alone, that it is away."""
        registry = CollectorRegistry()
        registry.register(_Told(await self._families()))
        return generate_latest(registry)

    async def _families(self) -> list[Metric]:
        try:
            async with asyncio.timeout(PATIENCE):
                overview = await Monitor(self.store, self.jobs.keys).overview()
                batches = await BatchRuns(self.store, self.jobs).open()
                snapshot = await self.pool.verbs.snapshot()
                continuations = await continuation_counts(self.store, self.jobs.keys)
                used, limit = memory(await self.store.command("INFO", "memory"))
        except (StoreError, TimeoutError):
            return [_gauge("warp2api_store_up", "Whether Redis answers.", 0)]
        return [
            _gauge("warp2api_store_up", "Whether Redis answers.", 1),
            _gauge("warp2api_store_memory_bytes", "Memory that Redis uses.", used),
            _gauge("warp2api_store_memory_limit_bytes", "Memory that Redis may use; 0: no limit.", limit),
            *lane_metrics(overview),
            *batch_metrics(batches, overview.now),
            *pool_metrics(snapshot, self.pool.settings.pool_target),
            _continuations(continuations),
        ]


def lane_metrics(overview: Overview) -> list[Metric]:
    """Who waits, who runs, and who is there to work."""
    waiting = GaugeMetricFamily("warp2api_queue_jobs", "Jobs that wait for a worker.", labels=("lane",))
    oldest = GaugeMetricFamily("warp2api_queue_oldest_seconds", "Since when the first of them waits.", labels=("lane",))
    workers = GaugeMetricFamily("warp2api_workers", "Worker processes heard of lately.", labels=("lane",))
    room = GaugeMetricFamily("warp2api_workers_concurrency", "Jobs they can run at once.", labels=("lane",))
    for lane in Lane:
        queue, there = overview.queues[lane], [row for row in overview.workers if row.lane == lane]
        waiting.add_metric([lane], queue.waiting)
        since = overview.now if queue.oldest is None else queue.oldest
        oldest.add_metric([lane], max(overview.now - since, 0) / 1000)
        workers.add_metric([lane], len(there))
        room.add_metric([lane], sum(row.concurrency for row in there))
    keepers = sum(row.lane == CONTROL_QUEUE for row in overview.workers)
    return [
        waiting,
        oldest,
        workers,
        room,
        _gauge("warp2api_keepers", "Keeper processes heard of lately.", keepers),
        _gauge("warp2api_jobs_running", "Jobs that a worker has claimed.", overview.running),
    ]


def batch_metrics(batches: list[OpenBatch], now: int) -> list[Metric]:
    """The batches that have not ended, how old the first of them is, and where their lines are. `now` is in Unix ms."""
    by_status = GaugeMetricFamily("warp2api_batches", "Batches that have not ended.", labels=("status",))
    for status in BatchStatus:
        if status not in FINAL_STATUSES:
            by_status.add_metric([status], sum(row.batch.status is status for row in batches))
    lines = GaugeMetricFamily("warp2api_batch_lines", "Lines of the batches that have not ended.", labels=("state",))
    running, again = sum(row.running for row in batches), sum(row.retries for row in batches)
    done = sum(row.batch.counts.ended for row in batches)
    total = sum(row.batch.counts.total for row in batches)
    states = {"left": max(total - done - running - again, 0), "running": running, "again": again, "done": done}
    for state, count in states.items():
        lines.add_metric([state], count)
    oldest = min((row.batch.spec.created for row in batches), default=now)
    age = _gauge("warp2api_batch_oldest_seconds", "Since when the first of them is there.", max(now - oldest, 0) / 1000)
    return [by_status, lines, age]


def pool_metrics(snapshot: Snapshot, pool_target: int) -> list[Metric]:
    """Tokens by tier and state, leases in flight by tier, and the counters of `pool_stats` by tier."""
    stats = pool_stats(snapshot, pool_target)
    tokens = GaugeMetricFamily("warp2api_pool_tokens", "Tokens by tier and state.", labels=("tier", "state"))
    leases = GaugeMetricFamily("warp2api_pool_leases", "Leases in flight by tier.", labels=("tier",))
    tiers = sorted({row.tier for row in snapshot.rows})
    for tier in tiers:
        rows = [row for row in snapshot.rows if row.tier == tier]
        leases.add_metric([str(tier)], sum(row.in_flight for row in rows))
        for state in State:
            tokens.add_metric([str(tier), state], sum(row.state is state for row in rows))
    target = _gauge("warp2api_pool_target", "Tokens to have ready.", stats.target)
    ready = _gauge("warp2api_pool_ready", "Tokens that are ready.", stats.ready)
    return [target, ready, tokens, leases, *[_counter(snapshot, name) for name in COUNTERS]]


def _continuations(counts: dict[str, int]) -> Metric:
    family = CounterMetricFamily(
        "warp2api_continuations", "Conversations looked up, gone on with and kept.", labels=("outcome",)
    )
    for outcome, count in counts.items():
        family.add_metric([outcome], count)
    return family


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _counter(snapshot: Snapshot, name: str) -> Metric:
    family = CounterMetricFamily(f"warp2api_pool_{name}", f"Pool counter `{name}` by tier.", labels=("tier",))
    for tier, value in sorted(by_tier(snapshot, name).items()):
        family.add_metric([str(tier)], value)
    return family


class _Told(Collector):
    """A collector of what has been asked for already: the registry collects synchronously, Redis answers later."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families
