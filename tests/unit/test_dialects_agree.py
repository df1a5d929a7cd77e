"""One answer in every dialect: the same words, calls and tokens, whatever each API calls them."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from starlette.routing import Route

from api.routes.chat import router
from proto.dialects import DIALECTS, dialect_at, get_dialect
from proto.dialects.base import Vendor
from proto.events import Event, Finished, FinishReason, Reasoning, Text, ToolCall, Usage
from tests.unit.dialects import frames, plain_logs, reply_header

USAGES = [
    Usage(10, 5),
    Usage(10, 5, cache_read=3, cache_write=2, reasoning=4),
    Usage(0, 5, cache_read=30),
    Usage(0, 5),
    None,
]


def asked(usage: Usage | None) -> int:
    """The prompt's tokens: those told, or the estimate of the reply header."""
    return (usage.input + usage.cache_read + usage.cache_write if usage else 0) or 7


def log(usage: Usage | None) -> list[Event]:
    told = [usage] if usage else []
    call = ToolCall("c1", "f", '{"a":1}')
    return [Reasoning("hm"), Text("so"), call, *told, Finished(FinishReason.TOOL_CALLS)]


@pytest.mark.parametrize("usage", USAGES)
def test_tokens_add_up_to_the_same_in_every_dialect(usage: Usage | None) -> None:
    answers = {
        name: get_dialect(name).whole(reply_header(name), log(usage)) for name in ("openai", "anthropic", "responses")
    }
    said = usage.output if usage else 0
    counted = {name: answer["usage"] for name, answer in answers.items()}
    assert counted["openai"]["prompt_tokens"] == asked(usage)
    assert counted["openai"]["completion_tokens"] == said
    assert counted["openai"]["total_tokens"] == asked(usage) + said
    assert counted["responses"]["input_tokens"] == asked(usage)
    assert counted["responses"]["output_tokens"] == said
    messages = counted["anthropic"]
    parts = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    assert sum(messages[part] for part in parts) == asked(usage)
    assert messages["output_tokens"] == said


@pytest.mark.parametrize("usage", USAGES)
def test_a_stream_of_messages_begins_with_an_estimate_that_nothing_worse_replaces(usage: Usage | None) -> None:
    payloads = [
        orjson.loads(frame.split(b"data: ")[1])
        for frame in frames(get_dialect("anthropic"), reply_header("anthropic"), log(usage))
    ]
    tokens: dict[str, Any] = payloads[0]["message"]["usage"]
    assert tokens["input_tokens"] == 7
    assert payloads[-2]["type"] == "message_delta"
    tokens |= payloads[-2]["usage"]
    assert tokens["input_tokens"] + tokens["cache_read_input_tokens"] + tokens["cache_creation_input_tokens"] == asked(
        usage
    )


def of_kind(items: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [item for item in items if item["type"] == kind]


@settings(deadline=None, max_examples=60)
@given(plain_logs)
def test_any_answer_says_the_same_in_every_dialect(events: list[Event]) -> None:
    chat, messages, responses = (
        get_dialect(name).whole(reply_header(name), events) for name in ("openai", "anthropic", "responses")
    )
    message, blocks, items = chat["choices"][0]["message"], messages["content"], responses["output"]

    text = message["content"] or ""
    assert "".join(block["text"] for block in of_kind(blocks, "text")) == text
    assert "".join(item["content"][0]["text"] for item in of_kind(items, "message")) == text

    reasoning = message.get("reasoning_content", "")
    assert "".join(block["thinking"] for block in of_kind(blocks, "thinking")) == reasoning
    assert "".join(item["summary"][0]["text"] for item in of_kind(items, "reasoning")) == reasoning

    functions = [(call["id"], call["function"]) for call in message.get("tool_calls", [])]
    calls = [(id_, function["name"], orjson.loads(function["arguments"])) for id_, function in functions]
    assert [(block["id"], block["name"], block["input"]) for block in of_kind(blocks, "tool_use")] == calls
    assert [
        (item["call_id"], item["name"], orjson.loads(item["arguments"])) for item in of_kind(items, "function_call")
    ] == calls

    stop = chat["choices"][0]["finish_reason"]
    assert (stop == "tool_calls") == (messages["stop_reason"] == "tool_use")
    assert (stop == "length") == (messages["stop_reason"] == "max_tokens") == (responses["status"] == "incomplete")


@pytest.mark.parametrize("arguments", ['{"a":', "[1]", "", "null"])
def test_arguments_that_are_no_object_are_an_empty_one(arguments: str) -> None:
    events: list[Event] = [ToolCall("c", "f", arguments), Finished(FinishReason.STOP)]
    chat, messages, responses = (
        get_dialect(name).whole(reply_header(name), events) for name in ("openai", "anthropic", "responses")
    )
    assert chat["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] == "{}"
    assert messages["content"][0]["input"] == {}
    assert responses["output"][0]["arguments"] == "{}"
    stream = b"".join(frames(get_dialect("anthropic"), reply_header("anthropic"), events))
    assert b'{"type":"input_json_delta","partial_json":"{}"}' in stream


def test_every_dialect_is_served_at_its_path() -> None:
    assert {route.path for route in router.routes if isinstance(route, Route)} == {
        dialect.path for dialect in DIALECTS.values()
    }


@pytest.mark.parametrize(
    ("path", "vendor", "name"),
    [
        ("/v1/chat/completions", Vendor.ANTHROPIC, "openai"),
        ("/v1/responses/resp_x", Vendor.ANTHROPIC, "responses"),
        ("/v1/messages/count_tokens", Vendor.OPENAI, "anthropic"),
        ("/v1/models", Vendor.ANTHROPIC, "anthropic"),
        ("/v1/models", Vendor.OPENAI, "openai"),
        ("/", Vendor.OPENAI, "openai"),
    ],
)
def test_which_dialect_a_path_is_told_in(path: str, vendor: Vendor, name: str) -> None:
    assert dialect_at(path, vendor).name == name
