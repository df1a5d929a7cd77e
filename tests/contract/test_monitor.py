"""What operators see of jobs, lanes and workers, on a real Valkey."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from proto.errors import ErrorCode
from proto.events import Event, Failed, Finished, FinishReason, Text, Usage, encode_events
from proto.jobs import CONTROL_QUEUE, Lane, Status
from proto.packets import Watched
from store.connection import Store
from store.jobs import Jobs
from store.monitor import Monitor, WorkerRow
from store.subscriber import Subscriber
from tests.contract.jobs import admit, claim, expire_lease, look_for_long, make_jobs
from tests.contract.test_reaper import Queues
from workers.keeper import Reaper

DONE = Finished(FinishReason.STOP)


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return make_jobs(store)


@pytest.fixture
def monitor(store: Store, jobs: Jobs) -> Monitor:
    return Monitor(store, jobs.keys)


@pytest.fixture
async def heard(redis_url: str, jobs: Jobs) -> AsyncIterator[list[str]]:
    """The ids of jobs to which something has happened, as they are published."""
    ids: list[str] = []
    subscriber = Subscriber(redis_url, jobs.keys.monitor_channel, lambda data: ids.append(data.decode()), lambda: None)
    task = asyncio.create_task(subscriber.run())
    await asyncio.wait_for(subscriber.connected.wait(), 10)
    yield ids
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def append(jobs: Jobs, store: Store, job_id: str, seq: int, *events: Event, usage: Usage | None = None) -> None:
    terminal = events[-1] if isinstance(events[-1], Finished | Failed) else None
    visible = any(isinstance(event, Text) for event in events)
    entry = encode_events(list(events))
    await store.gather([jobs.append_call(job_id, 1, seq, entry, visible=visible, terminal=terminal, usage=usage)])


async def told(heard: list[str], store: Store) -> list[str]:
    """What has been published by now: a message sent last comes last."""
    await store.command("PUBLISH", make_jobs(store).keys.monitor_channel, "last")
    async with asyncio.timeout(10):
        while "last" not in heard:
            await asyncio.sleep(0.005)
    ids = heard[: heard.index("last")]
    heard.clear()
    return ids


async def test_each_step_of_a_job_is_told(jobs: Jobs, store: Store, heard: list[str]) -> None:
    await admit(jobs, "a")
    assert await told(heard, store) == ["a"]
    await claim(jobs, "a")
    assert await told(heard, store) == ["a"]
    await append(jobs, store, "a", 1, Text("x"))
    assert await told(heard, store) == ["a"]
    await append(jobs, store, "a", 2, Text("y"))
    assert await told(heard, store) == [], "more of the same is no news"
    await jobs.cancel("a")
    assert await told(heard, store) == ["a"]
    await append(jobs, store, "a", 3, Failed(ErrorCode.CANCELLED, "Stop."))
    assert await told(heard, store) == ["a"]


async def test_what_others_do_to_a_job_is_told(jobs: Jobs, store: Store, heard: list[str]) -> None:
    await admit(jobs, "cancelled in the queue")
    await admit(jobs, "handed back")
    await admit(jobs, "reaped")
    await claim(jobs, "handed back")
    await claim(jobs, "reaped")
    await told(heard, store)
    await jobs.cancel("cancelled in the queue")
    await jobs.hand_back("handed back", 1)
    await expire_lease(jobs, store, "reaped")
    await jobs.reap("reaped")
    assert await told(heard, store) == ["cancelled in the queue", "handed back", "reaped"]


async def test_the_latest_jobs_are_listed_whoever_sent_them(jobs: Jobs, store: Store, monitor: Monitor) -> None:
    for number in range(3):
        await admit(jobs, str(number), client=f"c{number}")
    assert sorted(await monitor.recent(10)) == ["0", "1", "2"]
    assert len(await monitor.recent(2)) == 2
    assert 0 < await store.command("PTTL", jobs.keys.recent) <= 1_200_000
    await store.command("ZADD", jobs.keys.recent, *[part for n in range(1500) for part in (n, f"old{n}")])
    await admit(jobs, "newest")
    assert await store.command("ZCARD", jobs.keys.recent) == 1000
    assert "newest" in await monitor.recent(4)
    await store.command("DEL", jobs.keys.record("1"))
    assert set(await monitor.records(["0", "1", "2"])) == {"0", "2"}


async def test_a_record_tells_how_a_job_went(jobs: Jobs, store: Store, monitor: Monitor) -> None:
    await admit(jobs, "a")
    await claim(jobs, "a", "host:1")
    await append(jobs, store, "a", 1, Text("x"))
    running = (await monitor.records(["a"]))["a"]
    assert (running.status, running.worker, running.code, running.output_tokens) == (Status.RUNNING, "host:1", "", None)
    usage = Usage(10, 5, cache_read=100, cache_write=1)
    await append(jobs, store, "a", 2, usage, DONE, usage=usage)
    ended = (await monitor.records(["a"]))["a"]
    assert (ended.status, ended.code, ended.input_tokens, ended.output_tokens) == (Status.FINISHED, "stop", 111, 5)
    assert ended.admitted <= (ended.claimed or 0) <= (ended.first_output or 0) <= (ended.ended or 0)


async def test_a_heartbeat_says_how_busy_a_worker_is(jobs: Jobs, store: Store, monitor: Monitor) -> None:
    await admit(jobs, "a")
    await claim(jobs, "a")
    await jobs.renew("host:1", Lane.INTERACTIVE, [("a", 1)], 256)
    await jobs.renew("host:2", Lane.BATCH, [], 32)
    overview = await monitor.overview()
    assert [row._replace(seen_at=0) for row in overview.workers] == [
        WorkerRow("host:1", "interactive", 0, 1, 256),
        WorkerRow("host:2", "batch", 0, 0, 32),
    ]
    assert all(0 <= overview.now - row.seen_at < 10_000 for row in overview.workers)
    await jobs.retire("host:1", Lane.INTERACTIVE)
    assert [row.id for row in (await monitor.overview()).workers] == ["host:2"]
    assert await store.command("EXISTS", jobs.keys.worker_loads(Lane.INTERACTIVE)) == 0


async def test_a_worker_that_falls_silent_is_no_longer_shown_and_later_forgotten(
    jobs: Jobs, store: Store, monitor: Monitor
) -> None:
    await jobs.renew("silent", Lane.INTERACTIVE, [], 8)
    beats, loads = jobs.keys.workers(Lane.INTERACTIVE), jobs.keys.worker_loads(Lane.INTERACTIVE)
    now = (await monitor.overview()).now
    await store.command("ZADD", beats, now - 11_000, "silent")
    assert (await monitor.overview()).workers == []
    await store.command("ZADD", beats, now - 61_000, "silent")
    await jobs.renew("other", Lane.INTERACTIVE, [], 8)
    assert await store.command("HKEYS", loads) == [b"other"]
    assert 0 < await store.command("PTTL", loads) <= 60_000


async def test_a_keeper_that_lives_is_seen(jobs: Jobs, store: Store, monitor: Monitor) -> None:
    await look_for_long(jobs, store)
    queues = Queues()
    reaper = Reaper(jobs, "host:9", queues.is_empty, queues.enqueue)
    assert await jobs.workers(CONTROL_QUEUE) == 0
    task = asyncio.create_task(reaper.run())
    async with asyncio.timeout(10):
        while not await jobs.workers(CONTROL_QUEUE):
            await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert [(row.id, row.lane) for row in (await monitor.overview()).workers] == [("host:9", "control")]


async def test_queues_are_told_by_lane(jobs: Jobs, store: Store, monitor: Monitor) -> None:
    empty = (await monitor.overview()).queues[Lane.INTERACTIVE]
    assert (empty.waiting, empty.oldest, empty.first) == (0, None, [])
    for name in ("a", "b", "c"):
        await admit(jobs, name)
    await claim(jobs, "a")
    waiting = f"{jobs.keys.waiting}:{Lane.INTERACTIVE}"
    await store.command("ZADD", waiting, 1000, "c")
    overview = await monitor.overview()
    assert (overview.running, overview.waiting) == (1, 2)
    queue = overview.queues[Lane.INTERACTIVE]
    assert (queue.waiting, queue.oldest, queue.first) == (2, 1000, ["c", "b"])
    assert overview.queues[Lane.BATCH].waiting == 0


async def test_workers_learn_what_is_watched_with_their_renewal(jobs: Jobs, store: Store, monitor: Monitor) -> None:
    async def watched() -> Watched:
        return (await jobs.renew("w", Lane.INTERACTIVE)).watched

    assert await watched() is Watched.NOTHING
    await monitor.watch(Watched.SHAPES)
    assert await watched() is Watched.SHAPES
    await monitor.watch(Watched.CONTENT)
    await monitor.watch(Watched.SHAPES)
    assert await watched() is Watched.CONTENT, "nobody who watches shapes takes the contents from another"
    for key in jobs.keys.watched:
        assert 0 < await store.command("PTTL", key) <= 10_000
    await store.command("DEL", *jobs.keys.watched)
    assert await watched() is Watched.NOTHING
