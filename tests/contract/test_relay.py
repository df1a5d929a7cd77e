"""The two ends of the relay on a real Valkey: the worker's writer and the front door's readers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from api.reader import ClientGoneError, Reader
from api.relay import Relay
from proto.errors import ErrorCode, GatewayError
from proto.events import Event, Failed, Finished, FinishReason, Reasoning, Text, ToolCall, decode_events, encode_events
from proto.jobs import Status
from store.connection import Store
from store.jobs import Ack, Entry, Jobs, Tail
from store.readers import Readers
from tests.contract.jobs import admit, claim, expire_lease, make_jobs
from workers.relay import MAX_BUFFERED, JobLog, RelayWriter, merge

DONE = Finished(FinishReason.STOP)


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return make_jobs(store)


@asynccontextmanager
async def running(work: object) -> AsyncIterator[None]:
    task = asyncio.create_task(work)  # type: ignore[arg-type]
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def writer(store: Store, jobs: Jobs) -> AsyncIterator[RelayWriter]:
    writer = RelayWriter(store, jobs)
    async with running(writer.run()):
        yield writer


@pytest.fixture
async def relay(redis_url: str, store: Store, jobs: Jobs) -> AsyncIterator[Relay]:
    relay = Relay(redis_url, jobs, Readers(store, jobs.keys), replica="r", keepalive=0.1)
    async with running(relay.run()):
        await relay.connected.wait()
        yield relay


async def open_log(writer: RelayWriter, jobs: Jobs, job_id: str, refused: list[Ack] | None = None) -> JobLog:
    claimed = await claim(jobs, job_id)
    sink = refused.append if refused is not None else lambda ack: None
    return writer.open(job_id, claimed.attempt, claimed.seq, sink)


async def logged(jobs: Jobs, job_id: str) -> list[Event]:
    return [event for entry in await jobs.read(job_id) for event in decode_events(entry.data)]


async def heard(reader: Reader) -> list[Event]:
    return [event for taken in await reader.next() for event in taken.events]


async def read_all(reader: Reader) -> list[Event]:
    events: list[Event] = []
    while not (events and isinstance(events[-1], Finished | Failed)):
        events += await heard(reader)
    return events


def test_only_neighbours_of_one_message_are_merged() -> None:
    call = ToolCall("1", "f", "{}")
    events = [
        Text("a"),
        Text("b"),
        Text("c", 1),
        Reasoning("d", 1),
        Reasoning("e", 1),
        call,
        Text("f"),
        Text("g"),
        DONE,
    ]
    assert merge(events) == [Text("ab"), Text("c", 1), Reasoning("de", 1), call, Text("fg"), DONE]


async def test_what_waits_for_a_flush_becomes_one_entry(writer: RelayWriter, jobs: Jobs) -> None:
    await admit(jobs, "a")
    log = await open_log(writer, jobs, "a")
    for piece in "hello":
        log.append([Text(piece)])
    assert await log.end(DONE)
    assert [decode_events(entry.data) for entry in await jobs.read("a")] == [[Text("hello"), DONE]]


async def test_a_reader_gets_every_event_live(writer: RelayWriter, relay: Relay, jobs: Jobs) -> None:
    reader = relay.open("a")
    await admit(jobs, "a", reply_to=relay.channel)
    log = await open_log(writer, jobs, "a")
    log.append([Text("one")])
    assert await heard(reader) == [Text("one")]
    log.append([Text("two")])
    assert await heard(reader) == [Text("two")]
    await log.end(DONE)
    assert await heard(reader) == [DONE]


async def test_a_whole_answer_is_read_from_the_log_at_its_end(writer: RelayWriter, relay: Relay, jobs: Jobs) -> None:
    reader = relay.open("a")
    await admit(jobs, "a", stream=False, reply_to=relay.channel)
    log = await open_log(writer, jobs, "a")
    for piece in ("one ", "two"):
        log.append([Text(piece)])
        while log.unsent:
            await asyncio.sleep(0)
    await log.end(DONE)
    assert await read_all(reader) == [Text("one "), Text("two"), DONE]


async def test_two_hundred_jobs_at_once_stay_apart_and_in_order(writer: RelayWriter, relay: Relay, jobs: Jobs) -> None:
    async def one(number: int) -> None:
        job_id = f"job{number}"
        reader = relay.open(job_id)
        await admit(jobs, job_id, reply_to=relay.channel)
        log = await open_log(writer, jobs, job_id)
        for piece in range(20):
            log.append([Text(f"{number}.{piece} ")])
            await asyncio.sleep(0)
        await log.end(DONE)
        text = "".join(event.text for event in await read_all(reader) if isinstance(event, Text))
        assert text == "".join(f"{number}.{piece} " for piece in range(20))

    await asyncio.gather(*[one(number) for number in range(200)])


async def test_a_lost_message_is_found_in_the_log(writer: RelayWriter, relay: Relay, jobs: Jobs, store: Store) -> None:
    reader = relay.open("a")
    # Published where nobody listens: the reader hears of nothing until its silence makes it look.
    await admit(jobs, "a", reply_to="nobody")
    log = await open_log(writer, jobs, "a")
    log.append([Text("unheard")])
    await log.end(DONE)
    assert await read_all(reader) == [Text("unheard"), DONE]


async def test_a_gap_is_filled_from_the_log(writer: RelayWriter, relay: Relay, jobs: Jobs, store: Store) -> None:
    reader = relay.open("a")
    await admit(jobs, "a", reply_to="nobody")
    log = await open_log(writer, jobs, "a")
    log.append([Text("lost")])
    while log.unsent:
        await asyncio.sleep(0)
    await store.command("HSET", jobs.keys.record("a"), "reply_to", relay.channel)
    log.append([Text("heard")])
    assert await heard(reader) == [Text("lost"), Text("heard")]


async def test_a_new_subscription_reads_what_was_missed(
    writer: RelayWriter, relay: Relay, jobs: Jobs, store: Store
) -> None:
    reader = relay.open("a")
    await admit(jobs, "a", reply_to=relay.channel)
    log = await open_log(writer, jobs, "a")
    log.append([Text("one")])
    assert await heard(reader) == [Text("one")]
    await store.command("CLIENT", "KILL", "TYPE", "pubsub")
    log.append([Text("two")])
    await log.end(DONE)
    assert await read_all(reader) == [Text("two"), DONE]


async def test_a_reader_whose_job_has_vanished_is_told(relay: Relay, jobs: Jobs, store: Store) -> None:
    reader = relay.open("a")
    await admit(jobs, "a", reply_to=relay.channel)
    await store.command("DEL", jobs.keys.record("a"))
    with pytest.raises(Exception, match="record is gone") as caught:
        await reader.next()
    assert getattr(caught.value, "code", None) is ErrorCode.INTERRUPTED


async def test_keepalives_come_only_while_somebody_works_on_the_job(relay: Relay, jobs: Jobs) -> None:
    reader = relay.open("a")
    await admit(jobs, "a", reply_to=relay.channel)
    await claim(jobs, "a")
    assert await heard(reader) == []

    kept_alive_at, later = reader.kept_alive_at, reader.kept_alive_at + 60
    relay.look_after(reader, Tail(0, Status.RUNNING, alive=False), later)
    assert reader.kept_alive_at == kept_alive_at
    relay.look_after(reader, Tail(0, Status.RUNNING, alive=True), later)
    assert reader.kept_alive_at == later


async def test_an_end_under_a_number_that_was_told_before_is_noticed(relay: Relay) -> None:
    reader = relay.open("a")
    reader.take(Entry(1, encode_events([Text("told, and then lost by the store")])), 0)
    await reader.next()

    relay.look_after(reader, Tail(1, Status.RUNNING, alive=True), 1)
    assert reader._failure is None
    relay.look_after(reader, Tail(1, Status.FAILED, alive=False), 2)
    with pytest.raises(GatewayError) as caught:
        await reader.next()
    assert caught.value.code is ErrorCode.INTERRUPTED


async def test_a_reader_that_was_left_says_so(relay: Relay) -> None:
    reader = relay.open("a")
    reader.fail(ClientGoneError())
    with pytest.raises(ClientGoneError):
        await reader.next()


async def test_the_writer_hears_of_a_cancel_once(writer: RelayWriter, jobs: Jobs) -> None:
    await admit(jobs, "a")
    refused: list[Ack] = []
    log = await open_log(writer, jobs, "a", refused)
    await jobs.cancel("a")
    log.append([Text("one")])
    while not refused:
        await asyncio.sleep(0)
    assert await log.end(Failed(ErrorCode.CANCELLED, "cancelled"))
    assert refused == [Ack.CANCELLED]


async def test_a_superseded_writer_cannot_end_the_job(writer: RelayWriter, jobs: Jobs, store: Store) -> None:
    await admit(jobs, "a")
    refused: list[Ack] = []
    log = await open_log(writer, jobs, "a", refused)
    await expire_lease(jobs, store, "a")
    await jobs.reap("a")
    await claim(jobs, "a", "other")
    log.append([Text("old")])
    assert not await log.end(DONE)
    assert refused == [Ack.LOST]
    assert await logged(jobs, "a") == []


async def test_a_store_that_is_away_holds_up_the_reading_of_upstream(store: Store, jobs: Jobs) -> None:
    await admit(jobs, "a")
    writer = RelayWriter(store, jobs)  # not running: nothing is flushed
    log = await open_log(writer, jobs, "a")
    log.append([Text("x" * (MAX_BUFFERED + 1))])
    waiting = asyncio.create_task(log.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    async with running(writer.run()):
        await waiting


async def test_an_append_whose_reply_was_lost_is_sent_again_and_counts_once(
    redis_url: str, jobs: Jobs, store: Store
) -> None:
    await admit(jobs, "a")
    own = Store(redis_url)
    writer = RelayWriter(own, jobs)
    async with running(writer.run()):
        log = await open_log(writer, jobs, "a")
        for number in range(20):
            log.append([Text(f"{number} ")])
            # Cuts the writer's connection, whatever it is waiting for.
            await store.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await log.end(DONE)
    await own.aclose()
    text = "".join(event.text for event in await logged(jobs, "a") if isinstance(event, Text))
    assert text == "".join(f"{number} " for number in range(20))
