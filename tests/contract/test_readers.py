"""Who reads a job, on a real Valkey: several readers here and on other replicas, and what their leaving does."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from api.reader import Reader
from api.relay import Relay
from proto.clients import Leaving
from proto.errors import ErrorCode, GatewayError
from proto.events import Event, Failed, Finished, FinishReason, Text, encode_events
from proto.jobs import Lane, Status
from store.connection import Store
from store.jobs import Ack, Jobs, Place, Tail
from store.readers import Readers
from tests.contract.jobs import admit, claim, expire_lease, make_jobs

DONE = Finished(FinishReason.STOP)


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return make_jobs(store)


@pytest.fixture
def readers(store: Store, jobs: Jobs) -> Readers:
    return Readers(store, jobs.keys)


@pytest.fixture
async def relays(redis_url: str, jobs: Jobs, readers: Readers) -> AsyncIterator[list[Relay]]:
    """Two front doors' relays."""
    relays = [Relay(redis_url, jobs, readers, replica=name, keepalive=0.1) for name in "ab"]
    tasks = [asyncio.create_task(relay.run()) for relay in relays]
    for relay in relays:
        await relay.connected.wait()
    yield relays
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def append(jobs: Jobs, store: Store, job_id: str, attempt: int, seq: int, event: Event) -> Ack:
    terminal = event if isinstance(event, Finished | Failed) else None
    call = jobs.append_call(
        job_id, attempt, seq, encode_events([event]), visible=isinstance(event, Text), terminal=terminal
    )
    return jobs.ack((await store.gather([call]))[0])


async def attached(relay: Relay, job_id: str, mode: str = "stream") -> Reader:
    reader = await relay.attach(job_id, mode)  # type: ignore[arg-type]
    assert reader is not None
    return reader


async def heard(reader: Reader, count: int) -> list[Event]:
    events: list[Event] = []
    while len(events) < count:
        events += [event for taken in await reader.next() for event in taken.events]
    return events


async def beating(readers: Readers, *channels: str) -> None:
    for channel in channels:
        await readers.beat(channel)


async def test_readers_here_and_elsewhere_hear_what_was_and_what_comes(
    relays: list[Relay], jobs: Jobs, store: Store
) -> None:
    here, there = relays
    first = here.open("a")
    await admit(jobs, "a", reply_to=here.channel)
    await claim(jobs, "a")
    await append(jobs, store, "a", 1, 1, Text("was"))
    second, third = await attached(here, "a"), await attached(there, "a")
    await append(jobs, store, "a", 1, 2, Text("comes"))
    await append(jobs, store, "a", 1, 3, DONE)
    for reader in (first, second, third):
        assert await heard(reader, 3) == [Text("was"), Text("comes"), DONE]
    late = await attached(there, "a")
    assert await heard(late, 3) == [Text("was"), Text("comes"), DONE]


async def test_a_job_that_is_not_there_cannot_be_read(relays: list[Relay], readers: Readers) -> None:
    assert await relays[0].attach("a", "stream") is None
    assert await readers.look("a") is None
    assert await readers.leave("a", "r") is None
    assert not relays[0].is_read("a")


