"""Chat Completions: frames, answers and errors out, all also read by the official SDK."""

from typing import Any

import openai
import orjson
import pytest
from hypothesis import given
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from proto.dialects import get_dialect
from proto.dialects.base import ParsedRequest
from proto.errors import BadRequestError, ErrorCode, GatewayError
from proto.events import (
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
from tests.unit.dialects import any_logs, frames, json_reply, plain_logs, reply_header, sse

OPENAI = get_dialect("openai")
USER = {"role": "user", "content": "hi"}


def parse(**fields: Any) -> ParsedRequest:
    return OPENAI.parse({"model": "m", "messages": [USER]} | fields, lambda name: f"up-{name}")


def chunk(choices: str, usage: str = "") -> bytes:
    return (
        '{"id":"chatcmpl-j0b","object":"chat.completion.chunk","created":1800000000,"model":"asked-name","choices":'
        + choices + usage + "}"
    ).encode()  # fmt: skip


def delta(value: str, usage: str = "") -> bytes:
    return chunk(f'[{{"index":0,"delta":{value},"logprobs":null,"finish_reason":null}}]', usage)


def finish(reason: str, usage: str = "") -> bytes:
    return chunk(f'[{{"index":0,"delta":{{}},"logprobs":null,"finish_reason":"{reason}"}}]', usage)


def data(*payloads: bytes) -> list[bytes]:
    return [b"data: " + payload + b"\n\n" for payload in payloads]


OPENING = '{"role":"assistant","content":""}'


def test_the_frames_of_an_answer_with_everything() -> None:
    events = [
        Started("c", "r"),
        Reasoning("hm"),
        Text('say "é"\n'),
        Usage(10, 5, 3, 2, 4),
        Text("", 1),
        ToolCall("call_1", "add", '{"a":1}'),
        ToolCall("not legal", "add", "{}"),
        Finished(FinishReason.STOP),
    ]
    header = reply_header("openai", include_usage=True)
    other_id = orjson.loads(frames(OPENAI, header, events)[5][6:])["choices"][0]["delta"]["tool_calls"][0]["id"]
    assert other_id.startswith("call_")
    null = ',"usage":null'
    usage = (
        ',"usage":{"prompt_tokens":15,"completion_tokens":5,"total_tokens":20,'
        '"prompt_tokens_details":{"cached_tokens":3,"cache_write_tokens":2},'
        '"completion_tokens_details":{"reasoning_tokens":4}}'
    )
    assert frames(OPENAI, header, events) == data(
        delta(OPENING, null),
        delta('{"reasoning_content":"hm"}', null),
        delta('{"content":"say \\"é\\"\\n"}', null),
        delta(
            '{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"add","arguments":""}}]}',
            null,
        ),
        delta('{"tool_calls":[{"index":0,"function":{"arguments":"{\\"a\\":1}"}}]}', null),
        delta(
            f'{{"tool_calls":[{{"index":1,"id":"{other_id}","type":"function",'
            '"function":{"name":"add","arguments":""}}]}',
            null,
        ),
        delta('{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}', null),
        finish("tool_calls", null),
        chunk("[]", usage),
        b"[DONE]",
    )


def test_without_include_usage_no_frame_has_it() -> None:
    events = [Text("a"), Usage(1, 1), Finished(FinishReason.STOP)]
    assert frames(OPENAI, reply_header("openai"), events) == data(
        delta(OPENING), delta('{"content":"a"}'), finish("stop"), b"[DONE]"
    )


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([Finished(FinishReason.STOP)], "stop"),
        ([Finished(FinishReason.STOP_SEQUENCE, "x")], "stop"),
        ([Finished(FinishReason.LENGTH)], "length"),
        ([Finished(FinishReason.TOOL_CALLS)], "stop"),
        ([ToolCall("c", "f", "{}"), Finished(FinishReason.STOP)], "tool_calls"),
        ([ToolCall("c", "f", "{}"), Finished(FinishReason.STOP_SEQUENCE, "x")], "tool_calls"),
        ([ToolCall("c", "f", "{}"), Finished(FinishReason.LENGTH)], "length"),
        ([ToolCall("c", "f", "{}"), ToolResult("c"), Finished(FinishReason.TOOL_CALLS)], "stop"),
    ],
)
def test_finish_reason_is_the_same_in_both_modes(events: list[Any], reason: str) -> None:
    header = reply_header("openai")
    assert orjson.loads(frames(OPENAI, header, events)[-2][6:])["choices"][0]["finish_reason"] == reason
    assert OPENAI.whole(header, events)["choices"][0]["finish_reason"] == reason


