"""The official Anthropic SDK at the front door, with the whole gateway behind it."""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import anthropic
import httpx
import pytest

from cli.simulator.texts import is_intact, tokens
from tests.e2e.asking import ask, user
from tests.e2e.conftest import IMPATIENT
from tests.e2e.gateway import Gateway
from tests.servers import Simulator

both = pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])

PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(24)).decode()
THINKING = {"type": "enabled", "budget_tokens": 1024}


def tool(name: str, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"name": name, "description": f"Does {name}.", "input_schema": schema}


TOOLS = [tool("get_weather", city={"type": "string"}, days={"type": "integer"}), tool("get_time")]


@pytest.fixture
async def impatient(gateway: Gateway) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with gateway.anthropic(door=IMPATIENT) as client:
        yield client


@both
async def test_text(anthropic_client: anthropic.AsyncAnthropic, stream: bool) -> None:
    said = 'Grüße, 世界! "quotes" and \\\\ and 🙂'
    answer = await ask(anthropic_client, f"[[sim:text say='{said}' size=3]]", stream=stream, model="claude-next")
    assert answer.text == said
    assert answer.stop == "end_turn"
    assert answer.model == "claude-next"
    assert answer.id.startswith("msg_")
    assert not answer.reasoning
    assert not answer.calls


async def test_a_stream_says_what_the_whole_answer_says(anthropic_client: anthropic.AsyncAnthropic) -> None:
    script = "[[sim:reasoning n=30]][[sim:checksum n=400 size=7 seed=5]]"
    streamed, whole = await asyncio.gather(
        *[ask(anthropic_client, script, stream=each, thinking=THINKING) for each in (True, False)]
    )
    assert is_intact(streamed.text)
    assert streamed.text == whole.text
    assert streamed.reasoning == whole.reasoning
    assert (streamed.output_tokens, streamed.stop) == (whole.output_tokens, whole.stop)


async def test_the_first_words_come_while_the_upstream_still_speaks(
    anthropic_client: anthropic.AsyncAnthropic, simulator: Simulator
) -> None:
    script = '[[sim:text say="The first words."]][[sim:silent]]'
    async with anthropic_client.messages.stream(model="auto", max_tokens=100, messages=user(script)) as stream:
        text = ""
        async for piece in stream.text_stream:
            text += piece
            if text == "The first words.":
                break
        assert simulator.state()["open_streams"] == 1
    await asyncio.to_thread(simulator.wait_for, lambda state: state["closed_early"] == 1)


