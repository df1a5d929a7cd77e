"""What becomes of a job whose client was told that it could not be queued, on a real Valkey."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from starlette.requests import Request

from api.answer import Answers
from api.marks import Marks
from api.metrics import DoorMetrics
from api.publisher import Publisher
from api.relay import Relay
from api.submit import Desk
from api.wishes import wishes_of
from proto.clients import Client, Leaving, Right
from proto.dialects import get_dialect
from proto.jobs import Status
from proto.models import ModelCatalogue
from store.broker import create_celery
from store.connection import Argument, Store, StoreError
from store.jobs import Jobs
from store.readers import Readers
from store.responses import Responses
from store.scripts import Script
from store.settings import StoreSettings
from tests.contract.jobs import make_jobs

ALICE = Client("alice", frozenset({Right.CHAT}))
CATALOGUE = ModelCatalogue(["auto"], {})
BODY = {"model": "auto", "messages": [{"role": "user", "content": "hello"}]}


class Forgetful(Store):
    """A connection that breaks after each admission was carried out and before its reply."""

    async def run(self, script: Script, keys: Sequence[str], args: Sequence[Argument]) -> Any:
        reply = await super().run(script, keys, args)
        if script.name == "admit":
            raise StoreError
        return reply


@pytest.fixture
async def forgetful(store: Store, redis_url: str) -> AsyncIterator[Store]:
    forgetful = Forgetful(redis_url)
    yield forgetful
    await forgetful.aclose()


@pytest.fixture
async def answers(store: Store, forgetful: Store, redis_url: str) -> AsyncIterator[tuple[Answers, Desk, Jobs]]:
    jobs = make_jobs(forgetful)
    readers = Readers(store, jobs.keys)
    relay = Relay(redis_url, jobs, readers, replica="a", keepalive=1)
    publisher = Publisher(create_celery(StoreSettings(_env_file=None, redis_url=redis_url)))
    publisher.start()
    desk = Desk(jobs, Responses(store, jobs), publisher, CATALOGUE, DoorMetrics(CATALOGUE))
    running = asyncio.create_task(relay.run())
    await relay.connected.wait()
    yield Answers(desk, relay, jobs, readers, DoorMetrics(CATALOGUE), hold_headers=10), desk, jobs
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await asyncio.to_thread(publisher.stop)


async def never() -> Any:
    await asyncio.Event().wait()


async def test_a_job_whose_admission_was_not_heard_of_is_left(answers: tuple[Answers, Desk, Jobs]) -> None:
    answering, desk, jobs = answers
    request = Request({"type": "http", "headers": [], "state": {"request_id": "r", "answer_headers": {}}}, never)
    dialect = get_dialect("openai")
    ticket = desk.prepare(dialect, BODY, ALICE)
    wishes = wishes_of(request.headers, default=Leaving.CANCEL)
    with pytest.raises(StoreError):
        await answering.answer(request, dialect, ticket, ALICE, wishes, Marks())
    async with asyncio.timeout(20):
        while True:
            (tail,) = await jobs.tails([ticket.job.id])
            assert tail is not None
            if tail.status is not Status.QUEUED:
                break
    assert tail.status is Status.CANCELLED
