"""The worker's tap: what it tells of a chat's packets, and that it holds up nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from proto.codec import encode
from proto.keys import Keys
from proto.packets import MAX_DATA, Packet, PacketBatch, PacketKind, Watched, decode_packets, type_of_data
from proto.warp.request_pb2 import Request
from store.connection import Argument, Store, StoreError
from store.subscriber import Subscriber
from tests.servers import Simulator, run_simulator
from workers.errors import UpstreamError
from workers.settings import UpstreamSettings
from workers.tap import MAX_PACKETS, Tap
from workers.upstream import Upstream

CHANNEL = Keys("tapped").packets_channel


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with run_simulator(gap=0) as simulator:
        yield simulator


@pytest.fixture
async def batches(redis_url: str) -> AsyncIterator["asyncio.Queue[PacketBatch]"]:
    """What is published."""
    heard: asyncio.Queue[PacketBatch] = asyncio.Queue()
    subscriber = Subscriber(redis_url, CHANNEL, lambda data: heard.put_nowait(decode_packets(data)), lambda: None)
    task = asyncio.create_task(subscriber.run())
    await asyncio.wait_for(subscriber.connected.wait(), 10)
    yield heard
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def tap(store: Store) -> AsyncIterator[Tap]:
    tap = Tap(store, CHANNEL, "host:1")
    task = asyncio.create_task(tap.run())
    yield tap
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def ask(simulator: Simulator, tap: Tap, prompt: str) -> None:
    """One request, its answer read as the worker reads it."""
    request = Request()
    request.settings.model_config.base = "auto"
    request.input.user_inputs.inputs.add().user_query.query = prompt
    async with httpx.AsyncClient(trust_env=False) as client:
        upstream = Upstream(client, UpstreamSettings(_env_file=None, warp_base_url=simulator.url))
        async with upstream.open(encode(request), "Bearer wk-secret", tap.exchange("job", 2)) as answer:
            async for _ in answer:
                pass


async def test_a_whole_exchange_is_told_in_order(
    simulator: Simulator, tap: Tap, batches: "asyncio.Queue[PacketBatch]"
) -> None:
    tap.watched = Watched.CONTENT
    await ask(simulator, tap, "[[sim:text n=2]]")
    packets = []
    while not packets or packets[-1].type != "FINISHED":
        batch = await asyncio.wait_for(batches.get(), 10)
        assert (batch.worker, batch.dropped) == ("host:1", 0)
        packets += batch.packets
    assert [packet.number for packet in packets] == list(range(len(packets)))
    assert {(packet.job_id, packet.attempt) for packet in packets} == {("job", 2)}
    assert [packet.kind for packet in packets] == [PacketKind.REQUEST] + [PacketKind.EVENT] * (len(packets) - 1)
    assert [packet.type for packet in packets][:2] == ["Request", "INITIALIZATION"]
    assert "CLIENT_ACTIONS(APPEND_CONTENT)" in {packet.type for packet in packets}
    assert b"[[sim:text n=2]]" in packets[0].data
    assert all(type_of_data(packet.data) == packet.type for packet in packets[1:])
    assert all(packet.size > 0 for packet in packets)
    assert b"wk-secret" not in b"".join(packet.data for packet in packets)


async def test_only_shapes_are_told_when_no_more_is_watched_and_nothing_when_nobody_does(
    simulator: Simulator, tap: Tap, batches: "asyncio.Queue[PacketBatch]"
) -> None:
    await ask(simulator, tap, "[[sim:text n=1]]")
    tap.watched = Watched.SHAPES
    await ask(simulator, tap, "[[sim:text n=1]]")
    batch = await asyncio.wait_for(batches.get(), 10)
    assert batch.packets[0].kind is PacketKind.REQUEST
    assert [packet.data for packet in batch.packets] == [b""] * len(batch.packets)


@pytest.mark.parametrize(
    ("script", "kind", "word"),
    [("status 429", PacketKind.REFUSAL, "HTTP 429"), ("malformed", PacketKind.EVENT, "MALFORMED")],
)
async def test_what_is_no_answer_is_told_as_well(
    simulator: Simulator, tap: Tap, batches: "asyncio.Queue[PacketBatch]", script: str, kind: PacketKind, word: str
) -> None:
    tap.watched = Watched.CONTENT
    with pytest.raises(UpstreamError):
        await ask(simulator, tap, f"[[sim:{script}]]")
    told: list[Packet] = []
    while not told:  # they may come in several batches
        told = [packet for packet in (await asyncio.wait_for(batches.get(), 10)).packets if packet.type == word]
    assert told[0].kind is kind
    assert told[0].data


async def test_what_finds_no_room_is_counted_and_large_data_is_not_told(
    store: Store, batches: "asyncio.Queue[PacketBatch]"
) -> None:
    tap = Tap(store, CHANNEL, "host:1")
    tap.watched = Watched.CONTENT
    exchange = tap.exchange("job", 1)
    exchange.asked(b"x" * (MAX_DATA + 1))
    for _ in range(MAX_PACKETS + 6):
        exchange.refused(500, b"")
    task = asyncio.create_task(tap.run())
    packets, dropped = [], 0
    while len(packets) < MAX_PACKETS:
        batch = await asyncio.wait_for(batches.get(), 10)
        packets += batch.packets
        dropped += batch.dropped
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (packets[0].size, packets[0].data) == (MAX_DATA + 1, b"")
    assert dropped == 7


class AwayAtFirst(Store):
    """A store that cannot be reached once."""

    away = True

    async def command(self, *command: Argument) -> Any:
        if self.away:
            self.away = False
            raise StoreError
        return await super().command(*command)


async def test_a_store_that_is_away_costs_packets_and_nothing_else(
    redis_url: str, batches: "asyncio.Queue[PacketBatch]"
) -> None:
    store = AwayAtFirst(redis_url)
    tap = Tap(store, CHANNEL, "host:1")
    tap.watched = Watched.SHAPES
    exchange = tap.exchange("job", 1)
    task = asyncio.create_task(tap.run())
    told = None
    async with asyncio.timeout(10):
        while told is None:
            exchange.refused(500, b"")
            with suppress(TimeoutError):
                told = await asyncio.wait_for(batches.get(), 0.2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await store.aclose()
    assert told.dropped > 0
    assert told.packets[0].number == told.dropped
