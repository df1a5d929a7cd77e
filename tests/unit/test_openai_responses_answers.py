"""Responses: frames, answers and errors out, all also read by the official SDK."""

from typing import Any

import openai
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import Response

from proto.conversation import ReasoningPart, TextPart, ToolCallPart
from proto.dialects.openai_responses import response_as_told
from proto.errors import ErrorCode, GatewayError
from proto.events import (
    Event,
    Failed,
    Finished,
    FinishReason,
    Reasoning,
    Restarted,
    Revised,
    Started,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)
from proto.jobs import ReplyHeader
from tests.unit.dialects import any_logs, frames, json_reply, plain_logs, reply_header, sse
from tests.unit.responses import ADD, AGENTS, DONE, PATCH, RESPONSES, SEARCH, USER, assistant, parse, transcript


def header(**fields: Any) -> ReplyHeader:
    return reply_header("responses", stream=True, extra=parse(**fields).extra)


def events_of(stream: list[bytes]) -> list[dict[str, Any]]:
    """The frames' data, each known to be one event whose names agree."""
    told = []
    for frame in stream:
        name, data = frame.removesuffix(b"\n\n").split(b"\n")
        event = orjson.loads(data.removeprefix(b"data: "))
        assert name == b"event: " + event["type"].encode()
        told.append(event)
    return told


def client(http_client: Any) -> openai.OpenAI:
    return openai.OpenAI(api_key="k", base_url="http://gateway/v1", http_client=http_client, max_retries=0)


def test_the_frames_of_an_answer_with_everything() -> None:
    asked = header(tools=[ADD, PATCH, AGENTS, SEARCH], include=["reasoning.encrypted_content"])
    events: list[Event] = [
        Started("c", "r"), Reasoning("h"), Reasoning("m"), Text('say "é"'), Text("\n"), Usage(10, 5, 3, 2, 4),
        ToolCall("call_1", "add", '{"a":1}'), ToolCall("not legal", "apply_patch", '{"input":"x\\ny"}'),
        ToolCall("call_3", "agents__spawn", "{}"), ToolCall("call_4", "tool_search", '{"query":"q"}'), DONE,
    ]  # fmt: skip
    told = events_of(frames(RESPONSES, asked, events))
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    assert [event["type"].removeprefix("response.") for event in told] == [
        "created", "in_progress",
        "output_item.added", "reasoning_summary_part.added", "reasoning_summary_text.delta",
        "reasoning_summary_text.delta", "reasoning_summary_text.done", "reasoning_summary_part.done",
        "output_item.done",
        "output_item.added", "content_part.added", "output_text.delta", "output_text.delta", "output_text.done",
        "content_part.done", "output_item.done",
        "output_item.added", "function_call_arguments.delta", "function_call_arguments.done", "output_item.done",
        "output_item.added", "custom_tool_call_input.delta", "custom_tool_call_input.done", "output_item.done",
        "output_item.added", "function_call_arguments.delta", "function_call_arguments.done", "output_item.done",
        "output_item.added", "output_item.done",
        "completed",
    ]  # fmt: skip
    done = [event["item"] for event in told if event["type"] == "response.output_item.done"]
    begun = [event["item"] for event in told if event["type"] == "response.output_item.added"]
    assert [item["id"] for item in begun] == [item["id"] for item in done]
    assert all(item.get("status", "in_progress") == "in_progress" for item in begun)
    last = told[-1]["response"]
    assert last["output"] == done
    reasoning, message, add, patch, spawn, search = done
    assert reasoning == {
        "id": "rs_j0b_0",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "hm"}],
        "encrypted_content": reasoning["encrypted_content"],
    }
    assert message == {
        "id": "msg_j0b_1",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [{"type": "output_text", "text": 'say "é"\n', "annotations": [], "logprobs": []}],
    }
    assert add == {
        "id": "fc_j0b_2", "type": "function_call", "status": "completed", "call_id": "call_1",
        "name": "add", "arguments": '{"a":1}',
    }  # fmt: skip
    assert patch["call_id"].startswith("call_")
    assert (patch["id"], patch["type"], patch["name"], patch["input"]) == (
        "ctc_j0b_3", "custom_tool_call", "apply_patch", "x\ny",
    )  # fmt: skip
    assert (spawn["name"], spawn["namespace"], spawn["arguments"]) == ("spawn", "agents", "{}")
    assert (search["type"], search["execution"], search["arguments"]) == ("tool_search_call", "client", {"query": "q"})
    assert last["usage"] == {
        "input_tokens": 15,
        "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 2},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 4},
        "total_tokens": 20,
    }
    assert (last["status"], last["error"], last["incomplete_details"]) == ("completed", None, None)


