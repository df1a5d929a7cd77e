"""Responses by the official OpenAI SDK, with the whole gateway behind it."""

import asyncio
from typing import Any

import httpx
import openai
import pytest
from pydantic import BaseModel

from cli.simulator.texts import is_intact
from tests.e2e.asking import user
from tests.e2e.conftest import CLIENT_KEYS, IMPATIENT, LOCKED
from tests.e2e.gateway import Gateway
from tests.servers import Simulator

both = pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])


def function(name: str, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return {"type": "function", "name": name, "description": f"Does {name}.", "strict": True, "parameters": schema}


WEATHER = function("get_weather", city={"type": "string"}, days={"type": "integer"})
PATCH = {
    "type": "custom",
    "name": "apply_patch",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"},
}
AGENTS = {"type": "namespace", "name": "agents", "description": "Helpers.", "tools": [function("spawn")]}
TOOLS: list[Any] = [WEATHER, PATCH, AGENTS, {"type": "web_search"}]
CALLS = (
    """[[sim:text say="Let me look."]]"""
    """[[sim:tools names=get_weather args='{"city": "Paris", "days": 3}']]"""
    """[[sim:tools names=apply_patch args='{"input": "*** Begin"}']]"""
    """[[sim:tools names=agents__spawn args='{}']]"""
)


async def ask(client: openai.AsyncOpenAI, content: Any, *, stream: bool, **options: Any) -> Any:
    """The final response; a stream's is what the SDK's helper makes of its events."""
    options = {"model": "gpt-5", "input": content, **options}
    if not stream:
        return await client.responses.create(**options)
    async with client.responses.stream(**options) as events:
        return await events.get_final_response()


def results(response: Any) -> list[dict[str, Any]]:
    """What a program answers to the calls of a response."""
    kinds = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}
    return [
        {"type": kinds[item.type], "call_id": item.call_id, "output": f"done: {item.name}"}
        for item in response.output
        if item.type in kinds
    ]


async def test_a_stream_says_what_the_whole_answer_says(openai_client: openai.AsyncOpenAI) -> None:
    script = "[[sim:reasoning n=30]][[sim:checksum n=400 size=7 seed=5]]"
    options: dict[str, Any] = {
        "instructions": "Be.",
        "include": ["reasoning.encrypted_content"],
        "metadata": {"a": "b"},
    }
    streamed, whole = await asyncio.gather(
        *[ask(openai_client, script, stream=each, **options) for each in (True, False)]
    )
    assert is_intact(streamed.output_text)
    assert streamed.output_text == whole.output_text
    assert [item.type for item in streamed.output] == ["reasoning", "message"]
    for response in (streamed, whole):
        assert (response.status, response.model, response.instructions) == ("completed", "gpt-5", "Be.")
        assert response.metadata == {"a": "b"}
        assert response.output[0].summary[0].text
        assert response.output[0].encrypted_content
        assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens
    assert streamed.usage.output_tokens == whole.usage.output_tokens
    assert streamed.id != whole.id


@both
@pytest.mark.parametrize("way", ["previous", "reference", "stateless"])
async def test_a_tool_loop(openai_client: openai.AsyncOpenAI, simulator: Simulator, way: str, stream: bool) -> None:
    options: dict[str, Any] = {"tools": TOOLS}
    if way == "stateless":
        options |= {"store": False, "include": ["reasoning.encrypted_content"]}
    first = await ask(openai_client, f"[[sim:reasoning]]{CALLS}", stream=stream, **options)
    _, message, weather, patch, spawn = first.output
    assert message.content[0].text == "Let me look."
    assert (weather.name, weather.arguments) == ("get_weather", '{"city":"Paris","days":3}')
    assert (patch.type, patch.name, patch.input) == ("custom_tool_call", "apply_patch", "*** Begin")
    assert (spawn.type, spawn.name, spawn.namespace, spawn.arguments) == ("function_call", "spawn", "agents", "{}")

    asked = user(f"[[sim:reasoning]]{CALLS}")
    match way:
        case "previous":
            options["previous_response_id"] = first.id
            earlier: list[Any] = []
        case "reference":
            earlier = [*asked, *[{"type": "item_reference", "id": item.id} for item in first.output]]
        case _:
            earlier = [*asked, *[item.to_dict() for item in first.output]]
    second = await ask(openai_client, [*earlier, *results(first)], stream=stream, **options)
    for name in ("get_weather", "apply_patch", "spawn"):
        assert f"> done: {name}" in second.output_text
    seen = simulator.state()["seen"][-1]
    assert (seen["results"], seen["tools"]) == (3, 3)
    if way == "previous":
        assert second.previous_response_id == first.id
        third = await ask(openai_client, "And now?", stream=stream, previous_response_id=second.id)
        assert simulator.state()["seen"][-1]["messages"] > seen["messages"]
        assert third.status == "completed"


