"""The numbers that are kept in Redis, and what is told while it is away."""

import time

from prometheus_client.parser import text_string_to_metric_families

from api.store_metrics import StoreMetrics
from bench.processes import free_port
from proto.batches import BatchStatus
from proto.jobs import CONTROL_QUEUE, Lane
from store.connection import Store
from store.jobs import Jobs
from tests.contract.batches import open_batch, spec
from tests.contract.jobs import admit, claim, make_jobs
from tokens.pool import TokenPool
from tokens.settings import TokenSettings


def metrics(store: Store, jobs: Jobs) -> StoreMetrics:
    return StoreMetrics(store, jobs, TokenPool(store, jobs.keys, TokenSettings(_env_file=None), ()))


async def told(page: StoreMetrics, label: str = "lane") -> dict[tuple[str, str], float]:
    """Each number by its name and one label."""
    families = text_string_to_metric_families((await page.page()).decode())
    return {(each.name, each.labels.get(label, "")): each.value for family in families for each in family.samples}


async def test_queues_workers_and_keepers_are_told(store: Store) -> None:
    jobs = make_jobs(store)
    for job_id in ("old", "new", "claimed"):
        await admit(jobs, job_id)
    await claim(jobs, "claimed")
    await store.command("ZADD", f"{jobs.keys.waiting}:{Lane.INTERACTIVE}", "XX", "CH", "INCR", -40_000, "old")
    await jobs.renew("worker", Lane.INTERACTIVE, [("claimed", 1)], 256)
    await jobs.renew("keeper", CONTROL_QUEUE)

    numbers = await told(metrics(store, jobs))

    assert numbers["warp2api_store_up", ""] == 1
    assert numbers["warp2api_queue_jobs", "interactive"] == 2
    assert 40 <= numbers["warp2api_queue_oldest_seconds", "interactive"] < 70
    assert numbers["warp2api_queue_jobs", "batch"] == numbers["warp2api_queue_oldest_seconds", "batch"] == 0
    assert numbers["warp2api_workers", "interactive"] == numbers["warp2api_keepers", ""] == 1
    assert numbers["warp2api_workers_concurrency", "interactive"] == 256
    assert numbers["warp2api_workers", "batch"] == 0
    assert numbers["warp2api_jobs_running", ""] == 1
    assert numbers["warp2api_store_memory_bytes", ""] > 0


async def test_open_batches_and_their_lines_are_told(store: Store) -> None:
    jobs = make_jobs(store)
    for batch_id, status, age in (("b", BatchStatus.IN_PROGRESS, 600), ("new", BatchStatus.VALIDATING, 0)):
        await open_batch(store, jobs, spec(batch_id, created=round((time.time() - age) * 1000)), status)
    keys = jobs.keys.batch("b")
    await store.command("HSET", keys.record, "total", 10, "succeeded", 3, "errored", 1)
    await store.command("HSET", keys.running, 4, "job4", 5, "job5")
    await store.command("ZADD", keys.retry, 1, "{}")

    page = metrics(store, jobs)
    statuses, states = await told(page, "status"), await told(page, "state")

    assert statuses["warp2api_batches", "in_progress"] == statuses["warp2api_batches", "validating"] == 1
    assert statuses["warp2api_batches", "cancelling"] == 0
    lines = {state: states["warp2api_batch_lines", state] for state in ("left", "running", "again", "done")}
    assert lines == {"left": 3, "running": 2, "again": 1, "done": 4}
    assert 600 <= statuses["warp2api_batch_oldest_seconds", ""] < 660


async def test_without_redis_that_alone_is_told() -> None:
    away = Store(f"redis://127.0.0.1:{free_port()}/0")

    numbers = await told(metrics(away, make_jobs(away)))

    assert numbers == {("warp2api_store_up", ""): 0}
    await away.aclose()
