"""What is known to go wrong with Celery, kombu and a deploy, each brought about on purpose."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from proto.jobs import Lane
from store.broker import create_celery
from store.settings import StoreSettings
from tests.e2e.gateway import Role, run_gateway
from tests.faults.clients import Ask, Client, Manner
from tests.faults.schedule import Fault, Strike
from tests.faults.verdict import judge_logs, settled
from tests.faults.world import World, run_world
from tests.servers import run_simulator

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[World]:
    """One world for all: each test leaves it whole."""
    async with run_world(DRAIN_TIMEOUT="15", JOB_LEASE="3") as world:
        yield world


class Load:
    """Clients that ask short questions without a pause until they are told to stop."""

    def __init__(self, world: World, manners: tuple[Manner, ...], deltas: int, gap: float) -> None:
        self.asks: list[Ask] = []
        self._world = world
        self._shape = (deltas, gap)
        self._stopping = asyncio.Event()
        self._clients = [asyncio.create_task(self._run(n, manners[n % len(manners)])) for n in range(8)]

    async def _run(self, number: int, manner: Manner) -> None:
        async with httpx.AsyncClient(timeout=40, trust_env=False) as http:
            while not self._stopping.is_set():
                ask = Ask(number * 1_000_000 + len(self.asks), manner, *self._shape)
                self.asks.append(await Client(http, self._world.doors, ask).run())

    async def ended(self) -> list[Ask]:
        """Let each client hear its last answer to its end."""
        self._stopping.set()
        await asyncio.gather(*self._clients)
        return self.asks


async def check_rest(world: World) -> None:
    """Nothing is left over, and every log is whole."""
    left = await settled(world)
    assert not any(left.values()), left
    _, wrong = await judge_logs(world)
    assert not wrong


@pytest.mark.asyncio(loop_scope="module")
async def test_a_rolling_restart_of_everything_fails_no_request(world: World) -> None:
    """Streams shorter than DRAIN_TIMEOUT; clients go to the other front door when one refuses the connection."""
    load = Load(world, (Manner.PLAIN, Manner.WHOLE), deltas=20, gap=0.1)
    for name, part in world.parts.items():
        await part.suffer(Fault.RESTART, 0)
        await world.until_whole()
        assert part.stopped == [0], name
    asks = await load.ended()
    assert [ask for ask in asks if ask.end != "complete" or ask.wrong] == []
    assert len({job_id for ask in asks for job_id in ask.job_ids}) == len(asks), "a chat was asked twice"
    await check_rest(world)


@pytest.mark.asyncio(loop_scope="module")
async def test_workers_consume_again_after_every_restart_of_valkey(world: World) -> None:
    load = Load(world, (Manner.WHOLE,), deltas=3, gap=0.05)
    for pause in (0.1, 1.5, 0.0):
        await world.strike(Strike(0, Fault.KILL, "valkey", pause))
        before = len(load.asks)
        await world.until(lambda before=before: len(load.asks) >= before + 16, "answers after Valkey's restart")
    asks = await load.ended()
    assert [ask for ask in asks if ask.end != "complete" or ask.wrong] == []
    await check_rest(world)
    # Each worker takes its share again, not only the one that reconnected by luck.
    for survivor, other in (("worker-0", "worker-1"), ("worker-1", "worker-0")):
        world.parts[other].role.kill()
        load = Load(world, (Manner.WHOLE,), deltas=1, gap=0)
        await world.until(lambda load=load: len(load.asks) >= 16, f"answers by {survivor}")
        await load.ended()
        world.parts[other].role = world.parts[other].start()
        await world.until_whole()


async def stop_consuming(world: World, role: Role, queue: str) -> None:
    """Make of a process what a lost consumer is: alive, connected, and taking nothing. Celery can be told to."""
    app = create_celery(StoreSettings(_env_file=None, redis_url=world.gateway.redis_url))
    node = [f"{queue}-{role.process.pid}@{socket.gethostname()}"]
    await world.until(  # it hears nothing before it consumes
        lambda: bool(app.control.cancel_consumer(queue, destination=node, reply=True, timeout=2)), f"{node} to hear"
    )
    app.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_a_worker_that_consumes_nothing_while_jobs_wait_is_replaced(world: World) -> None:
    world.parts["worker-1"].role.kill()
    stalled = world.parts["worker-0"].role
    await stop_consuming(world, stalled, Lane.INTERACTIVE.value)
    load = Load(world, (Manner.WHOLE,), deltas=1, gap=0)
    assert await asyncio.to_thread(stalled.process.wait, 60) == 70
    for name in ("worker-0", "worker-1"):
        world.parts[name].role = world.parts[name].start()
    asks = await load.ended()
    assert [ask for ask in asks if ask.end != "complete" or ask.wrong] == []
    await world.until_whole()
    await check_rest(world)


async def test_a_full_worker_leaves_messages_to_others_and_none_comes_twice() -> None:
    """Prefetch and visibility timeout: what a worker cannot run stays in the queue, what it runs is nowhere else."""
    with run_simulator(gap=0) as simulator, run_gateway(simulator.url, WORKER_CONCURRENCY="2") as gateway:
        async with gateway.openai() as client, gateway.jobs() as jobs:
            messages = [{"role": "user", "content": "[[sim:silent]]"}]
            asking = [
                asyncio.create_task(client.chat.completions.create(model="auto", messages=messages)) for _ in range(3)
            ]
            await asyncio.to_thread(simulator.wait_for, lambda state: state["open_streams"] == 2)
            until = time.monotonic() + 20
            while (waiting := await jobs._store.command("LLEN", Lane.INTERACTIVE.value)) != 1:
                assert time.monotonic() < until, waiting
                await asyncio.sleep(0.05)
            assert await jobs._store.command("KEYS", "unacked*") == [], "kombu would hand these out again some day"
            gateway.start_worker()
            await asyncio.to_thread(simulator.wait_for, lambda state: state["open_streams"] == 3)
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
            await asyncio.to_thread(simulator.wait_for, lambda state: state["open_streams"] == 0)
            assert simulator.state()["requests"] == 3