def test_a_failure_ends_the_stream_with_an_error_the_sdk_raises() -> None:
    stream = frames(OPENAI, reply_header("openai"), [Text("a"), Failed(ErrorCode.UPSTREAM_TRUNCATED, "cut off")])
    error = b'{"error":{"message":"cut off","type":"server_error","param":null,"code":"upstream_truncated"}}'
    assert stream[2:] == data(error)
    with pytest.raises(openai.APIError, match="cut off") as caught:
        list(client(sse(stream)).chat.completions.create(model="m", messages=[], stream=True))
    assert caught.value.code == "upstream_truncated"


def test_what_was_taken_back_gives_no_frames() -> None:
    encoder = OPENAI.stream(reply_header("openai"))
    for event in (Started(), Usage(), Restarted(2), Revised(0, "x"), ToolResult("c"), Text(""), Reasoning("")):
        assert encoder.feed(event) == []
    assert encoder.keepalive() == b": keepalive\n\n"


def test_a_whole_answer() -> None:
    events = [Reasoning("hm"), Text("a"), Text("b", 1), Usage(10, 5), Finished(FinishReason.STOP)]
    body = OPENAI.whole(reply_header("openai"), events)
    assert body == {
        "id": "chatcmpl-j0b",
        "object": "chat.completion",
        "created": 1_800_000_000,
        "model": "asked-name",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "ab", "refusal": None, "reasoning_content": "hm"},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    }
    ChatCompletion.model_validate(body, strict=True)


def test_calls_alone_have_null_content() -> None:
    message = OPENAI.whole(reply_header("openai"), [ToolCall("c", "f", "{}"), Finished(FinishReason.STOP)])
    assert message["choices"][0]["message"] == {
        "role": "assistant",
        "content": None,
        "refusal": None,
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
    }


def client(http_client: Any) -> openai.OpenAI:
    return openai.OpenAI(api_key="k", base_url="http://gateway/v1", http_client=http_client, max_retries=0)


def test_the_sdks_stream_helper_adds_the_frames_up_to_the_whole_answer() -> None:
    events = [
        Text("a"), ToolCall("c1", "f", '{"a":1}'), Text("b"), ToolCall("c2", "f", "{}"), Usage(3, 4),
        Finished(FinishReason.TOOL_CALLS),
    ]  # fmt: skip
    header = reply_header("openai", include_usage=True)
    with client(sse(frames(OPENAI, header, events))).chat.completions.stream(
        model="m", messages=[], stream_options={"include_usage": True}
    ) as stream:
        streamed = stream.get_final_completion()
    sent = client(json_reply(OPENAI.whole(header, events))).chat.completions.create(model="m", messages=[])
    message, expected = streamed.choices[0].message, sent.choices[0].message
    assert message.content == expected.content == "ab"
    assert [(call.id, call.type, call.function.name, call.function.arguments) for call in message.tool_calls or []] == [
        ("c1", "function", "f", '{"a":1}'),
        ("c2", "function", "f", "{}"),
    ]
    assert streamed.usage == sent.usage
    assert streamed.choices[0].finish_reason == sent.choices[0].finish_reason == "tool_calls"
    assert (streamed.id, streamed.model, streamed.created) == (sent.id, sent.model, sent.created)