def test_the_golden_frames_of_a_short_answer() -> None:
    stream = frames(RESPONSES, reply_header("responses"), [Text("a"), Text('"'), DONE])
    item = '"item_id":"msg_j0b_0","output_index":0,"content_index":0,'
    message = '{"id":"msg_j0b_0","type":"message","status":"in_progress","role":"assistant","content":[]}'
    part = '"part":{"type":"output_text","text":"","annotations":[],"logprobs":[]}'
    expected = [
        ("output_item.added", f'"output_index":0,"item":{message}'),
        ("content_part.added", item + part),
        ("output_text.delta", item + '"logprobs":[],"delta":"a"'),
        ("output_text.delta", item + '"logprobs":[],"delta":"\\""'),
    ]
    assert stream[2:6] == [
        f'event: response.{name}\ndata: {{"type":"response.{name}","sequence_number":{number},{rest}}}\n\n'.encode()
        for number, (name, rest) in enumerate(expected, start=2)
    ]


@pytest.mark.parametrize(
    ("events", "status", "reason"),
    [
        ([DONE], "completed", None),
        ([Text("a"), Finished(FinishReason.STOP_SEQUENCE, "x")], "completed", None),
        ([ToolCall("c", "f", "{}"), Finished(FinishReason.TOOL_CALLS)], "completed", None),
        ([Text("a"), Finished(FinishReason.LENGTH)], "incomplete", "max_output_tokens"),
    ],
)
def test_how_an_answer_ends(events: list[Any], status: str, reason: str | None) -> None:
    last = events_of(frames(RESPONSES, header(), events))[-1]
    whole = RESPONSES.whole(header(), events)
    assert last["type"] == f"response.{status}"
    for response in (last["response"], whole):
        assert response["status"] == status
        assert (response["incomplete_details"] or {}).get("reason") == reason
        if response["output"]:
            assert response["output"][-1]["status"] == status


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (ErrorCode.UPSTREAM_TRUNCATED, "server_error"),
        (ErrorCode.OVERLOADED, "server_error"),
        (ErrorCode.CONTEXT_EXCEEDED, "context_length_exceeded"),
        (ErrorCode.QUOTA, "insufficient_quota"),
        (ErrorCode.RATE_LIMITED, "rate_limit_exceeded"),
    ],
)
def test_a_failure_ends_the_stream_with_a_failed_response(code: ErrorCode, told: str) -> None:
    stream = frames(RESPONSES, header(), [Reasoning("hm"), Text("half"), Failed(code, "so it is")])
    last = events_of(stream)[-1]
    assert last["type"] == "response.failed"
    response = last["response"]
    assert (response["status"], response["error"]) == ("failed", {"code": told, "message": "so it is"})
    assert [item["id"] for item in response["output"]] == ["rs_j0b_0", "msg_j0b_1"]
    assert response["output"][1]["status"] == "incomplete"
    read = list(client(sse(stream)).responses.create(model="m", input="hi", stream=True))
    assert read[-1].type == "response.failed"


def test_what_was_taken_back_gives_no_frames() -> None:
    encoder = RESPONSES.stream(header())
    for event in (Started(), Usage(), Restarted(2), Revised(0, "x"), ToolResult("c"), Text(""), Reasoning("")):
        assert encoder.feed(event) == []


def test_a_keepalive_is_the_state_again_and_counts_as_nothing() -> None:
    encoder = RESPONSES.stream(header())
    stream = [*encoder.opening(), encoder.keepalive(), *encoder.feed(Text("a")), encoder.keepalive()]
    stream += [encoder.keepalive(), *encoder.feed(DONE)]
    told = events_of(stream)
    assert [event["sequence_number"] for event in told] == [0, 1, 1, 2, 3, 4, 4, 4, 5, 6, 7, 8]
    with client(sse(stream)).responses.stream(model="m", input="hi") as read:
        assert read.get_final_response().output_text == "a"


def test_reasoning_has_a_seal_only_when_it_was_asked_for() -> None:
    events = [Reasoning("a"), Text("b"), Reasoning("c"), DONE]
    plain = RESPONSES.whole(header(), events)["output"]
    assert "encrypted_content" not in plain[0]
    sealed = RESPONSES.whole(header(include=["reasoning.encrypted_content"]), events)["output"]
    seals = {item["encrypted_content"] for item in sealed if item["type"] == "reasoning"}
    assert len(seals) == 2
    assert transcript(USER, *sealed)[1].parts[0] == ReasoningPart("a", sealed[0]["encrypted_content"])