@both
async def test_parallel_tools_and_a_second_turn_with_both_results(
    anthropic_client: anthropic.AsyncAnthropic, simulator: Simulator, stream: bool
) -> None:
    script = (
        '[[sim:text say="Let me look."]]'
        """[[sim:tools names=get_weather,get_time args='{"city": "Paris", "days": 3, "at": 9007199254740991}']]"""
    )
    first = await ask(anthropic_client, script, stream=stream, tools=TOOLS)
    assert first.stop == "tool_use"
    assert first.text == "Let me look."
    assert [call.name for call in first.calls] == ["get_weather", "get_time"]
    assert len({call.id for call in first.calls}) == 2
    for call in first.calls:
        assert call.arguments == {"city": "Paris", "days": 3, "at": 9007199254740991}
        assert all(type(value) is not float for value in call.arguments.values())

    uses = [{"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments} for call in first.calls]
    results = [
        {"type": "tool_result", "tool_use_id": first.calls[1].id, "content": "half past nine"},
        {
            "type": "tool_result",
            "tool_use_id": first.calls[0].id,
            "is_error": True,
            "content": [{"type": "text", "text": "no weather today"}],
        },
    ]
    second = await ask(
        anthropic_client,
        [
            *user(script),
            {"role": "assistant", "content": [{"type": "text", "text": first.text}, *uses]},
            {"role": "user", "content": results},
        ],
        stream=stream,
        tools=TOOLS,
    )
    assert second.stop == "end_turn"
    assert not second.calls
    assert second.text.index("> no weather today") < second.text.index("> half past nine")
    seen = simulator.state()["seen"][-1]
    assert (seen["results"], seen["tools"]) == (2, 2)


@both
async def test_one_call_at_most_when_parallel_calls_are_off(
    anthropic_client: anthropic.AsyncAnthropic, stream: bool
) -> None:
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    script = "[[sim:tools names=get_time,get_weather apart]]"
    answer = await ask(anthropic_client, script, stream=stream, tools=TOOLS, tool_choice=choice)
    assert [call.name for call in answer.calls] == ["get_time"]
    assert answer.stop == "tool_use"


@both
async def test_reasoning(anthropic_client: anthropic.AsyncAnthropic, simulator: Simulator, stream: bool) -> None:
    script = '[[sim:reasoning say="First, think. " size=4]][[sim:text say="Then speak."]]'
    first = await ask(anthropic_client, script, stream=stream, thinking=THINKING)
    assert first.reasoning == "First, think. "
    assert first.text == "Then speak."
    assert first.headers["x-ignored-fields"] == "thinking.budget_tokens"
    await ask(anthropic_client, "Hello", stream=stream)
    asked = [body["settings"].get("supports_reasoning_message", False) for body in simulator.state()["bodies"]]
    assert asked == [True, False]


async def test_a_thinking_block_is_signed_and_taken_back(anthropic_client: anthropic.AsyncAnthropic) -> None:
    script = "[[sim:reasoning n=3]][[sim:text n=3]]"
    options: dict[str, Any] = {"model": "auto", "max_tokens": 2000, "thinking": THINKING}
    whole = await anthropic_client.messages.create(messages=user(script), **options)
    async with anthropic_client.messages.stream(messages=user(script), **options) as stream:
        streamed = await stream.get_final_message()
    for message in (whole, streamed):
        assert [block.type for block in message.content] == ["thinking", "text"]
        assert message.content[0].signature
        turns = [*user("Hi"), {"role": "assistant", "content": message.content}, *user("[[sim:text say=Yes.]]")]
        assert (await ask(anthropic_client, turns, stream=False)).text == "Yes."


async def test_thinking_that_is_omitted_keeps_the_stream_alive_and_that_which_nobody_wanted_is_gone(
    gateway: Gateway,
) -> None:
    script = "[[sim:reasoning n=8 size=2 gap=0.1]][[sim:text say=Yes.]]"
    body = {"model": "auto", "max_tokens": 99, "stream": True, "messages": user(script)}
    omitted = body | {"thinking": {"type": "adaptive", "display": "omitted"}}
    async with httpx.AsyncClient(base_url=gateway.urls[IMPATIENT]) as client:
        hidden, unwanted = await asyncio.gather(
            *[client.post("/v1/messages", json=each) for each in (omitted, body)],
        )
    names = re.findall(r"event: (\w+)", hidden.text)
    begun = names.index("content_block_start")
    assert names[begun + 1] == "ping"
    assert [name for name in names[begun:] if name != "ping"][:3] == [
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
    ]
    assert "thinking_delta" not in hidden.text
    assert "signature_delta" in hidden.text
    assert '"type":"thinking"' not in unwanted.text
    assert "Yes." in unwanted.text


@both
@pytest.mark.parametrize("told", ["charges", "tokens", "total", "none"])
async def test_usage_is_told_or_estimated(anthropic_client: anthropic.AsyncAnthropic, told: str, stream: bool) -> None:
    text = "Nothing in life is to be feared, it is only to be understood."
    answer = await ask(anthropic_client, f'[[sim:text say="{text}"]][[sim:finish usage={told}]]', stream=stream)
    assert answer.input_tokens is not None
    assert answer.output_tokens is not None
    assert 5 < answer.input_tokens < 200
    if told in ("charges", "tokens"):
        assert answer.output_tokens == tokens(text)
    else:
        assert 5 < answer.output_tokens < 40


@both
async def test_the_upstreams_own_limit_is_a_stop_reason(
    anthropic_client: anthropic.AsyncAnthropic, stream: bool
) -> None:
    answer = await ask(anthropic_client, "[[sim:text n=3]][[sim:finish reason=max_token_limit]]", stream=stream)
    assert answer.text
    assert answer.stop == "max_tokens"


async def test_a_stop_sequence_ends_the_answer_and_the_upstream(
    anthropic_client: anthropic.AsyncAnthropic, simulator: Simulator
) -> None:
    options: dict[str, Any] = {
        "model": "auto",
        "max_tokens": 2000,
        "stop_sequences": ["never", "STOP"],
        "messages": user('[[sim:text say="one two STOP three" size=5]][[sim:silent]]'),
    }
    whole = await anthropic_client.messages.create(**options)
    async with anthropic_client.messages.stream(**options) as stream:
        streamed = await stream.get_final_message()
    for message in (whole, streamed):
        assert [block.text for block in message.content] == ["one two "]
        assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", "STOP")
        assert message.usage.output_tokens
    await asyncio.to_thread(simulator.wait_for, lambda state: state["closed_early"] == 2)


@both
async def test_an_output_limit_ends_the_answer_and_the_upstream(
    anthropic_client: anthropic.AsyncAnthropic, simulator: Simulator, stream: bool
) -> None:
    answer = await ask(anthropic_client, "[[sim:text n=100]][[sim:silent]]", stream=stream, max_tokens=20)
    assert answer.stop == "max_tokens"
    assert answer.output_tokens is not None
    assert 0 < answer.output_tokens <= 20
    assert 20 < len(answer.text) < 200
    await asyncio.to_thread(simulator.wait_for, lambda state: state["closed_early"] == 1)


@both
async def test_headers(anthropic_client: anthropic.AsyncAnthropic, stream: bool) -> None:
    answer = await ask(
        anthropic_client, "[[sim:text]]", stream=stream, metadata={"user_id": "u"}, extra_body={"top_k": 3}
    )
    headers = answer.headers
    assert re.fullmatch(r"[0-9a-f]{24}", headers["x-job-id"])
    assert answer.id == f"msg_{headers['x-job-id']}"
    assert headers["request-id"] == headers["x-request-id"]
    assert headers["request-id"].startswith("req_")
    assert set(headers["x-ignored-fields"].split(", ")) == {"metadata", "top_k"}
    assert "content-encoding" not in headers
    if stream:
        assert headers["content-type"] == "text/event-stream; charset=utf-8"


async def test_the_sdk_finds_the_request_id(anthropic_client: anthropic.AsyncAnthropic) -> None:
    message = await anthropic_client.messages.create(model="auto", max_tokens=9, messages=user("Hello"))
    assert message._request_id is not None
    assert message._request_id.startswith("req_")


async def test_what_a_stream_consists_of(gateway: Gateway) -> None:
    script = "[[sim:reasoning n=2]][[sim:text n=2]][[sim:tools names=get_time,get_weather]]"
    options = {"max_tokens": 2000, "stream": True, "tools": TOOLS, "thinking": THINKING}
    body = {"model": "auto", "messages": user(script), **options}
    async with httpx.AsyncClient(base_url=gateway.url) as client:
        response = await client.post("/v1/messages?beta=true", json=body)
    *events, rest = response.text.split("\n\n")
    assert rest == ""
    kinds = []
    for event in events:
        parsed = re.fullmatch(r"event: (\w+)\ndata: (\{.*\})", event)
        assert parsed is not None, event
        data = json.loads(parsed[2])
        assert data["type"] == parsed[1]
        kind = data["type"].removeprefix("content_block_")
        kinds.append(f"{kind} {data['index']}" if "index" in data else kind)
    merged = [kind for at, kind in enumerate(kinds) if at == 0 or kind != kinds[at - 1]]
    blocks = [f"{kind} {index}" for index in range(4) for kind in ("start", "delta", "stop")]
    assert merged == ["message_start", *blocks, "message_delta", "message_stop"]


async def test_system_texts_images_and_documents_reach_the_upstream(
    anthropic_client: anthropic.AsyncAnthropic, simulator: Simulator
) -> None:
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
    source = {"type": "text", "media_type": "text/plain", "data": "The roof leaks."}
    document = {"type": "document", "title": "report", "source": source}
    await ask(
        anthropic_client,
        [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, picture, document]}],
        stream=False,
        system=[{"type": "text", "text": "Answer in rhymes.", "cache_control": {"type": "ephemeral"}}],
    )
    sent = simulator.state()["bodies"][-1]["input"]
    (image,) = sent["context"]["images"]
    assert image["mime_type"] == "image/png"
    assert base64.b64decode(image["data"]).decode() == PIXEL
    query = sent["user_inputs"]["inputs"][0]["user_query"]
    attached = {name: each["plain_text"] for name, each in query["referenced_attachments"].items()}
    assert attached == {"SYSTEM_PROMPT": "Answer in rhymes.", "report": "The roof leaks."}
    assert "What is this?" in query["query"]


