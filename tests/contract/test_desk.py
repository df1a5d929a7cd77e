"""From a request to a queued job: nothing is accepted without a record, and nothing refused leaves one behind."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from api.metrics import DoorMetrics
from api.publisher import Publisher
from api.submit import Desk, Ticket
from bench.processes import free_port
from proto.clients import Client, ClientLimits, Right
from proto.dialects import get_dialect
from proto.errors import ErrorCode, GatewayError
from proto.events import Failed, decode_events
from proto.jobs import ChatMessage, Lane, Status
from proto.models import ModelCatalogue
from store.admission import Binding
from store.broker import create_celery
from store.connection import Store, StoreError
from store.jobs import MAX_QUEUED, Jobs
from store.responses import Responses
from store.settings import StoreSettings
from tests.contract.jobs import make_jobs

ALICE = Client("alice", frozenset({Right.CHAT}), ClientLimits(concurrency=1, per_minute=100))
BINDING = Binding("key", "request")
CATALOGUE = ModelCatalogue(["auto"], {})
BODY = {"model": "auto", "messages": [{"role": "user", "content": "hello"}]}
LARGE = [{"role": "user", "content": "x" * 2000}]


class Deaf(Publisher):
    """A broker that takes the message and whose answer is lost."""

    async def publish(self, message: ChatMessage) -> None:
        await super().publish(message)
        raise GatewayError(ErrorCode.UNAVAILABLE, "no answer", retry_after=2)


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return make_jobs(store)


async def desk_with(store: Store, jobs: Jobs, publisher: Publisher) -> AsyncIterator[Desk]:
    publisher.start()
    yield Desk(jobs, Responses(store, jobs), publisher, CATALOGUE, DoorMetrics(CATALOGUE))
    await asyncio.to_thread(publisher.stop)


def celery(url: str) -> Any:
    return create_celery(StoreSettings(_env_file=None, redis_url=url))


@pytest.fixture
async def desk(store: Store, jobs: Jobs, redis_url: str) -> AsyncIterator[Desk]:
    async for desk in desk_with(store, jobs, Publisher(celery(redis_url))):
        yield desk


@pytest.fixture
async def desk_without_broker(store: Store, jobs: Jobs) -> AsyncIterator[Desk]:
    async for desk in desk_with(store, jobs, Publisher(celery(f"redis://127.0.0.1:{free_port()}/0"))):
        yield desk


@pytest.fixture
async def desk_with_deaf_broker(store: Store, jobs: Jobs, redis_url: str) -> AsyncIterator[Desk]:
    async for desk in desk_with(store, jobs, Deaf(celery(redis_url))):
        yield desk


def ticket(desk: Desk, client: Client = ALICE, binding: Binding | None = BINDING) -> Ticket:
    return desk.prepare(get_dialect("openai"), BODY, client, binding)


async def submit(desk: Desk, given: Ticket, client: Client = ALICE) -> tuple[str, dict[str, str]]:
    headers: dict[str, str] = {}
    return await desk.submit(given, client=client, reply_to="replica", headers=headers), headers


async def enqueued(store: Store, lane: Lane) -> list[str]:
    """The ids of the jobs whose messages wait in a lane's queue."""
    return [orjson.loads(row)["headers"]["id"].partition(".")[0] for row in await store.command("LRANGE", lane, 0, -1)]


async def test_a_job_of_the_batch_lane_may_wait_a_day(desk: Desk, store: Store, jobs: Jobs) -> None:
    patient = ALICE._replace(name="bob", lane=Lane.BATCH)
    given = ticket(desk, patient)
    job_id, _ = await submit(desk, given, patient)
    assert given.job.deadline == 0
    assert await store.command("TTL", jobs.keys.record(job_id)) > MAX_QUEUED
    assert await store.command("TTL", jobs.keys.payload(job_id)) > MAX_QUEUED
    assert await store.command("ZSCORE", jobs.keys.waiting, job_id) == b"inf"
    assert ticket(desk).job.deadline > 0