def test_an_answer_goes_back_as_it_was_told() -> None:
    tools = [ADD, PATCH, AGENTS, SEARCH]
    events: list[Event] = [
        Reasoning("hm"),
        Text("a"),
        ToolCall("c1", "add", '{"a":1}'),
        ToolCall("c2", "apply_patch", '{"input":"x"}'),
        ToolCall("c3", "agents__tell", '{"input":"y"}'),
        ToolCall("c4", "tool_search", '{"query":"q"}'),
        DONE,
    ]
    output = RESPONSES.whole(header(tools=tools), events)["output"]
    assert transcript(USER, *output, tools=tools)[:2] == assistant(
        ReasoningPart("hm"),
        TextPart("a"),
        *[ToolCallPart(call.id, call.name, call.arguments) for call in events if isinstance(call, ToolCall)],
    )


def test_the_sdks_stream_helper_adds_the_frames_up_to_the_whole_answer() -> None:
    asked = header(tools=[ADD, PATCH])
    events = [
        Reasoning("hm"), Text("a"), ToolCall("c1", "add", '{"a":1}'), Text("b"),
        ToolCall("c2", "apply_patch", '{"input":"x"}'), Usage(3, 4), DONE,
    ]  # fmt: skip
    with client(sse(frames(RESPONSES, asked, events))).responses.stream(model="m", input="hi") as stream:
        streamed = stream.get_final_response()
    whole = client(json_reply(RESPONSES.whole(asked, events))).responses.create(model="m", input="hi")
    assert streamed.output_text == whole.output_text == "ab"
    assert streamed.to_dict() | {"output": []} == whole.to_dict() | {"output": []}
    assert [item.id for item in streamed.output] == [item.id for item in whole.output]
    assert whole.usage is not None
    assert whole.usage.total_tokens == 7


def added_up(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The output that the frames make when items grow by their deltas alone."""
    items: list[dict[str, Any]] = []
    for event in told:
        match event["type"].removeprefix("response."):
            case "output_item.added":
                assert event["output_index"] == len(items)
                items.append(event["item"])
            case "content_part.added":
                items[event["output_index"]]["content"].append(event["part"])
            case "reasoning_summary_part.added":
                items[event["output_index"]]["summary"].append(event["part"])
            case "output_text.delta":
                items[event["output_index"]]["content"][event["content_index"]]["text"] += event["delta"]
            case "reasoning_summary_text.delta":
                items[event["output_index"]]["summary"][event["summary_index"]]["text"] += event["delta"]
            case "function_call_arguments.delta":
                items[event["output_index"]]["arguments"] += event["delta"]
            case "custom_tool_call_input.delta":
                items[event["output_index"]]["input"] += event["delta"]
            case "output_item.done":
                item = items[event["output_index"]]
                if item.get("status"):
                    item["status"] = event["item"]["status"]
                assert item == event["item"]
    return items


@given(plain_logs, st.booleans())
def test_stream_and_whole_answer_are_equal(events: list[Any], custom: bool) -> None:
    extra = {"tools": {"g": ["custom", "g", "ns"]}} if custom else {}
    asked = reply_header("responses", stream=True, extra=header().extra | extra)
    whole = RESPONSES.whole(asked, events)
    told = events_of(frames(RESPONSES, asked, events))
    assert told[-1]["response"] == whole == response_as_told(asked, events)
    assert added_up(told) == whole["output"]
    Response.model_validate(whole, strict=True)
    other = RESPONSES.whole(reply_header("openai"), events)
    assert other | {"output": []} == whole | {"output": []}


@given(any_logs)
def test_any_log_gives_frames_that_end(events: list[Any]) -> None:
    told = events_of(frames(RESPONSES, header(), events))
    assert told[-1]["type"] in ("response.completed", "response.incomplete", "response.failed")
    assert sum(event["type"] == told[-1]["type"] for event in told) == 1
    for streamed in (True, False):
        asked = reply_header("responses", stream=streamed)
        assert response_as_told(asked, events)["status"] == told[-1]["response"]["status"]


# Errors


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_error_is_one_the_sdk_understands(code: ErrorCode) -> None:
    reply = RESPONSES.error(GatewayError(code, "so it is", param="p", retry_after=0.2), "req_1")
    http = json_reply(reply.body, reply.status, reply.headers)
    with pytest.raises(openai.APIStatusError, match="so it is") as caught:
        client(http).responses.create(model="m", input="hi")
    assert (caught.value.code, caught.value.param) == (reply.body["error"]["code"], "p")
