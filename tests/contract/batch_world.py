"""The engine of batches on a real Valkey and a real folder; what the workers do is done by hand."""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from proto.batches import Batch, BatchKind, BatchSpec, BatchStatus, new_record, read_record
from proto.events import Event, Finished, FinishReason, Text
from proto.jobs import ChatMessage, Lane
from store.connection import Store
from store.files import Files
from store.jobs import Jobs
from store.settings import StoreSettings
from store.storage import Storage
from tests.contract.batches import HOUR_MS, run_job
from workers.batches.runner import Runner
from workers.metrics import BatchNumbers

PATIENCE = 20.0
STOP = Finished(FinishReason.STOP)


class World:
    """One deployment: `runner` is its keeper; `queue` holds the jobs that no worker has taken."""

    def __init__(self, store: Store, folder: Path, *, places: int = 4, **settings: Any) -> None:
        self.store = store
        self.settings = StoreSettings(_env_file=None, warp2api_home=folder, **settings)
        self.jobs = Jobs(store, self.settings)
        self.files = Files(store, Storage(self.settings), self.settings)
        self.queue: list[str] = []
        self.places = places
        self.numbers = BatchNumbers()
        self.runner = self.keeper()

    def keeper(self) -> Runner:
        """One more keeper."""
        return Runner(self.store, self.jobs, self.files, lambda name: name, self._enqueue, 0.001, self.numbers)

    async def _enqueue(self, messages: Sequence[ChatMessage]) -> None:
        assert all(message.lane is Lane.BATCH for message in messages)
        self.queue += [message.job_id for message in messages]

    async def begin(
        self,
        requests: Sequence[Any],
        batch_id: str = "batch_b",
        *,
        client: str = "c",
        kind: BatchKind = BatchKind.OPENAI,
        endpoint: str = "/v1/chat/completions",
        coalesce: bool = False,
    ) -> BatchSpec:
        """Upload the requests and make a batch of them, as the front door does."""
        lines = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in requests]
        data = b"\n".join(lines)
        async with self.files.upload() as upload:
            await upload.write(data)
            await upload.commit(client=client, filename="in.jsonl", purpose="batch", ttl=3600)
        seconds, micros = await self.store.command("TIME")
        now = int(seconds) * 1000 + int(micros) // 1000
        key, expires = upload.file_id, now + 24 * HOUR_MS
        spec = BatchSpec(batch_id, client, kind, endpoint, key, len(data), now, expires, key, coalesce=coalesce)
        judged_later = kind is BatchKind.ANTHROPIC
        status = BatchStatus.IN_PROGRESS if judged_later else BatchStatus.VALIDATING
        fields = [word for pair in new_record(spec, status, len(lines) * judged_later).items() for word in pair]
        await self.store.command("HSET", self.jobs.keys.batch(batch_id).record, *fields)
        await self.store.command("PEXPIREAT", self.jobs.keys.batch(batch_id).record, now + 30 * 24 * HOUR_MS)
        await self.store.command("ZADD", self.jobs.keys.open_batches, spec.created, batch_id)
        return spec

    async def batch(self, batch_id: str = "batch_b") -> Batch:
        """The record of a batch, ended or not."""
        words = await self.store.command("HGETALL", self.jobs.keys.batch(batch_id).record)
        return read_record(dict(zip(words[::2], words[1::2], strict=True)))

    async def round(self, rounds: int = 1) -> None:
        """Let the keeper work, with workers that are there."""
        for _ in range(rounds):
            await self.jobs.renew("worker", Lane.BATCH, (), self.places)
            await self.runner.round()

    async def until(self, condition: Callable[[Batch], bool], batch_id: str = "batch_b") -> Batch:
        """Rounds until the record is as wanted."""
        async with asyncio.timeout(PATIENCE):
            while not condition(batch := await self.batch(batch_id)):
                await self.round()
                await asyncio.sleep(0.005)
        return batch

    async def fed(self, jobs: int) -> None:
        """Rounds until so many jobs wait in the queue."""
        async with asyncio.timeout(PATIENCE):
            while len(self.queue) < jobs:
                await self.round()
                await asyncio.sleep(0.005)

    async def answer(self, *events: Event, jobs: int = 1) -> None:
        """A worker takes the next jobs of the queue and answers them alike; as they are asked, without events."""
        for _ in range(jobs):
            await run_job(self.jobs, self.store, self.queue.pop(0), *(events or (Text("yes"), STOP)))

    async def run_all(self, batch_id: str = "batch_b", *events: Event) -> Batch:
        """Answer whatever is asked until the batch has ended."""
        async with asyncio.timeout(PATIENCE):
            while (batch := await self.batch(batch_id)).ended_at is None:
                await self.round()
                await self.answer(*events, jobs=len(self.queue))
                await asyncio.sleep(0.005)
        return batch

    async def results(self, file_id: str) -> dict[str, Any]:
        """The lines of a file of results, by custom_id; none may be there twice."""
        data = b"".join([piece async for piece in self.files.content(file_id)]) if file_id else b""
        lines = [json.loads(line) for line in data.splitlines()]
        found = {line["custom_id"]: line for line in lines}
        assert len(found) == len(lines)
        return found


def ask(name: str, text: str = "hello", **body: Any) -> dict[str, Any]:
    """A line of OpenAI's."""
    body = {"model": "auto", "messages": [{"role": "user", "content": text}], **body}
    return {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body}


def asks(count: int) -> list[dict[str, Any]]:
    """Lines `r1`, `r2` and so on."""
    return [ask(f"r{number}") for number in range(1, count + 1)]


def message(name: str, **params: Any) -> dict[str, Any]:
    """A request of Anthropic's."""
    base = {"model": "auto", "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}]}
    return {"custom_id": name, "params": base | params}
