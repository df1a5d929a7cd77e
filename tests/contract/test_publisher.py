"""Publishing off the event loop, to a real broker and to none."""

import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest

from api.publisher import Publisher
from bench.processes import free_port
from proto.errors import ErrorCode, GatewayError
from proto.jobs import ChatMessage, Lane
from store.broker import create_celery
from store.connection import Store
from store.settings import StoreSettings


def settings(url: str, **changes: str) -> StoreSettings:
    return StoreSettings(_env_file=None, redis_url=url, **changes)


@pytest.fixture
async def publisher(redis_url: str, store: Store) -> AsyncIterator[Publisher]:
    publisher = Publisher(create_celery(settings(redis_url)))
    publisher.start()
    yield publisher
    await asyncio.to_thread(publisher.stop)


async def queued(store: Store, lane: Lane) -> list[str]:
    """The ids of the tasks that wait in a lane's queue, first in first."""
    rows = await store.command("LRANGE", lane, 0, -1)
    return [orjson.loads(row)["headers"]["id"] for row in reversed(rows)]


async def test_messages_carry_job_and_attempt_and_keep_their_order(publisher: Publisher, store: Store) -> None:
    await asyncio.gather(*[publisher.publish(ChatMessage(f"job{n}", Lane.INTERACTIVE)) for n in range(200)])
    await publisher.publish(ChatMessage("again", Lane.BATCH, 2))
    assert await queued(store, Lane.INTERACTIVE) == [f"job{n}.1" for n in range(200)]
    assert await queued(store, Lane.BATCH) == ["again.2"]


async def test_deployments_on_one_server_have_queues_of_their_own(redis_url: str, store: Store) -> None:
    publisher = Publisher(create_celery(settings(redis_url, deployment="other")))
    publisher.start()
    await publisher.publish(ChatMessage("job", Lane.BATCH))
    await asyncio.to_thread(publisher.stop)
    assert await queued(store, Lane.BATCH) == []
    assert await store.command("LLEN", "{other:broker}:batch") == 1


async def test_a_broker_that_is_away_is_told_and_taken_up_again(redis_url: str) -> None:
    publisher = Publisher(create_celery(settings(f"redis://127.0.0.1:{free_port()}/0")))
    publisher.start()
    for _ in range(2):
        with pytest.raises(GatewayError) as caught:
            await publisher.publish(ChatMessage("job", Lane.INTERACTIVE))
        assert caught.value.code is ErrorCode.UNAVAILABLE
    await asyncio.to_thread(publisher.stop)
