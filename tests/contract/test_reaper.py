"""What the keeper does about jobs that nobody runs and messages that nobody has, on a real Valkey."""

from collections.abc import Sequence

import pytest

from proto.jobs import ChatMessage, Lane, ReplyHeader
from store.connection import Store
from store.jobs import Jobs
from tests.contract.jobs import admit, chat, claim, enqueued_ago, expire_lease, look_for_long, make_jobs
from workers.keeper import Reaper


class Queues:
    """The broker, as far as the reaper knows it."""

    def __init__(self) -> None:
        self.full: set[Lane] = set()
        self.sent: list[ChatMessage] = []

    async def is_empty(self, lane: Lane) -> bool:
        return lane not in self.full

    async def enqueue(self, messages: Sequence[ChatMessage]) -> None:
        self.sent += messages


@pytest.fixture
def queues() -> Queues:
    return Queues()


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return make_jobs(store)


@pytest.fixture
async def reaper(jobs: Jobs, store: Store, queues: Queues) -> Reaper:
    """A reaper that need not wait for its first judgement."""
    await look_for_long(jobs, store)
    return Reaper(jobs, "keeper", queues.is_empty, queues.enqueue)


async def test_a_job_whose_worker_died_is_enqueued_again_once(
    jobs: Jobs, store: Store, reaper: Reaper, queues: Queues
) -> None:
    await admit(jobs, "a")
    await claim(jobs, "a")
    await expire_lease(jobs, store, "a")
    await reaper.round()
    await reaper.round()
    assert queues.sent == [ChatMessage("a", Lane.INTERACTIVE, 2)]


async def test_nothing_is_judged_before_a_whole_lease_without_a_break(jobs: Jobs, store: Store, queues: Queues) -> None:
    reaper = Reaper(jobs, "keeper", queues.is_empty, queues.enqueue)
    await admit(jobs, "a")
    await claim(jobs, "a")
    await expire_lease(jobs, store, "a")
    await reaper.round()
    assert queues.sent == []
    # The account of it ends with a break in which the lease of a living worker might have run out.
    lease = jobs.settings.job_lease * 1000
    assert lease / 2 < await store.command("PTTL", jobs.keys.reachable) <= lease * 2 / 3
    now = int((await store.command("TIME"))[0]) * 1000
    await store.command("SET", jobs.keys.reachable, now - lease + 3000, "PX", 4000)
    await reaper.round()
    assert queues.sent == []
    await store.command("SET", jobs.keys.reachable, now - lease - 1000, "PX", 4000)
    await reaper.round()
    assert queues.sent == [ChatMessage("a", Lane.INTERACTIVE, 2)]


async def test_the_renewals_of_workers_show_as_well_that_the_store_is_reachable(
    jobs: Jobs, store: Store, queues: Queues
) -> None:
    await look_for_long(jobs, store)
    await jobs.renew("worker", Lane.INTERACTIVE, [])
    assert await store.command("GET", jobs.keys.reachable) == b"1"
    await store.command("DEL", jobs.keys.reachable)
    await jobs.renew("worker", Lane.INTERACTIVE, [])
    assert int(await store.command("GET", jobs.keys.reachable)) > 1


async def test_a_message_is_lost_when_its_job_waits_and_the_queue_is_empty(
    jobs: Jobs, store: Store, reaper: Reaper, queues: Queues
) -> None:
    await admit(jobs, "a")
    await reaper.round()
    assert queues.sent == [], "it has only just been sent"
    await enqueued_ago(jobs, store, "a", 7)
    queues.full = {Lane.INTERACTIVE}
    await reaper.round()
    assert queues.sent == [], "it may be in the queue"
    queues.full = set()
    await reaper.round()
    await reaper.round()
    assert queues.sent == [ChatMessage("a", Lane.INTERACTIVE, 1)]


async def test_a_message_is_lost_when_its_lane_has_passed_it_over_however_full_the_queue(
    jobs: Jobs, store: Store, reaper: Reaper, queues: Queues
) -> None:
    queues.full = {Lane.INTERACTIVE}
    for name in ("lost", "soon after", "long after"):
        await admit(jobs, name)
    await enqueued_ago(jobs, store, "lost", 20)
    await enqueued_ago(jobs, store, "soon after", 15)
    await claim(jobs, "soon after")
    await reaper.round()
    assert queues.sent == [], "two workers may have taken them in the wrong order"
    await claim(jobs, "long after")
    await reaper.round()
    await reaper.round()
    assert queues.sent == [ChatMessage("lost", Lane.INTERACTIVE, 1)]


async def test_among_many_that_wait_those_are_looked_at_that_have_waited_longest(jobs: Jobs, store: Store) -> None:
    for number, name in enumerate(("lost", "older", "newer")):
        await admit(jobs, name, deadline_in=90 - number)  # whose deadline comes first was enqueued last
        await enqueued_ago(jobs, store, name, 30 - number)
    (first,) = await jobs.overlooked(6, most=1)
    assert first.message == ChatMessage("lost", Lane.INTERACTIVE, 1)
    # One that waits in the other lane is not kept waiting by those of this one.
    await jobs.admit(
        chat("line", lane=Lane.BATCH), ReplyHeader("openai", "auto", "line", 1), client="c", reply_to="replica"
    )
    await enqueued_ago(jobs, store, "line", 7, Lane.BATCH)
    assert [row.message.job_id for row in await jobs.overlooked(6, most=1)] == ["lost", "line"]


async def test_a_job_whose_message_was_sent_again_makes_room_for_the_next_and_is_the_last_in_its_lane(
    jobs: Jobs, store: Store
) -> None:
    for number, name in enumerate(("first", "second", "claimed")):
        await admit(jobs, name)
        await enqueued_ago(jobs, store, name, 30 - number)
    await claim(jobs, "claimed")
    await jobs.resent(["first", "claimed"])
    assert [row.message.job_id for row in await jobs.overlooked(6)] == ["second"]
    places = [tail.place.position for tail in await jobs.tails(["second", "first"]) if tail and tail.place]
    assert places == [1, 2]
    # What does not wait comes back to no list.
    assert await store.command("ZCARD", f"{jobs.keys.waiting}:{Lane.INTERACTIVE}") == 2


async def test_what_has_lost_its_record_keeps_nobody_from_being_looked_at(jobs: Jobs, store: Store) -> None:
    for number, name in enumerate(("gone", "lost")):
        await admit(jobs, name)
        await enqueued_ago(jobs, store, name, 30 - number)
    await store.command("DEL", jobs.keys.record("gone"))
    assert await jobs.overlooked(6, most=1) == []
    assert [row.message.job_id for row in await jobs.overlooked(6, most=1)] == ["lost"]
    assert await store.command("ZRANGE", jobs.keys.waiting, 0, -1) == [b"lost"]
