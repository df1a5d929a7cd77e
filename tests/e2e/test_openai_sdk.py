"""The official OpenAI SDK at the front door, with the whole gateway behind it."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openai
import pytest
from pydantic import BaseModel

from cli.simulator.texts import is_intact, tokens
from proto.events import ToolResult, decode_events
from tests.e2e.asking import ask, user
from tests.e2e.conftest import IMPATIENT
from tests.e2e.gateway import Gateway
from tests.servers import Simulator

both = pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])

PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(24)).decode()


def function(name: str, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "description": f"Does {name}.", "parameters": schema}}


TOOLS = [function("get_weather", city={"type": "string"}, days={"type": "integer"}), function("get_time")]


@pytest.fixture
async def impatient(gateway: Gateway) -> AsyncIterator[openai.AsyncOpenAI]:
    async with gateway.openai(door=IMPATIENT) as client:
        yield client


@both
async def test_text(openai_client: openai.AsyncOpenAI, stream: bool) -> None:
    said = 'Grüße, 世界! "quotes" and \\\\ and 🙂'
    answer = await ask(openai_client, f"[[sim:text say='{said}' size=3]]", stream=stream, model="gpt-5")
    assert answer.text == said
    assert answer.stop == "stop"
    assert answer.model == "gpt-5"
    assert answer.id.startswith("chatcmpl-")
    assert not answer.reasoning
    assert not answer.calls


async def test_a_stream_says_what_the_whole_answer_says(openai_client: openai.AsyncOpenAI) -> None:
    script = "[[sim:reasoning n=30]][[sim:checksum n=400 size=7 seed=5]]"
    streamed, whole = await asyncio.gather(*[ask(openai_client, script, stream=each) for each in (True, False)])
    assert is_intact(streamed.text)
    assert streamed.text == whole.text
    assert streamed.reasoning == whole.reasoning
    assert (streamed.output_tokens, streamed.stop) == (whole.output_tokens, whole.stop)


async def test_the_first_words_come_while_the_upstream_still_speaks(
    openai_client: openai.AsyncOpenAI, simulator: Simulator
) -> None:
    script = '[[sim:text say="The first words."]][[sim:silent]]'
    stream = await openai_client.chat.completions.create(model="auto", messages=user(script), stream=True)
    text = ""
    async for chunk in stream:
        text += chunk.choices[0].delta.content or ""
        if text == "The first words.":
            break
    assert simulator.state()["open_streams"] == 1
    await stream.close()
    await asyncio.to_thread(simulator.wait_for, lambda state: state["closed_early"] == 1)


@both
async def test_parallel_tools_and_a_second_turn_with_both_results(
    openai_client: openai.AsyncOpenAI, simulator: Simulator, stream: bool
) -> None:
    script = (
        '[[sim:text say="Let me look."]]'
        """[[sim:tools names=get_weather,get_time args='{"city": "Paris", "days": 3, "at": 9007199254740991}']]"""
    )
    first = await ask(openai_client, script, stream=stream, tools=TOOLS)
    assert first.stop == "tool_calls"
    assert first.text == "Let me look."
    assert [call.name for call in first.calls] == ["get_weather", "get_time"]
    assert len({call.id for call in first.calls}) == 2
    for call in first.calls:
        assert call.arguments == {"city": "Paris", "days": 3, "at": 9007199254740991}
        assert all(type(value) is not float for value in call.arguments.values())

    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": '{"city": "Paris"}'}}
        for call in first.calls
    ]
    second = await ask(
        openai_client,
        [
            *user(script),
            {"role": "assistant", "content": first.text, "tool_calls": calls},
            {"role": "tool", "tool_call_id": first.calls[1].id, "content": "half past nine"},
            {"role": "tool", "tool_call_id": first.calls[0].id, "content": "18 degrees"},
        ],
        stream=stream,
        tools=TOOLS,
    )
    assert second.stop == "stop"
    assert not second.calls
    assert second.text.index("> 18 degrees") < second.text.index("> half past nine")
    seen = simulator.state()["seen"][-1]
    assert (seen["results"], seen["tools"]) == (2, 2)


@both
async def test_one_call_at_most_when_parallel_calls_are_off(openai_client: openai.AsyncOpenAI, stream: bool) -> None:
    script = "[[sim:tools names=get_time,get_weather apart]]"
    answer = await ask(openai_client, script, stream=stream, tools=TOOLS, parallel_tool_calls=False)
    assert [call.name for call in answer.calls] == ["get_time"]
    assert answer.stop == "tool_calls"


@both
async def test_reasoning(openai_client: openai.AsyncOpenAI, stream: bool) -> None:
    script = '[[sim:reasoning say="First, think. " size=4]][[sim:text say="Then speak."]]'
    answer = await ask(openai_client, script, stream=stream)
    assert answer.reasoning == "First, think. "
    assert answer.text == "Then speak."


@both
@pytest.mark.parametrize("told", ["charges", "tokens", "total", "none"])
async def test_usage_is_told_or_estimated(openai_client: openai.AsyncOpenAI, told: str, stream: bool) -> None:
    text = "Nothing in life is to be feared, it is only to be understood."
    answer = await ask(openai_client, f'[[sim:text say="{text}"]][[sim:finish usage={told}]]', stream=stream)
    assert answer.input_tokens is not None
    assert answer.output_tokens is not None
    assert 5 < answer.input_tokens < 200
    if told in ("charges", "tokens"):
        assert answer.output_tokens == tokens(text)
    else:
        assert 5 < answer.output_tokens < 40


async def test_usage_is_told_in_a_stream_only_to_who_asks(openai_client: openai.AsyncOpenAI) -> None:
    stream = await openai_client.chat.completions.create(
        model="auto", messages=user("[[sim:text]]"), stream=True, stream_options={"include_usage": False}
    )
    chunks = [chunk async for chunk in stream]
    assert all(chunk.usage is None for chunk in chunks)
    assert all(chunk.choices for chunk in chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"


@both
async def test_the_upstreams_own_limit_is_a_stop_reason(openai_client: openai.AsyncOpenAI, stream: bool) -> None:
    answer = await ask(openai_client, "[[sim:text n=3]][[sim:finish reason=max_token_limit]]", stream=stream)
    assert answer.text
    assert answer.stop == "length"


@both
async def test_a_stop_sequence_ends_the_answer_and_the_upstream(
    openai_client: openai.AsyncOpenAI, simulator: Simulator, stream: bool
) -> None:
    script = '[[sim:text say="one two STOP three" size=5]][[sim:silent]]'
    answer = await ask(openai_client, script, stream=stream, stop=["never", "STOP"])
    assert answer.text == "one two "
    assert answer.stop == "stop"
    assert answer.output_tokens
    await asyncio.to_thread(simulator.wait_for, lambda state: state["closed_early"] == 1)


@both
@pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens"])
async def test_an_output_limit_ends_the_answer_and_the_upstream(
    openai_client: openai.AsyncOpenAI, simulator: Simulator, limit: str, stream: bool
) -> None:
    answer = await ask(openai_client, "[[sim:text n=100]][[sim:silent]]", stream=stream, **{limit: 20})
    assert answer.stop == "length"
    assert answer.output_tokens is not None
    assert 0 < answer.output_tokens <= 20
    assert 20 < len(answer.text) < 200
    await asyncio.to_thread(simulator.wait_for, lambda state: state["closed_early"] == 1)


@both
async def test_headers(openai_client: openai.AsyncOpenAI, stream: bool) -> None:
    answer = await ask(
        openai_client,
        "[[sim:text]]",
        stream=stream,
        temperature=0.3,
        seed=1,
        extra_headers={"x-client-request-id": "mine-42"},
    )
    headers = answer.headers
    assert re.fullmatch(r"[0-9a-f]{24}", headers["x-job-id"])
    assert answer.id == f"chatcmpl-{headers['x-job-id']}"
    assert headers["x-request-id"] == "mine-42"
    assert set(headers["x-ignored-fields"].split(", ")) == {"temperature", "seed"}
    assert "content-encoding" not in headers
    if stream:
        assert headers["content-type"] == "text/event-stream; charset=utf-8"
        assert headers["cache-control"] == "no-cache"
        assert headers["x-accel-buffering"] == "no"
    other = await ask(openai_client, "[[sim:text]]", stream=stream)
    assert other.headers["x-request-id"].startswith("req_")
    assert other.headers["x-job-id"] != headers["x-job-id"]
    assert "x-ignored-fields" not in other.headers


async def test_the_sdk_finds_the_request_id(openai_client: openai.AsyncOpenAI) -> None:
    completion = await openai_client.chat.completions.create(model="auto", messages=user("Hello"))
    assert completion._request_id is not None
    assert completion._request_id.startswith("req_")


async def test_what_a_stream_consists_of(gateway: Gateway) -> None:
    body = {"model": "auto", "stream": True, "messages": user("[[sim:text n=5]]")}
    async with httpx.AsyncClient(base_url=gateway.url) as client:
        response = await client.post("/v1/chat/completions", json=body)
    events = response.text.split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    assert all(re.fullmatch(r"data: \{.*\}", event) for event in events[:-2])


async def test_system_texts_and_images_reach_the_upstream(
    openai_client: openai.AsyncOpenAI, simulator: Simulator
) -> None:
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
    messages = [
        {"role": "system", "content": "Answer in rhymes."},
        {"role": "developer", "content": [{"type": "text", "text": "And briefly."}]},
        {"role": "user", "content": [{"type": "text", "text": "What is this?"}, picture]},
    ]
    await ask(openai_client, messages, stream=False)
    sent = simulator.state()["bodies"][-1]["input"]
    (image,) = sent["context"]["images"]
    assert image["mime_type"] == "image/png"
    assert base64.b64decode(image["data"]).decode() == PIXEL
    query = sent["user_inputs"]["inputs"][0]["user_query"]
    assert query["referenced_attachments"]["SYSTEM_PROMPT"]["plain_text"] == "Answer in rhymes.\n\nAnd briefly."
    assert "What is this?" in query["query"]
    assert "rhymes" not in query["query"]


@pytest.mark.parametrize(("asked", "upstream"), [("gpt-5", "auto"), ("auto", "auto"), ("gemini-2.5-pro",) * 2])
async def test_the_answer_echoes_the_model_that_was_asked_for(
    openai_client: openai.AsyncOpenAI, simulator: Simulator, asked: str, upstream: str
) -> None:
    for stream in (True, False):
        assert (await ask(openai_client, "Hello", stream=stream, model=asked)).model == asked
    assert [seen["model"] for seen in simulator.state()["seen"]] == [upstream, upstream]


async def test_models(openai_client: openai.AsyncOpenAI) -> None:
    assert [model.id async for model in openai_client.models.list()] == ["auto"]
    assert (await openai_client.models.retrieve("gpt-5")).id == "gpt-5"
    with pytest.raises(openai.NotFoundError) as refused:
        await openai_client.models.retrieve("nobody/knows")
    assert refused.value.code == "model_not_found"


async def test_a_json_answer_is_bare_json(openai_client: openai.AsyncOpenAI) -> None:
    class City(BaseModel):
        name: str
        people: int

    completion = await openai_client.chat.completions.parse(
        model="auto",
        messages=user("""[[sim:text say='```json\\n{"name": "Paris", "people": 2100000}\\n```\\nThere.' size=4]]"""),
        response_format=City,
    )
    assert completion.choices[0].message.parsed == City(name="Paris", people=2_100_000)


async def test_the_streaming_helper_accumulates(openai_client: openai.AsyncOpenAI) -> None:
    script = '[[sim:text say="Let me look."]][[sim:tools names=get_weather,get_time]]'
    async with openai_client.chat.completions.stream(model="auto", messages=user(script), tools=TOOLS) as stream:
        completion = await stream.get_final_completion()
    message = completion.choices[0].message
    assert message.content == "Let me look."
    assert [call.function.name for call in message.tool_calls or []] == ["get_weather", "get_time"]


async def test_what_upstream_answers_itself_is_in_the_log_at_once_and_not_in_the_stream(
    gateway: Gateway, openai_client: openai.AsyncOpenAI
) -> None:
    script = '[[sim:tools names=get_time cancel]][[sim:text say="Never mind."]]'
    answer = await ask(openai_client, script, stream=True, tools=TOOLS)
    assert (answer.text, answer.stop) == ("Never mind.", "stop")
    async with gateway.jobs() as jobs:
        events = [event for entry in await jobs.read(answer.headers["x-job-id"]) for event in decode_events(entry.data)]
    kinds = [type(event).__name__ for event in events]
    assert kinds.index("ToolCall") < kinds.index("ToolResult") < kinds.index("Text")
    (result,) = [event for event in events if isinstance(event, ToolResult)]
    assert (result.text, result.is_error) == ("cancelled", True)


# --- while the upstream is silent -------------------------------------------------------------------------------------


async def test_comments_keep_a_silent_stream_alive_and_are_nothing_to_the_sdk(
    gateway: Gateway, simulator: Simulator, impatient: openai.AsyncOpenAI
) -> None:
    async def listen(script: str, said: str = "") -> str:
        """The stream up to its second keepalive after something was said."""
        body = {"model": "auto", "stream": True, "messages": user(script)}
        seen = ""
        async with client.stream("POST", "/v1/chat/completions", json=body) as response:
            assert response.status_code == 200
            chunks = response.aiter_text()
            while said not in seen or seen[seen.index(said) :].count(": keepalive\n\n") < 2:
                seen += await anext(chunks)
        return seen

    late = ['[[sim:wait 3.4]][[sim:text say="late"]]', '[[sim:text say="la"]][[sim:pause 3.4]][[sim:text say="te"]]']
    async with httpx.AsyncClient(base_url=gateway.urls[IMPATIENT]) as client:
        before, after, *answers = await asyncio.gather(
            listen("[[sim:silent]]"),
            listen('[[sim:text say="So far."]][[sim:silent]]', "So far."),
            *[ask(impatient, script, stream=True) for script in late],
        )
    assert [(answer.text, answer.stop) for answer in answers] == [("late", "stop")] * 2
    for seen in (before, after):  # a keepalive before what is said as well, where the job had to wait
        assert re.fullmatch(r"data: \{.*?\}\n\n(data: \{.*?\}\n\n|: keepalive\n\n)*(: keepalive\n\n){2}", seen)
    assert "So far." not in before
    assert "So far." in after
    await asyncio.to_thread(simulator.wait_for, lambda state: state["open_streams"] == 0)


async def test_headers_wait_for_output_so_that_a_failure_is_still_a_status(
    openai_client: openai.AsyncOpenAI, impatient: openai.AsyncOpenAI
) -> None:
    script = "[[sim:wait 0.8]][[sim:finish reason=context_window_exceeded]]"
    with pytest.raises(openai.BadRequestError) as refused:
        await ask(openai_client, script, stream=True)
    assert refused.value.code == "context_length_exceeded"
    with pytest.raises(openai.APIError) as broken:
        await ask(impatient, script, stream=True)
    assert not isinstance(broken.value, openai.APIStatusError)
    assert broken.value.code == "context_length_exceeded"