async def test_a_begun_answer_and_a_system_message_among_the_others_are_taken(
    anthropic_client: anthropic.AsyncAnthropic,
) -> None:
    begun = [*user("[[sim:text say=Paris.]]"), {"role": "assistant", "content": "The capital of France is "}]
    assert (await ask(anthropic_client, begun, stream=False)).text == "Paris."
    reminded = [*user("[[sim:text say=Paris.]]"), {"role": "system", "content": "Be brief."}]
    assert (await ask(anthropic_client, reminded, stream=True)).text == "Paris."


@pytest.mark.parametrize(("asked", "upstream"), [("claude-next", "auto"), ("auto", "auto"), ("gemini-2.5-pro",) * 2])
async def test_the_answer_echoes_the_model_that_was_asked_for(
    anthropic_client: anthropic.AsyncAnthropic, simulator: Simulator, asked: str, upstream: str
) -> None:
    for stream in (True, False):
        assert (await ask(anthropic_client, "Hello", stream=stream, model=asked)).model == asked
    assert [seen["model"] for seen in simulator.state()["seen"]] == [upstream, upstream]


async def test_models(anthropic_client: anthropic.AsyncAnthropic) -> None:
    models = [model async for model in anthropic_client.models.list()]
    assert [(model.id, model.type) for model in models] == [("auto", "model")]
    assert (await anthropic_client.models.retrieve("claude-next")).id == "claude-next"
    with pytest.raises(anthropic.NotFoundError) as refused:
        await anthropic_client.models.retrieve("nobody-knows")
    assert refused.value.type == "not_found_error"