@pytest.fixture
def no_second_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a reader gets it gets because it heard of it, not because silence made it look."""
    monkeypatch.setattr("api.relay.SILENCE", 3600.0)


@pytest.mark.usefixtures("no_second_look")
async def test_a_stream_of_a_whole_answer_hears_it_live_and_pins_what_it_showed(
    relays: list[Relay], jobs: Jobs, store: Store
) -> None:
    await admit(jobs, "a", stream=False, reply_to="nobody")
    await claim(jobs, "a")
    reader = await attached(relays[0], "a")
    await append(jobs, store, "a", 1, 1, Text("live"))
    async with asyncio.timeout(30):
        assert await heard(reader, 1) == [Text("live")]
    await expire_lease(jobs, store, "a")
    assert await jobs.reap("a") is Status.FAILED


@pytest.mark.usefixtures("no_second_look")
async def test_looking_at_the_events_of_a_whole_answer_changes_nothing(
    relays: list[Relay], jobs: Jobs, store: Store
) -> None:
    await admit(jobs, "a", stream=False, reply_to="nobody")
    await claim(jobs, "a")
    reader = await attached(relays[0], "a", "events")
    await append(jobs, store, "a", 1, 1, Text("live"))
    async with asyncio.timeout(30):
        assert await heard(reader, 1) == [Text("live")]
    await expire_lease(jobs, store, "a")
    assert not isinstance(await jobs.reap("a"), Status)


async def test_a_stream_begins_after_the_attempts_that_nobody_saw(
    relays: list[Relay], jobs: Jobs, store: Store
) -> None:
    await admit(jobs, "a", stream=False, reply_to="nobody")
    await claim(jobs, "a")
    await append(jobs, store, "a", 1, 1, Text("unseen"))
    await expire_lease(jobs, store, "a")
    await jobs.reap("a")
    between = await attached(relays[0], "a")
    await claim(jobs, "a")
    await append(jobs, store, "a", 2, 2, Text("seen"))
    await append(jobs, store, "a", 2, 3, DONE)
    after, whole = await attached(relays[1], "a"), await attached(relays[1], "a", "whole")
    assert await heard(between, 2) == await heard(after, 2) == [Text("seen"), DONE]
    assert await heard(whole, 3) == [Text("unseen"), Text("seen"), DONE]


async def test_only_the_last_reader_takes_the_job_with_it(readers: Readers, jobs: Jobs) -> None:
    await beating(readers, "r1", "r2")
    await admit(jobs, "a", reply_to="r1")
    await readers.watch("a", "r2", "stream")
    assert await readers.leave("a", "r1") is Status.QUEUED
    assert await readers.leave("a", "r2") is Status.CANCELLED


async def test_the_last_reader_of_a_running_job_tells_its_worker(readers: Readers, jobs: Jobs) -> None:
    await admit(jobs, "a", reply_to="r1")
    await claim(jobs, "a")
    assert await readers.leave("a", "r1") is Status.RUNNING
    assert (await jobs.renew("worker", Lane.INTERACTIVE, [("a", 1)])).acks == [Ack.CANCELLED]


async def test_a_replica_that_died_reads_nothing_and_leaves_the_list(
    readers: Readers, jobs: Jobs, store: Store
) -> None:
    await beating(readers, "alive")
    await admit(jobs, "a", reply_to="dead")
    await store.command("ZADD", jobs.keys.replicas, 1, "dead")
    await readers.watch("a", "alive", "stream")
    assert await store.command("HGET", jobs.keys.record("a"), "reply_to") == b"alive"
    assert await readers.leave("a", "alive") is Status.CANCELLED


async def test_a_replica_that_stopped_reads_nothing(readers: Readers, jobs: Jobs) -> None:
    await beating(readers, "r1", "r2")
    await admit(jobs, "a", reply_to="r1")
    await readers.watch("a", "r2", "stream")
    await readers.retire("r2")
    assert await readers.leave("a", "r1") is Status.CANCELLED


async def test_a_job_that_is_to_run_on_does_so_without_readers(readers: Readers, jobs: Jobs, store: Store) -> None:
    await admit(jobs, "a", reply_to="r1", leaving=Leaving.DRAIN)
    await claim(jobs, "a")
    assert await readers.leave("a", "r1") is Status.RUNNING
    assert await append(jobs, store, "a", 1, 1, Text("on")) is Ack.DONE
    record = await readers.look("a")
    assert record is not None
    assert record.leaving is Leaving.DRAIN


async def test_a_delivered_answer_never_lives_longer_for_it(jobs: Jobs, store: Store) -> None:
    await admit(jobs, "a")
    await store.command("PEXPIRE", jobs.keys.record("a"), 1000)
    jobs.delivered("a")
    assert await store.command("PTTL", jobs.keys.record("a")) <= 1000


async def test_a_log_that_is_no_longer_complete_is_told_as_gone(relays: list[Relay], jobs: Jobs, store: Store) -> None:
    await admit(jobs, "a")
    await claim(jobs, "a")
    await append(jobs, store, "a", 1, 1, Text("one"))
    await append(jobs, store, "a", 1, 2, DONE)
    await store.command("XDEL", jobs.keys.log("a"), "1-0")
    for _ in range(2):
        reader = await attached(relays[0], "a")
        with pytest.raises(GatewayError) as caught:
            await reader.next()
        assert caught.value.code is ErrorCode.JOB_GONE
        await store.command("DEL", jobs.keys.log("a"))


async def test_a_store_that_lost_what_was_told_is_noticed(relays: list[Relay], jobs: Jobs) -> None:
    reader = relays[0].open("a")
    relays[0]._on_message(b"a:1:" + encode_events([Text("told")]))
    assert await heard(reader, 1) == [Text("told")]
    relays[0].look_after(reader, Tail(0, Status.FAILED, alive=False), 0)
    with pytest.raises(GatewayError, match="lost a part"):
        await reader.next()


async def place(jobs: Jobs, job_id: str) -> Place | None:
    tail = (await jobs.tails([job_id]))[0]
    assert tail is not None
    return tail.place


async def test_a_queued_job_knows_its_place_in_its_lane(jobs: Jobs, store: Store) -> None:
    for job_id in "abc":
        await admit(jobs, job_id)
    assert [await place(jobs, job_id) for job_id in "abc"] == [Place(1, None), Place(2, None), Place(3, None)]
    await jobs.cancel("a")
    await claim(jobs, "b")
    assert [await place(jobs, job_id) for job_id in "abc"] == [None, None, Place(1, None)]
    await claim(jobs, "c")
    assert await store.command("EXISTS", jobs.keys.waiting, f"{jobs.keys.waiting}:interactive") == 0


async def test_a_job_that_is_run_again_takes_its_place_at_the_end(jobs: Jobs, store: Store) -> None:
    for job_id in "ab":
        await admit(jobs, job_id)
    await claim(jobs, "a")
    await expire_lease(jobs, store, "a")
    await store.command("ZADD", f"{jobs.keys.waiting}:interactive", 1, "b")
    await jobs.reap("a")
    assert await place(jobs, "a") == Place(2, None)


async def test_the_wait_is_estimated_from_how_the_lane_moved_while_somebody_waited(jobs: Jobs, store: Store) -> None:
    pace = f"{jobs.keys.waiting}:interactive:pace"
    for job_id in "abcd":
        await admit(jobs, job_id)
    await claim(jobs, "a")
    assert await store.command("HGET", pace, "every") is None
    await store.command("HINCRBY", pace, "last", -60_000)
    await claim(jobs, "b")
    assert 60_000 <= float(await store.command("HGET", pace, "every")) < 90_000

    # Without a worker there is nothing to estimate.
    assert await place(jobs, "d") == Place(2, None)
    await jobs.renew("worker", Lane.INTERACTIVE, [])
    first, second = await place(jobs, "c"), await place(jobs, "d")
    assert first is not None
    assert second is not None
    assert first.wait is not None
    assert 60 <= first.wait < 90
    assert second.wait == pytest.approx(2 * first.wait, abs=0.01)
    # A lane that stands still takes at least as long as it has stood.
    await store.command("HINCRBY", pace, "last", -600_000)
    still = await place(jobs, "c")
    assert still is not None
    assert still.wait is not None
    assert still.wait >= 600

    # What was claimed from an empty lane tells nothing about its pace.
    for job_id in "cd":
        await claim(jobs, job_id)
    assert await store.command("HGET", pace, "last") is None
    assert await store.command("PTTL", pace) > 0


def test_after_an_outage_no_replica_counts_as_gone_until_each_can_have_been_heard_of(
    jobs: Jobs, readers: Readers
) -> None:
    relay = Relay("redis://unused", jobs, readers, replica="r", keepalive=1)
    assert not relay.is_settled(100)
    relay.note_beat(100)
    assert relay.is_settled(100)
    relay.note_beat(102)
    assert relay.is_settled(106.9)
    assert not relay.is_settled(107)  # the store is away
    relay.note_beat(112)
    assert not relay.is_settled(112)
    relay.note_beat(114)
    assert not relay.is_settled(115.9)
    assert relay.is_settled(116)