class Weather(BaseModel):
    city: str
    degrees: int


@both
async def test_a_structured_answer(openai_client: openai.AsyncOpenAI, stream: bool) -> None:
    script = """[[sim:text say='```json\\n{"city": "Paris", "degrees": 18}\\n```']]"""
    if stream:
        async with openai_client.responses.stream(model="auto", input=script, text_format=Weather) as events:
            response: Any = await events.get_final_response()
    else:
        response = await openai_client.responses.parse(model="auto", input=script, text_format=Weather)
    assert response.output_parsed == Weather(city="Paris", degrees=18)


@both
async def test_an_output_limit_makes_an_incomplete_answer(openai_client: openai.AsyncOpenAI, stream: bool) -> None:
    options: dict[str, Any] = {"model": "auto", "input": "[[sim:text n=100]][[sim:silent]]", "max_output_tokens": 20}
    if stream:
        events = [event async for event in await openai_client.responses.create(**options, stream=True)]
        assert events[-1].type == "response.incomplete"
        response = events[-1].response
    else:
        response = await openai_client.responses.create(**options)
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert response.output[-1].status == "incomplete"
    assert 0 < response.usage.output_tokens <= 20


@both
async def test_failures_before_the_first_byte_are_statuses(
    gateway: Gateway, openai_client: openai.AsyncOpenAI, stream: bool
) -> None:
    with pytest.raises(openai.InternalServerError) as server:
        await ask(openai_client, "[[sim:status 500]]", stream=stream)
    assert (server.value.status_code, server.value.code) == (502, "upstream_error")
    with pytest.raises(openai.BadRequestError) as too_long:
        await ask(openai_client, "[[sim:finish reason=context_window_exceeded]]", stream=stream)
    assert too_long.value.code == "context_length_exceeded"
    with pytest.raises(openai.RateLimitError) as quota:
        await ask(openai_client, "[[sim:status 429 credits]]", stream=stream)
    assert quota.value.code == "insufficient_quota"
    assert quota.value.response.headers["x-should-retry"] == "false"
    gateway.forget_tokens()


async def test_a_failure_inside_the_stream_is_a_failed_response(openai_client: openai.AsyncOpenAI) -> None:
    stream = await openai_client.responses.create(model="auto", input="[[sim:text say=half]][[sim:cut]]", stream=True)
    events: list[Any] = [event async for event in stream]
    assert [event.type for event in events[:2]] == ["response.created", "response.in_progress"]
    failed = events[-1]
    assert (failed.type, failed.response.status, failed.response.error.code) == (
        "response.failed", "failed", "server_error",
    )  # fmt: skip
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "half"
    kept = await openai_client.responses.retrieve(failed.response.id)
    assert (kept.status, kept.output_text) == ("failed", "half")
    with pytest.raises(openai.BadRequestError):
        await ask(openai_client, "go on", stream=False, previous_response_id=failed.response.id)