# --- while the upstream is silent -------------------------------------------------------------------------------------


async def test_pings_keep_a_silent_stream_alive_and_are_nothing_to_the_sdk(
    gateway: Gateway, simulator: Simulator, impatient: anthropic.AsyncAnthropic
) -> None:
    ping = 'event: ping\ndata: {"type":"ping"}\n\n'

    async def listen(script: str) -> str:
        """The stream up to its second keepalive."""
        body = {"model": "auto", "max_tokens": 99, "stream": True, "messages": user(script)}
        seen = ""
        async with client.stream("POST", "/v1/messages", json=body) as response:
            assert response.status_code == 200
            chunks = response.aiter_text()
            while seen.count(ping) < 2:
                seen += await anext(chunks)
        return seen

    late = ['[[sim:wait 3.4]][[sim:text say="late"]]', '[[sim:text say="la"]][[sim:pause 3.4]][[sim:text say="te"]]']
    async with httpx.AsyncClient(base_url=gateway.urls[IMPATIENT]) as client:
        before, after, *answers = await asyncio.gather(
            listen("[[sim:silent]]"),
            listen('[[sim:text say="So far."]][[sim:silent]]'),
            *[ask(impatient, script, stream=True) for script in late],
        )
    assert [(answer.text, answer.stop) for answer in answers] == [("late", "end_turn")] * 2
    for seen in (before, after):
        assert seen.startswith("event: message_start\n")
    assert "So far." not in before
    assert "So far." in after
    await asyncio.to_thread(simulator.wait_for, lambda state: state["open_streams"] == 0)


async def test_headers_wait_for_output_so_that_a_failure_is_still_a_status(
    anthropic_client: anthropic.AsyncAnthropic, impatient: anthropic.AsyncAnthropic
) -> None:
    script = "[[sim:wait 0.8]][[sim:finish reason=context_window_exceeded]]"
    with pytest.raises(anthropic.BadRequestError) as refused:
        await ask(anthropic_client, script, stream=True)
    assert "prompt is too long" in refused.value.message
    with pytest.raises(anthropic.APIStatusError) as broken:
        await ask(impatient, script, stream=True)
    assert broken.value.status_code == 200
    assert broken.value.type == "invalid_request_error"