def added_up(stream: list[bytes]) -> dict[str, Any]:
    """The whole answer that the chunks make, added up by hand; each one must be valid for the SDK's type."""
    assert stream[-1] == b"data: [DONE]\n\n"
    message: dict[str, Any] = {"role": "assistant", "content": "", "refusal": None}
    calls: list[dict[str, Any]] = []
    body: dict[str, Any] = {}
    for frame in stream[:-1]:
        body = orjson.loads(frame.removeprefix(b"data: "))
        ChatCompletionChunk.model_validate(body, strict=True)
        for choice in body["choices"]:
            change, reason = choice["delta"], choice["finish_reason"]
            message["content"] += change.get("content", "")
            if "reasoning_content" in change:
                message["reasoning_content"] = message.get("reasoning_content", "") + change["reasoning_content"]
            for call in change.get("tool_calls", []):
                if call["index"] == len(calls):
                    calls.append({key: call[key] for key in ("id", "type", "function")})
                else:
                    calls[call["index"]]["function"]["arguments"] += call["function"]["arguments"]
    if calls:
        message |= {"tool_calls": calls, "content": message["content"] or None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
    return body | {"object": "chat.completion", "choices": [choice]}


@given(plain_logs)
def test_stream_and_whole_answer_are_equal(events: list[Any]) -> None:
    header = reply_header("openai", include_usage=True)
    whole = OPENAI.whole(header, events)
    ChatCompletion.model_validate(whole, strict=True)
    assert added_up(frames(OPENAI, header, events)) == whole


@given(any_logs)
def test_any_log_gives_frames_that_end(events: list[Any]) -> None:
    stream = frames(OPENAI, reply_header("openai"), events)
    for frame in stream:
        assert frame.startswith(b"data: ")
        assert frame.endswith(b"\n\n")
        assert frame.count(b"\n") == 2
    assert stream[-1].startswith((b"data: [DONE]", b'data: {"error":'))


def test_ids_of_calls_are_legal_and_the_same_in_every_reading() -> None:
    events = [ToolCall(id_, "f", "{}") for id_ in ("ok-1_A", "", "x" * 65, "a b")] + [Finished(FinishReason.STOP)]
    calls = OPENAI.whole(reply_header("openai"), events)["choices"][0]["message"]["tool_calls"]
    ids = [call["id"] for call in calls]
    assert ids[0] == "ok-1_A"
    assert len(set(ids)) == 4
    assert all(len(id_) <= 64 for id_ in ids)
    streamed = added_up(frames(OPENAI, reply_header("openai"), events))["choices"][0]["message"]["tool_calls"]
    assert streamed == calls


def test_calls_of_custom_tools_are_told_as_such() -> None:
    header = reply_header("openai", extra={"custom": ["patch"]})
    events = [ToolCall("c", "patch", '{"input":"a\\nb"}'), ToolCall("d", "add", "{}"), Finished(FinishReason.STOP)]
    completion = ChatCompletion.model_validate(OPENAI.whole(header, events), strict=True)
    calls = [call.model_dump() for call in completion.choices[0].message.tool_calls or []]
    assert calls == [
        {"id": "c", "type": "custom", "custom": {"name": "patch", "input": "a\nb"}},
        {"id": "d", "type": "function", "function": {"name": "add", "arguments": "{}"}},
    ]
    assert frames(OPENAI, header, events)[1:3] == data(
        delta('{"tool_calls":[{"index":0,"id":"c","type":"custom","custom":{"name":"patch","input":""}}]}'),
        delta('{"tool_calls":[{"index":0,"custom":{"input":"a\\nb"}}]}'),
    )


# Errors


def test_a_missing_field_has_a_code_of_its_own() -> None:
    for messages in ([{"content": "x"}], [{"role": "tool", "content": "x"}]):
        with pytest.raises(BadRequestError) as caught:
            parse(messages=messages)
        assert OPENAI.error(caught.value, "r").body["error"]["code"] == "missing_required_parameter"


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_error_is_one_the_sdk_understands(code: ErrorCode) -> None:
    reply = OPENAI.error(GatewayError(code, "so it is", param="p", retry_after=0.2), "req_1")
    assert set(reply.body["error"]) == {"message", "type", "param", "code"}
    assert reply.headers["Retry-After"] == "1"
    http = json_reply(reply.body, reply.status, reply.headers)
    with pytest.raises(openai.APIStatusError, match="so it is") as caught:
        client(http).chat.completions.create(model="m", messages=[])
    assert (caught.value.code, caught.value.param) == (reply.body["error"]["code"], "p")


def test_error_headers() -> None:
    assert OPENAI.error(Failed(ErrorCode.OVERLOADED, "m", 12.01), "r").headers == {"Retry-After": "13"}
    assert OPENAI.error(Failed(ErrorCode.QUOTA, "m"), "r").headers == {"x-should-retry": "false"}
    assert OPENAI.error(Failed(ErrorCode.CANCELLED, "m"), "r").status == 499