async def test_a_silent_stream_repeats_its_state(gateway: Gateway) -> None:
    async with gateway.openai(door=IMPATIENT) as client:
        stream = await client.responses.create(
            model="auto", input="[[sim:pause 3.5]][[sim:text say=late]]", stream=True
        )
        events: list[Any] = [event async for event in stream]
    kinds = [event.type for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    repeats = kinds.count("response.in_progress") - 1
    assert repeats > 0
    numbers = [event.sequence_number for event in events]
    assert numbers == [0, *[1] * (1 + repeats), *range(2, len(events) - repeats)]
    assert events[-1].response.output_text == "late"


async def test_kept_answers_can_be_read_and_deleted(openai_client: openai.AsyncOpenAI) -> None:
    told = await ask(openai_client, "[[sim:text say=kept]]", stream=False)
    assert (await openai_client.responses.retrieve(told.id)).to_dict() == told.to_dict()
    await openai_client.responses.delete(told.id)
    for missing in (openai_client.responses.retrieve(told.id), openai_client.responses.delete(told.id)):
        with pytest.raises(openai.NotFoundError, match=told.id):
            await missing
    unkept = await ask(openai_client, "[[sim:text say=unkept]]", stream=False, store=False)
    assert unkept.store is False
    with pytest.raises(openai.NotFoundError):
        await openai_client.responses.retrieve(unkept.id)


async def test_an_answer_nobody_waited_for_is_kept(gateway: Gateway, openai_client: openai.AsyncOpenAI) -> None:
    async with httpx.AsyncClient() as client:
        accepted = await client.post(
            f"{gateway.url}/v1/responses",
            json={"model": "auto", "input": "[[sim:text say=alone]]"},
            headers={"prefer": "respond-async"},
        )
    assert accepted.status_code == 202
    response_id = f"resp_{accepted.headers['x-job-id']}"
    async with asyncio.timeout(20):
        while (told := await openai_client.responses.retrieve(response_id)).status == "in_progress":
            await asyncio.sleep(0.02)
    assert told.output_text == "alone"
    second = await ask(openai_client, "go on", stream=False, previous_response_id=response_id)
    assert second.status == "completed"


async def test_what_is_unknown_or_anothers(gateway: Gateway, openai_client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as unknown:
        await ask(openai_client, "hi", stream=False, previous_response_id="resp_" + "0" * 24)
    assert (unknown.value.code, unknown.value.param) == ("previous_response_not_found", "previous_response_id")
    reference = [{"type": "item_reference", "id": "rs_" + "0" * 24 + "_0"}, *user("hi")]
    with pytest.raises(openai.NotFoundError, match="rs_000") as no_item:
        await ask(openai_client, reference, stream=False)
    assert no_item.value.param == "input[0]"
    mine, yours = [gateway.openai(door=LOCKED, api_key=key) for key in CLIENT_KEYS]
    async with mine, yours:
        told = await ask(mine, "[[sim:text say=mine]]", stream=False)
        assert (await mine.responses.retrieve(told.id)).output_text == "mine"
        with pytest.raises(openai.NotFoundError):
            await yours.responses.retrieve(told.id)
        with pytest.raises(openai.BadRequestError):
            await ask(yours, "hi", stream=False, previous_response_id=told.id)


async def test_what_clients_try_before_they_post(gateway: Gateway) -> None:
    upgrade = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13", "sec-websocket-key": "k"}
    url = f"{gateway.url}/v1/responses"
    async with httpx.AsyncClient() as client:
        replies = [
            await client.get(url, headers=upgrade),
            await client.get(url),
            await client.post(f"{url}/compact", json={}),
            await client.post(f"{url}/input_tokens", json={}),
            await client.get(f"{url}/resp_x"),
            await client.get(f"{url}/resp_x/input_items"),
            await client.post(url, content=b"{"),
            await client.post(url, json={"model": "m", "input": "x", "background": True}),
        ]
    assert [reply.status_code for reply in replies] == [426, 405, 404, 404, 404, 404, 400, 400]
    for reply in replies:
        assert set(reply.json()["error"]) == {"message", "type", "param", "code"}
    assert replies[-1].json()["error"]["param"] == "background"


@both
async def test_custom_tools_in_chat_completions(openai_client: openai.AsyncOpenAI, stream: bool) -> None:
    options: dict[str, Any] = {
        "model": "auto",
        "messages": user("""[[sim:tools names=patch args='{"input": "*** Begin"}']]"""),
        "tools": [{"type": "custom", "custom": {"name": "patch"}}],
    }
    if stream:
        chunks = await openai_client.chat.completions.create(**options, stream=True)
        deltas = [delta async for chunk in chunks for delta in chunk.choices[0].delta.tool_calls or ()]
        assert deltas[0].model_dump()["type"] == "custom"
        text = "".join(delta.model_dump()["custom"]["input"] for delta in deltas)
    else:
        completion = await openai_client.chat.completions.create(**options)
        (call,) = completion.choices[0].message.tool_calls or ()
        assert call.type == "custom"
        assert call.custom.name == "patch"
        text = call.custom.input
    assert text == "*** Begin"
