"""Both vendors' batch APIs through their own SDKs: what clients send, and what they may have."""

import json
from collections.abc import AsyncIterator
from typing import Any

import anthropic
import httpx
import openai
import psutil
import pytest
import redis

from proto.keys import Keys
from tests.e2e.conftest import CLIENT_KEYS, LOCKED
from tests.e2e.gateway import Gateway

CHAT = "/v1/chat/completions"
MEGABYTE = 1024 * 1024


def line(number: int, text: str = "Hello") -> dict[str, Any]:
    """One line of an OpenAI batch."""
    body = {"model": "auto", "messages": [{"role": "user", "content": text}]}
    return {"custom_id": f"line-{number}", "method": "POST", "url": CHAT, "body": body}


def message(number: int, text: str = "Hello") -> dict[str, Any]:
    """One request of an Anthropic batch."""
    params = {"model": "auto", "max_tokens": 50, "messages": [{"role": "user", "content": text}]}
    return {"custom_id": f"request-{number}", "params": params}


async def upload(client: openai.AsyncOpenAI, *lines: dict[str, Any]) -> str:
    content = b"".join(json.dumps(each).encode() + b"\n" for each in lines)
    return (await client.files.create(file=("lines.jsonl", content), purpose="batch")).id


@pytest.fixture
async def first(gateway: Gateway) -> AsyncIterator[openai.AsyncOpenAI]:
    async with gateway.openai(door=LOCKED, api_key=CLIENT_KEYS[0]) as client:
        yield client


@pytest.fixture
async def second(gateway: Gateway) -> AsyncIterator[openai.AsyncOpenAI]:
    async with gateway.openai(door=LOCKED, api_key=CLIENT_KEYS[1]) as client:
        yield client


async def test_batches_are_made_listed_and_cancelled_and_are_their_keys_own(
    first: openai.AsyncOpenAI, second: openai.AsyncOpenAI
) -> None:
    file = await upload(first, line(1))
    with pytest.raises(openai.NotFoundError) as refusal:
        await second.batches.create(input_file_id=file, endpoint=CHAT, completion_window="24h")
    assert refusal.value.param == "input_file_id"

    made = [
        await first.batches.create(
            input_file_id=file, endpoint=CHAT, completion_window="24h", metadata={"number": str(number)}
        )
        for number in range(3)
    ]
    assert (made[0].object, made[0].input_file_id, made[0].endpoint) == ("batch", file, CHAT)
    assert (made[0].metadata, made[0].completion_window) == ({"number": "0"}, "24h")
    assert made[0].expires_at == made[0].created_at + 86400
    assert {batch.id async for batch in first.batches.list(limit=1)} == {batch.id for batch in made}
    page = await first.batches.list(limit=2, after=made[2].id)
    assert ([batch.id for batch in page.data], page.has_more) == ([made[1].id, made[0].id], False)

    for call in (second.batches.retrieve, second.batches.cancel):
        with pytest.raises(openai.NotFoundError) as refusal:
            await call(made[0].id)
        assert refusal.value.code == "batch_not_found"
    assert (await second.batches.list()).data == []
    for batch in made:
        left = await first.batches.cancel(batch.id)
        assert left.status in ("cancelling", "cancelled", "completed")
        assert (await first.batches.retrieve(batch.id)).id == batch.id


async def test_what_makes_no_batch_is_refused(first: openai.AsyncOpenAI) -> None:
    good = {"input_file_id": await upload(first, line(1)), "endpoint": CHAT, "completion_window": "24h"}
    for changes, param in (
        ({"endpoint": "/v1/embeddings"}, "endpoint"),
        ({"completion_window": "1h"}, "completion_window"),
        ({"metadata": {"k": 5}}, "metadata.k"),
        ({"input_file_id": "file-unknown"}, "input_file_id"),
    ):
        with pytest.raises(openai.APIStatusError) as refusal:
            await first.batches.create(**{**good, **changes})  # type: ignore[arg-type]
        assert refusal.value.param == param
        assert refusal.value.status_code in (400, 404)
    assert good["input_file_id"] in {file.id async for file in first.files.list()}


async def test_a_key_without_the_right_has_no_files_and_no_batches(gateway: Gateway) -> None:
    async with httpx.AsyncClient(base_url=gateway.urls[LOCKED]) as client:
        for method, path in (
            ("GET", "/v1/files"),
            ("POST", "/v1/files"),
            ("GET", "/v1/batches"),
            ("POST", "/v1/messages/batches"),
            ("GET", "/v1/messages/batches/x/results"),
        ):
            assert (await client.request(method, path)).status_code == 401


async def test_message_batches_are_made_listed_and_cancelled_and_are_their_keys_own(gateway: Gateway) -> None:
    async with (
        gateway.anthropic(door=LOCKED, api_key=CLIENT_KEYS[0]) as mine,
        gateway.anthropic(door=LOCKED, api_key=CLIENT_KEYS[1]) as other,
    ):
        batches = mine.messages.batches
        made = [await batches.create(requests=[message(1), message(2)]) for _ in range(3)]  # type: ignore[list-item]
        assert (made[0].type, made[0].archived_at) == ("message_batch", None)
        assert (made[0].expires_at - made[0].created_at).total_seconds() == 86400
        assert sum(made[0].request_counts.model_dump().values()) == 2

        ids = [batch.id for batch in reversed(made)]
        assert [batch.id async for batch in batches.list(limit=1)] == ids
        page = await batches.list(limit=1, before_id=ids[2])
        assert ([batch.id for batch in page.data], page.has_more) == ([ids[1]], True)
        with pytest.raises(anthropic.BadRequestError):
            await batches.list(before_id=ids[0], after_id=ids[1])

        for call in (other.messages.batches.retrieve, other.messages.batches.cancel, other.messages.batches.delete):
            with pytest.raises(anthropic.NotFoundError):
                await call(made[0].id)
        assert (await other.messages.batches.list()).data == []
        async with gateway.openai(door=LOCKED, api_key=CLIENT_KEYS[0]) as openai_client:
            with pytest.raises(openai.NotFoundError):
                await openai_client.batches.retrieve(made[0].id)
        for batch in made:
            assert (await batches.cancel(batch.id)).processing_status in ("canceling", "ended")


