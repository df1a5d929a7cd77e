"""The monitor's feed on a real Valkey: what is published may be lost, and what is shown is true all the same."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from api.bridge.monitor.feed import Feed, Sources
from api.bridge.monitor.watcher import Watcher
from api.bridge.monitor.wishes import Filter, Kind
from proto.clients import Client, Right
from store.all_batches import AllBatches
from store.connection import Store
from store.jobs import Jobs
from store.monitor import Monitor
from tests.contract.jobs import admit, claim, make_jobs
from tests.token_pools import MakePool


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return make_jobs(store)


@pytest.fixture
async def watcher() -> Watcher:
    return Watcher(Client("c", frozenset(Right)), Filter(kinds=frozenset({Kind.JOBS})))


@pytest.fixture
async def feed(store: Store, jobs: Jobs, redis_url: str, make_pool: MakePool, watcher: Watcher) -> AsyncIterator[Feed]:
    """A feed that hears of nothing that happens to a job."""
    pool = await make_pool(fill=False)
    feed = Feed(Sources(redis_url, Monitor(store, jobs.keys), jobs, pool, AllBatches(store, jobs.keys)), {watcher})
    feed._steps._on_message = lambda _: None
    task = asyncio.create_task(feed.run())
    yield feed
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def status(watcher: Watcher, job_id: str) -> str:
    """The next that is told of a job."""
    async with asyncio.timeout(15):
        while True:
            message: dict[str, Any] = orjson.loads(await watcher.next())
            for job in message.get("jobs", ()):
                if job["id"] == job_id:
                    return str(job["status"])


async def test_hints_that_are_lost_are_made_good(jobs: Jobs, store: Store, feed: Feed, watcher: Watcher) -> None:
    assert orjson.loads(await watcher.next()) == {"event": "history", "jobs": []}
    await admit(jobs, "a")
    assert await status(watcher, "a") == "queued"
    await claim(jobs, "a")
    assert await status(watcher, "a") == "running"
    await store.command("DEL", jobs.keys.record("a"))
    assert await status(watcher, "a") == "failed"
    assert feed.board.unfinished() == []
