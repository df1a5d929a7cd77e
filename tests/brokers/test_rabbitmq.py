"""The queue in RabbitMQ, all else in Redis: chats, a worker that dies, a broker that dies under load, a deploy."""

import asyncio
from pathlib import Path

import httpx
import pytest
import redis
from kombu import Connection
from kombu.exceptions import ChannelError

from cli.simulator.texts import is_intact
from proto.jobs import CONTROL_QUEUE, Lane
from store.broker import BrokerError, create_celery, waiting_messages
from store.settings import StoreSettings
from tests.brokers.operators import doctor_finds, flower_knows_the_workers
from tests.brokers.rabbitmq import RabbitMQ
from tests.e2e.asking import DIALECTS, ask
from tests.faults.run import judged
from tests.faults.schedule import WORKERS
from tests.faults.world import Part, World, run_world

pytestmark = [pytest.mark.brokers, pytest.mark.timeout(420)]

SECONDS = 8.0
CLIENTS = 10
QUEUES = (Lane.INTERACTIVE.value, CONTROL_QUEUE)


async def test_chats_through_quorum_queues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with RabbitMQ(tmp_path) as rabbitmq:
        async with run_world(BROKER_URL=rabbitmq.url, JOB_LEASE="1.5") as world:
            await it_answers(world)
            the_queues_are_quorum_queues(rabbitmq)
            its_certificate_is_checked(rabbitmq, monkeypatch)
            await flower_knows_the_workers(world, lengths=False)  # the management plugin, which it would ask, is off
            await doctor_finds(world, f"amqp://127.0.0.1:{rabbitmq.port}")
            await a_killed_workers_job_runs_again(world)
            await stopped_workers_hand_back(world)
            await nothing_is_lost_when_the_broker_dies(world, rabbitmq)
            await it_answers(world)
            assert store_holds_no_queue(world)
            said = "".join(role.output.read_text() for role in world.gateway.roles)
    assert "planted" not in said
    assert "consumer.stalled" not in said
    assert "Unrecoverable" not in said
    assert "Control command error" not in said


async def it_answers(world: World) -> None:
    for dialect in DIALECTS:
        async with getattr(world.gateway, dialect)() as client:
            for stream in (True, False):
                assert is_intact((await ask(client, "[[sim:checksum n=5 gap=0]]", stream=stream)).text)


def the_queues_are_quorum_queues(rabbitmq: RabbitMQ) -> None:
    """Declaring one that is there as another kind is refused; and Celery has declared none for delays."""
    with Connection(rabbitmq.url) as connection:
        for queue in QUEUES:
            with pytest.raises(ChannelError, match="x-queue-type"):
                connection.channel().queue_declare(queue, durable=True, auto_delete=False)
        with pytest.raises(ChannelError, match="NOT_FOUND"):
            connection.channel().queue_declare("celery_delayed_0", passive=True)


def its_certificate_is_checked(rabbitmq: RabbitMQ, monkeypatch: pytest.MonkeyPatch) -> None:
    def waiting(url: str) -> int:
        return waiting_messages(create_celery(StoreSettings(_env_file=None, broker_url=url)), CONTROL_QUEUE)

    with pytest.raises(BrokerError, match="queue is not available") as caught:
        waiting(rabbitmq.tls_url)
    assert "CERTIFICATE_VERIFY_FAILED" in str(caught.value.__cause__)
    monkeypatch.setenv("SSL_CERT_FILE", str(rabbitmq.authority))
    waiting(rabbitmq.tls_url)
    monkeypatch.delenv("SSL_CERT_FILE")


async def a_killed_workers_job_runs_again(world: World) -> None:
    world.simulator.tokens({"wk-e2e": ["[[sim:silent]]", "[[sim:checksum n=5 gap=0]]"]})
    async with world.gateway.openai() as client:
        asking = asyncio.create_task(ask(client, "hello", stream=True))
        await world.until(lambda: world.simulator.state()["open_streams"] == 1, "the silent stream")
        for part in workers(world):  # one of them has the job
            part.role.kill()
            part.role = part.start()
        assert is_intact((await asking).text)
    await world.until_whole()


async def stopped_workers_hand_back(world: World) -> None:
    world.simulator.tokens({"wk-e2e": ["[[sim:silent]]", "[[sim:checksum n=5 gap=0]]"]})
    async with world.gateway.openai() as client:
        asking = asyncio.create_task(ask(client, "hello", stream=True))
        await world.until(lambda: world.simulator.state()["open_streams"] == 1, "the silent stream")
        for part in workers(world):
            part.role.tell_to_stop()
        for part in workers(world):
            assert await asyncio.to_thread(part.role.stopped) == 0
            part.role = part.start()
        assert is_intact((await asking).text)
    world.simulator.reset()
    await world.until_whole()


def workers(world: World) -> list[Part]:
    return [world.parts[name] for name in WORKERS]


def store_holds_no_queue(world: World) -> bool:
    with redis.Redis.from_url(world.gateway.redis_url) as client:
        return client.exists(*QUEUES) == 0


async def nothing_is_lost_when_the_broker_dies(world: World, rabbitmq: RabbitMQ) -> None:
    refused: list[int] = []

    async def strike() -> None:
        await asyncio.sleep(SECONDS / 4)
        rabbitmq.kill()
        async with httpx.AsyncClient() as client:
            body = {"model": "auto", "messages": [{"role": "user", "content": "hello"}]}
            answer = await client.post(f"{world.doors[0]}/v1/chat/completions", json=body, timeout=30)
            refused.append(answer.status_code)
            assert answer.headers["retry-after"]
        await asyncio.to_thread(rabbitmq.start)

    figures = await judged(world, 1, SECONDS, CLIENTS, strike())
    # Those that got a 503 while the broker was away: each has a record that says so.
    figures.wrong = [wrong for wrong in figures.wrong if "failed as unavailable" not in wrong]
    assert figures.problems(recovery=60) == []
    assert refused == [503]