async def test_what_is_accepted_has_a_record_and_one_message_in_its_clients_lane(desk: Desk, store: Store) -> None:
    patient = ALICE._replace(name="bob", lane=Lane.BATCH)
    given = [ticket(desk), ticket(desk, patient)]
    (first, told), (second, _) = await submit(desk, given[0]), await submit(desk, given[1], patient)
    assert [first, second] == [one.job.id for one in given]
    assert await enqueued(store, Lane.INTERACTIVE) == [first]
    assert await enqueued(store, Lane.BATCH) == [second]
    assert told["x-ratelimit-remaining-requests"] == "99"

    again, told = await submit(desk, ticket(desk))
    assert again == first
    assert told["idempotent-replayed"] == "true"
    assert await enqueued(store, Lane.INTERACTIVE) == [first]


async def test_what_is_refused_has_neither(desk: Desk, store: Store, jobs: Jobs) -> None:
    await submit(desk, ticket(desk))
    for binding, code in ((None, ErrorCode.RATE_LIMITED), (Binding("key", "other"), ErrorCode.IDEMPOTENCY_KEY_REUSED)):
        given = ticket(desk, binding=binding)
        with pytest.raises(GatewayError) as refused:
            await submit(desk, given)
        assert refused.value.code is code
        assert (await jobs.tails([given.job.id])) == [None]
    assert len(await enqueued(store, Lane.INTERACTIVE)) == 1


async def test_without_a_broker_the_job_ends_and_its_place_and_key_are_free(
    desk_without_broker: Desk, desk: Desk, jobs: Jobs, store: Store
) -> None:
    given = ticket(desk_without_broker)
    with pytest.raises(GatewayError) as refused:
        await submit(desk_without_broker, given)
    assert refused.value.code is ErrorCode.UNAVAILABLE
    assert refused.value.retry_after
    (tail,) = await jobs.tails([given.job.id])
    assert tail is not None
    assert tail.status is Status.FAILED
    (last,) = decode_events((await jobs.read(given.job.id))[-1].data)
    assert isinstance(last, Failed)
    assert await store.command("EXISTS", jobs.keys.waiting, jobs.keys.client("alice")) == 0

    job_id, told = await submit(desk, ticket(desk))
    assert job_id != given.job.id
    assert "idempotent-replayed" not in told


async def test_a_message_that_arrived_all_the_same_finds_no_job(desk_with_deaf_broker: Desk, jobs: Jobs) -> None:
    given = ticket(desk_with_deaf_broker)
    with pytest.raises(GatewayError):
        await submit(desk_with_deaf_broker, given)
    assert await jobs.claim(given.job.id, "worker", "nonce") is None


async def test_without_a_store_nothing_is_accepted(redis_url: str, desk: Desk) -> None:
    nowhere = Store(f"redis://127.0.0.1:{free_port()}/0")
    publisher = Publisher(celery(redis_url))
    async for closed in desk_with(nowhere, make_jobs(nowhere), publisher):
        with pytest.raises(StoreError) as refused:
            await submit(closed, ticket(closed))
        assert refused.value.retry_after
    await nowhere.aclose()


@pytest.mark.parametrize(
    ("bounds", "said", "wait"),
    [({"max_waiting": 1}, "Too many", 4), ({"max_waiting": 10, "max_waiting_bytes": 1000}, "Too much", 40)],
)
async def test_a_full_waiting_list_says_when_to_come_back(
    store: Store, redis_url: str, bounds: dict[str, int], said: str, wait: float
) -> None:
    jobs = make_jobs(store, **bounds)
    anybody = ALICE._replace(limits=ClientLimits())
    await store.command("HSET", f"{jobs.keys.waiting}:interactive:pace", "every", 40_000)
    async for desk in desk_with(store, jobs, Publisher(celery(redis_url))):
        await submit(desk, ticket(desk, anybody, None), anybody)
        large = desk.prepare(get_dialect("openai"), {**BODY, "messages": LARGE}, anybody)
        with pytest.raises(GatewayError) as refused:
            await submit(desk, large, anybody)
    assert refused.value.code is ErrorCode.QUEUE_FULL
    assert refused.value.message.startswith(said)
    assert refused.value.retry_after == wait