async def test_a_fault_in_a_message_batch_is_named_and_leaves_nothing(gateway: Gateway) -> None:
    async with gateway.anthropic() as client:
        for requests, words in (
            ([], "requests"),
            ([message(1), {"custom_id": "a b", "params": {}}], r"requests\[1\].custom_id"),
            ([message(1), message(1)], r"requests\[1\].custom_id"),
            ([message(n, "x" * MEGABYTE) for n in range(9)] + [{"custom_id": "x"}], r"requests\[9\].params"),
        ):
            with pytest.raises(anthropic.BadRequestError, match=words):
                await client.messages.batches.create(requests=requests)  # type: ignore[arg-type]
    with redis.Redis.from_url(gateway.redis_url) as store:
        assert store.zcard(Keys().file_terms[0]) == 0, "uploads that nobody finishes"


async def test_a_batch_that_is_asked_for_again_with_its_key_is_made_once(
    gateway: Gateway, first: openai.AsyncOpenAI
) -> None:
    headers = {"Idempotency-Key": "tonight"}
    shared = {**headers, "X-Coalesce": "1"}  # another meaning
    file = await upload(first, line(1))
    asked = {"input_file_id": file, "endpoint": CHAT, "completion_window": "24h", "extra_headers": headers}
    made = [await first.batches.create(**asked) for _ in range(2)]  # type: ignore[arg-type]
    assert made[0].id == made[1].id
    with pytest.raises(openai.UnprocessableEntityError):
        await first.batches.create(**asked, metadata={"k": "v"})  # type: ignore[arg-type]
    with pytest.raises(openai.UnprocessableEntityError):
        await first.batches.create(**{**asked, "extra_headers": shared})  # type: ignore[arg-type]
    await first.batches.cancel(made[0].id)

    async with gateway.anthropic(door=LOCKED, api_key=CLIENT_KEYS[0]) as client:
        batches = client.messages.batches
        ids = {(await batches.create(requests=[message(1)], extra_headers=headers)).id for _ in range(2)}  # type: ignore[list-item]
        assert len(ids) == 1
        with pytest.raises(anthropic.UnprocessableEntityError):
            await batches.create(requests=[message(2)], extra_headers=headers)  # type: ignore[list-item]
        with pytest.raises(anthropic.UnprocessableEntityError):
            await batches.create(requests=[message(1)], extra_headers=shared)  # type: ignore[list-item]
        await batches.cancel(ids.pop())


async def test_the_address_of_results_is_the_one_the_client_asks_at(gateway: Gateway) -> None:
    async with httpx.AsyncClient(base_url=gateway.url) as client:
        made = (await client.post("/v1/messages/batches", json={"requests": [message(1)]})).json()
        path = f"/v1/messages/batches/{made['id']}"
        if made["results_url"] is None:
            await client.post(f"{path}/cancel")
        for headers, root in (
            ({}, gateway.url),
            ({"host": "gateway.internal"}, "http://gateway.internal"),
            ({"x-forwarded-proto": "https", "x-forwarded-host": "a.example:8443"}, "https://a.example:8443"),
            ({"x-forwarded-proto": "https, http", "x-forwarded-host": "a.example, b.example"}, "https://a.example"),
        ):
            told = (await client.get(path, headers=headers)).json()["results_url"]
            assert told in (None, f"{root}{path}/results")
        assert (await client.get(path, headers={"host": "a/b"})).status_code == 400
        assert (await client.get(f"{path}/results")).status_code in (200, 400)


@pytest.mark.load
async def test_a_quarter_of_a_gigabyte_of_requests_is_taken_in_and_memory_stays_flat(gateway: Gateway) -> None:
    role = next(role for role in gateway.roles if role.name == "api")
    process = psutil.Process(role.process.pid)
    text = "x" * 10_000

    async def body(count: int) -> AsyncIterator[bytes]:
        yield b'{"requests": ['
        for number in range(count):
            yield (b"," if number else b"") + json.dumps(message(number, text)).encode()
        yield b"]}"

    async with httpx.AsyncClient(base_url=gateway.url, timeout=100) as client:
        headers = {"content-type": "application/json"}
        most = 256 * MEGABYTE // len(json.dumps(message(10_000, text))) - 10
        assert most > 25_000
        small = (await client.post("/v1/messages/batches", content=body(2000), headers=headers)).json()
        memory = process.memory_info().rss
        large = (await client.post("/v1/messages/batches", content=body(most), headers=headers)).json()
        assert large["request_counts"]["processing"] == most
        refused = await client.post("/v1/messages/batches", content=body(most + 100), headers=headers)
        assert (refused.status_code, refused.json()["error"]["type"]) == (413, "request_too_large")
        assert process.memory_info().rss - memory < 50 * MEGABYTE
        for batch in (small, large):
            (await client.post(f"/v1/messages/batches/{batch['id']}/cancel")).raise_for_status()
