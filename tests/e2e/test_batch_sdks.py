"""Batches from end to end through the official SDKs, with files in a bucket at a real S3 server."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anthropic
import openai
import pytest
from anthropic.types.messages import MessageBatch
from openai.types import Batch

from store.settings import StoreSettings
from store.storage import Storage
from tests.bucket import Bucket, run_bucket
from tests.e2e.gateway import Gateway, run_gateway
from tests.servers import Simulator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
CHAT, RESPONSES, MESSAGES = "/v1/chat/completions", "/v1/responses", "/v1/messages"
#: What the upstream answers at once to each: words, or that it has no such model.
GOOD, BAD = '[[sim:text say="{}"]]', "[[sim:status 400 model]]"


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with run_bucket() as bucket:
        yield bucket


@pytest.fixture(scope="module")
def running(bucket: Bucket, simulator_process: Simulator) -> Iterator[Gateway]:
    environment = {name.upper(): str(value) for name, value in bucket.settings.items()}
    with run_gateway(simulator_process.url, BATCH_RETRY_PAUSE="0.1", **environment) as gateway:
        gateway.start_worker("batch")
        yield gateway


@pytest.fixture
async def client(running: Gateway) -> AsyncIterator[openai.AsyncOpenAI]:
    async with running.openai() as client:
        yield client


@pytest.fixture
async def messages(running: Gateway) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with running.anthropic() as client:
        yield client


def body_for(endpoint: str, text: str) -> dict[str, Any]:
    """A request for one of the three endpoints."""
    if endpoint == RESPONSES:
        return {"model": "auto", "input": text}
    body = {"model": "auto", "messages": [{"role": "user", "content": text}]}
    return body | ({"max_tokens": 50} if endpoint == MESSAGES else {})


async def make(
    client: openai.AsyncOpenAI, endpoint: str, texts: dict[str, str], headers: dict[str, str] | None = None
) -> Batch:
    """Upload the lines and have them run."""
    lines = [
        {"custom_id": name, "method": "POST", "url": endpoint, "body": body_for(endpoint, text)}
        for name, text in texts.items()
    ]
    content = "".join(json.dumps(line) + "\n" for line in lines).encode()
    file = await client.files.create(file=("lines.jsonl", content), purpose="batch")
    return await client.batches.create(
        input_file_id=file.id,
        endpoint=endpoint,  # type: ignore[arg-type]
        completion_window="24h",
        extra_headers=headers,
    )


async def ended(client: openai.AsyncOpenAI, batch: Batch) -> Batch:
    while batch.status not in ("completed", "failed", "expired", "cancelled"):
        await asyncio.sleep(0.05)
        batch = await client.batches.retrieve(batch.id)
    return batch


async def ended_messages(client: anthropic.AsyncAnthropic, batch: MessageBatch) -> MessageBatch:
    while batch.processing_status != "ended":
        await asyncio.sleep(0.05)
        batch = await client.messages.batches.retrieve(batch.id)
    return batch


async def lines_of(client: openai.AsyncOpenAI, file_id: str) -> dict[str, dict[str, Any]]:
    content = (await client.files.content(file_id)).text
    found = [json.loads(line) for line in content.splitlines()]
    assert len({line["custom_id"] for line in found}) == len(found)
    return {line["custom_id"]: line for line in found}


def text_of(endpoint: str, body: dict[str, Any]) -> str:
    if endpoint == CHAT:
        said: str = body["choices"][0]["message"]["content"]
    elif endpoint == MESSAGES:
        said = body["content"][0]["text"]
    else:
        said = body["output"][0]["content"][0]["text"]
    return said


@pytest.mark.parametrize("endpoint", [CHAT, RESPONSES, MESSAGES])
async def test_lines_are_answered_and_those_that_fail_are_told_apart(client: openai.AsyncOpenAI, endpoint: str) -> None:
    texts = {f"line-{number}": GOOD.format(f"Answer {number}") for number in range(5)} | {"bad": BAD}
    batch = await ended(client, await make(client, endpoint, texts))

    assert batch.status == "completed"
    assert batch.request_counts is not None
    assert batch.request_counts.model_dump() == {"total": 6, "completed": 5, "failed": 1}
    assert None not in (batch.in_progress_at, batch.finalizing_at, batch.completed_at)
    assert batch.output_file_id
    assert batch.error_file_id
    output = await lines_of(client, batch.output_file_id)
    assert {name: text_of(endpoint, line["response"]["body"]) for name, line in output.items()} == {
        f"line-{number}": f"Answer {number}" for number in range(5)
    }
    assert {(line["response"]["status_code"], line["error"]) for line in output.values()} == {(200, None)}
    errors = await lines_of(client, batch.error_file_id)
    assert errors["bad"]["response"]["status_code"] == 404
    assert (await client.files.retrieve(batch.output_file_id)).purpose == "batch_output"
    listed = {file.id async for file in client.files.list(purpose="batch_output")}
    assert {batch.output_file_id, batch.error_file_id} <= listed
    for file_id in (batch.input_file_id, batch.output_file_id, batch.error_file_id):
        await client.files.delete(file_id)


async def test_all_that_is_wrong_with_a_file_is_told_by_line_and_field(client: openai.AsyncOpenAI) -> None:
    good = {"custom_id": "1", "method": "POST", "url": CHAT, "body": body_for(CHAT, "x")}
    lines = [good, {**good, "custom_id": "2", "url": RESPONSES}, {**good, "custom_id": "3", "body": {"model": "auto"}}]
    content = b"".join(json.dumps(line).encode() + b"\n" for line in lines) + b"{nonsense\n"
    file = await client.files.create(file=("lines.jsonl", content), purpose="batch")
    made = await client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h")
    batch = await ended(client, made)

    assert (batch.status, batch.output_file_id, batch.error_file_id) == ("failed", None, None)
    assert batch.errors is not None
    assert batch.errors.data is not None
    assert [error.line for error in batch.errors.data] == [2, 3, 4]
    assert all(error.code and error.message for error in batch.errors.data)
    assert batch.errors.data[0].param == "url"
    await client.files.delete(file.id)


async def test_a_cancelled_batch_keeps_what_is_done(client: openai.AsyncOpenAI) -> None:
    texts = {"done": GOOD.format("Done"), **{f"slow-{number}": "[[sim:silent]]" for number in range(3)}}
    batch = await make(client, CHAT, texts)
    while not (batch.request_counts and batch.request_counts.completed):
        await asyncio.sleep(0.05)
        batch = await client.batches.retrieve(batch.id)
    batch = await ended(client, await client.batches.cancel(batch.id))

    assert batch.status == "cancelled"
    assert batch.cancelling_at
    assert batch.cancelled_at
    assert batch.output_file_id
    assert batch.error_file_id
    assert set(await lines_of(client, batch.output_file_id)) == {"done"}
    errors = await lines_of(client, batch.error_file_id)
    assert {name: line["error"]["code"] for name, line in errors.items()} == {
        f"slow-{number}": "batch_cancelled" for number in range(3)
    }


async def test_message_batches_through_anthropics_sdk(messages: anthropic.AsyncAnthropic) -> None:
    batches = messages.messages.batches
    requests = [
        {"custom_id": f"good-{number}", "params": body_for(MESSAGES, GOOD.format(f"Answer {number}"))}
        for number in range(4)
    ]
    requests += [
        {"custom_id": "bad", "params": body_for(MESSAGES, BAD)},
        {"custom_id": "no-request", "params": {"model": "auto", "max_tokens": 5}},
    ]
    made = await batches.create(requests=requests)  # type: ignore[arg-type]
    assert (made.processing_status, made.request_counts.processing, made.results_url) == ("in_progress", 6, None)
    batch = await ended_messages(messages, made)

    assert batch.request_counts.model_dump() == {
        "processing": 0, "succeeded": 4, "errored": 2, "canceled": 0, "expired": 0
    }  # fmt: skip
    assert batch.ended_at
    results = {result.custom_id: result.result async for result in await batches.results(batch.id)}
    assert {name: result.message.content[0].text for name, result in results.items() if result.type == "succeeded"} == {  # type: ignore[union-attr]
        f"good-{number}": f"Answer {number}" for number in range(4)
    }
    errors = {name: result.error.error for name, result in results.items() if result.type == "errored"}
    assert {name: error.type for name, error in errors.items()} == {
        "bad": "not_found_error",
        "no-request": "invalid_request_error",
    }
    assert "messages" in errors["no-request"].message
    assert (await batches.delete(batch.id)).type == "message_batch_deleted"
    with pytest.raises(anthropic.NotFoundError):
        await batches.results(batch.id)


async def test_lines_that_ask_the_same_share_an_answer_if_the_client_says_so(
    client: openai.AsyncOpenAI, messages: anthropic.AsyncAnthropic
) -> None:
    headers, text = {"X-Coalesce": "1"}, GOOD.format("Shared")
    made = await make(client, CHAT, {f"line-{number}": text for number in range(6)}, headers)
    params = body_for(MESSAGES, text)
    requests = [{"custom_id": f"line-{number}", "params": params} for number in range(6)]
    shared = await messages.messages.batches.create(requests=requests, extra_headers=headers)  # type: ignore[arg-type]
    batch = await ended(client, made)
    assert batch.output_file_id
    lines = await lines_of(client, batch.output_file_id)
    assert set(lines) == {f"line-{number}" for number in range(6)}
    assert len({line["response"]["request_id"] for line in lines.values()}) == 1
    assert {text_of(CHAT, line["response"]["body"]) for line in lines.values()} == {"Shared"}
    await ended_messages(messages, shared)
    results = [result async for result in await messages.messages.batches.results(shared.id)]
    assert sorted(result.custom_id for result in results) == sorted(lines)
    assert len({result.result.message.id for result in results if result.result.type == "succeeded"}) == 1

    with pytest.raises(openai.BadRequestError, match="X-Coalesce"):
        await make(client, CHAT, {"one": text}, {"X-Coalesce": "perhaps"})
    await messages.messages.batches.delete(shared.id)


async def test_a_message_batch_is_cancelled_and_only_then_deleted(messages: anthropic.AsyncAnthropic) -> None:
    batches = messages.messages.batches
    request = {"custom_id": "slow", "params": body_for(MESSAGES, "[[sim:silent]]")}
    made = await batches.create(requests=[request])  # type: ignore[list-item]
    with pytest.raises(anthropic.BadRequestError, match="has not ended"):
        await batches.delete(made.id)
    cancelling = await batches.cancel(made.id)
    assert cancelling.cancel_initiated_at
    batch = await ended_messages(messages, cancelling)

    assert batch.request_counts.canceled == 1
    assert [result.result.type async for result in await batches.results(batch.id)] == ["canceled"]
    await batches.delete(batch.id)


async def test_nothing_is_left_in_the_bucket(bucket: Bucket, client: openai.AsyncOpenAI) -> None:
    """Of all that the tests above have deleted."""
    async for file in client.files.list():
        await client.files.delete(file.id)
    assert await Storage(StoreSettings(_env_file=None, **bucket.settings)).names() == []
