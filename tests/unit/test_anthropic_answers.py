"""Messages: frames, answers and errors out, all also read by the official SDK."""

from typing import Any

import anthropic
import orjson
import pytest
from anthropic.types import Message as SdkMessage
from hypothesis import given, settings
from hypothesis import strategies as st

from proto.dialects import get_dialect
from proto.dialects.base import ParsedRequest
from proto.errors import ErrorCode, GatewayError
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

ANTHROPIC = get_dialect("anthropic")


def parse(**fields: Any) -> ParsedRequest:
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    return ANTHROPIC.parse(body | fields, lambda name: name)


def event(name: str, rest: str = "") -> bytes:
    return f'event: {name}\ndata: {{"type":"{name}"{rest}}}\n\n'.encode()


def start(index: int, block: str) -> bytes:
    return event("content_block_start", f',"index":{index},"content_block":{block}')


def delta(index: int, value: str) -> bytes:
    return event("content_block_delta", f',"index":{index},"delta":{value}')


def stop(index: int) -> bytes:
    return event("content_block_stop", f',"index":{index}')


MESSAGE_START = event(
    "message_start",
    ',"message":{"id":"msg_j0b","type":"message","role":"assistant","model":"asked-name","content":[],'
    '"stop_reason":null,"stop_sequence":null,"stop_details":null,"usage":{"input_tokens":7,'
    '"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}',
)


def end(reason: str, usage: str, sequence: str = "null") -> list[bytes]:
    delta = f'{{"stop_reason":"{reason}","stop_sequence":{sequence},"stop_details":null}}'
    return [event("message_delta", f',"delta":{delta},"usage":{usage}'), event("message_stop")]


def signatures(stream: list[bytes]) -> list[str]:
    return [
        orjson.loads(frame.split(b"data: ")[1])["delta"]["signature"] for frame in stream if b"signature_delta" in frame
    ]


def test_the_frames_of_an_answer_with_everything() -> None:
    events = [
        Started("c", "r"),
        Reasoning("hm"),
        Reasoning(" so", 1),
        Text('say "é"', 1),
        Text("!", 2),
        Usage(10, 5, 3, 2, 4),
        ToolCall("toolu_1", "add", '{"a":1}'),
        ToolCall("toolu_2", "add", "{}"),
        Reasoning("more", 3),
        Finished(FinishReason.STOP),
    ]
    stream = frames(ANTHROPIC, reply_header("anthropic"), events)
    first, second = signatures(stream)
    assert first != second
    assert min(len(first), len(second)) >= 32
    assert stream == [
        MESSAGE_START,
        start(0, '{"type":"thinking","thinking":"","signature":""}'),
        delta(0, '{"type":"thinking_delta","thinking":"hm"}'),
        delta(0, '{"type":"thinking_delta","thinking":" so"}'),
        delta(0, f'{{"type":"signature_delta","signature":"{first}"}}'),
        stop(0),
        start(1, '{"type":"text","text":""}'),
        delta(1, '{"type":"text_delta","text":"say \\"é\\""}'),
        delta(1, '{"type":"text_delta","text":"!"}'),
        stop(1),
        start(2, '{"type":"tool_use","id":"toolu_1","name":"add","input":{}}'),
        delta(2, '{"type":"input_json_delta","partial_json":"{\\"a\\":1}"}'),
        stop(2),
        start(3, '{"type":"tool_use","id":"toolu_2","name":"add","input":{}}'),
        delta(3, '{"type":"input_json_delta","partial_json":"{}"}'),
        stop(3),
        start(4, '{"type":"thinking","thinking":"","signature":""}'),
        delta(4, '{"type":"thinking_delta","thinking":"more"}'),
        delta(4, f'{{"type":"signature_delta","signature":"{second}"}}'),
        stop(4),
        *end(
            "tool_use",
            '{"output_tokens":5,"input_tokens":10,"cache_creation_input_tokens":2,"cache_read_input_tokens":3,'
            '"output_tokens_details":{"thinking_tokens":4}}',
        ),
    ]


@pytest.mark.parametrize(
    ("usage", "shown"),
    [
        ([], '{"output_tokens":0}'),
        ([Usage(0, 5)], '{"output_tokens":5}'),
        (
            [Usage(0, 5, 3)],
            '{"output_tokens":5,"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":3}',
        ),
    ],
)
def test_an_unknown_input_does_not_replace_the_estimate(usage: list[Any], shown: str) -> None:
    events = [*usage, Finished(FinishReason.STOP)]
    assert frames(ANTHROPIC, reply_header("anthropic"), events) == [MESSAGE_START, *end("end_turn", shown)]


@pytest.mark.parametrize(
    ("events", "reason", "sequence"),
    [
        ([Finished(FinishReason.STOP)], "end_turn", None),
        ([Finished(FinishReason.STOP_SEQUENCE, "x")], "stop_sequence", "x"),
        ([Finished(FinishReason.LENGTH)], "max_tokens", None),
        ([Finished(FinishReason.TOOL_CALLS)], "end_turn", None),
        ([ToolCall("c", "f", "{}"), Finished(FinishReason.STOP)], "tool_use", None),
        ([ToolCall("c", "f", "{}"), Finished(FinishReason.STOP_SEQUENCE, "x")], "tool_use", None),
        ([ToolCall("c", "f", "{}"), Finished(FinishReason.LENGTH)], "max_tokens", None),
        ([ToolCall("c", "f", "{}"), ToolResult("c"), Finished(FinishReason.TOOL_CALLS)], "end_turn", None),
    ],
)
def test_stop_reason_is_the_same_in_both_modes(events: list[Any], reason: str, sequence: str | None) -> None:
    header = reply_header("anthropic")
    shown = orjson.loads(frames(ANTHROPIC, header, events)[-2].split(b"data: ")[1])["delta"]
    assert shown == {"stop_reason": reason, "stop_sequence": sequence, "stop_details": None}
    assert ANTHROPIC.whole(header, events).items() >= shown.items()


def test_a_failure_ends_the_stream_with_an_error_the_sdk_raises() -> None:
    stream = frames(ANTHROPIC, reply_header("anthropic"), [Text("a"), Failed(ErrorCode.OVERLOADED, "busy")])
    assert stream[-1] == event("error", ',"error":{"type":"overloaded_error","message":"busy"}')
    with pytest.raises(anthropic.APIStatusError, match="busy"):
        list(client(sse(stream)).messages.create(model="m", max_tokens=9, messages=[], stream=True))


@pytest.mark.parametrize(
    ("code", "kind", "told"),
    [
        (ErrorCode.UPSTREAM_TRUNCATED, "api_error", "Internal server error: it broke off"),
        (ErrorCode.UPSTREAM_IDLE, "timeout_error", "Internal server error: it broke off"),
        (ErrorCode.QUOTA, "rate_limit_error", "it broke off"),
    ],
)
def test_agents_read_from_the_words_of_a_stream_whether_to_ask_again(code: ErrorCode, kind: str, told: str) -> None:
    failed = Failed(code, "it broke off")
    stream = frames(ANTHROPIC, reply_header("anthropic"), [Text("a"), failed])
    assert stream[-1] == event("error", f',"error":{{"type":"{kind}","message":"{told}"}}')
    assert ANTHROPIC.error(failed, "req_1").body["error"] == {"type": kind, "message": "it broke off"}


def test_what_was_taken_back_gives_no_frames() -> None:
    encoder = ANTHROPIC.stream(reply_header("anthropic"))
    for item in (Started(), Usage(), Restarted(2), Revised(0, "x"), ToolResult("c"), Text(""), Reasoning("")):
        assert encoder.feed(item) == []
    assert encoder.keepalive() == event("ping")


def test_a_whole_answer() -> None:
    events = [
        Reasoning("hm"), Text("a"), Text("b", 1), ToolCall("c", "f", '{"a":1}'), Usage(10, 5),
        Finished(FinishReason.STOP),
    ]  # fmt: skip
    header = reply_header("anthropic")
    body = ANTHROPIC.whole(header, events)
    assert body == {
        "id": "msg_j0b",
        "type": "message",
        "role": "assistant",
        "model": "asked-name",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": signatures(frames(ANTHROPIC, header, events))[0]},
            {"type": "text", "text": "ab"},
            {"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "stop_details": None,
        "usage": {
            "input_tokens": 10,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 5,
        },
    }
    SdkMessage.model_validate(body, strict=True)


def client(http_client: Any) -> anthropic.Anthropic:
    return anthropic.Anthropic(api_key="k", base_url="http://gateway", http_client=http_client, max_retries=0)


@settings(deadline=None, max_examples=60)
@given(plain_logs)
def test_the_sdk_adds_any_stream_up_to_the_whole_answer(events: list[Any]) -> None:
    header = reply_header("anthropic")
    body = ANTHROPIC.whole(header, events)
    SdkMessage.model_validate(body, strict=True)
    with client(sse(frames(ANTHROPIC, header, events))).messages.stream(model="m", max_tokens=9, messages=[]) as stream:
        streamed = stream.get_final_message()
    sent = client(json_reply(body)).messages.create(model="m", max_tokens=9, messages=[])
    assert streamed.id == sent.id
    assert [block.to_dict() for block in streamed.content] == body["content"]
    assert (streamed.stop_reason, streamed.stop_sequence) == (sent.stop_reason, sent.stop_sequence)
    assert streamed.usage.to_dict().items() >= {k: v for k, v in body["usage"].items() if type(v) is int}.items()


def added_up(stream: list[bytes]) -> dict[str, Any]:
    """The whole answer that the frames make, added up by hand, with the order of the frames checked."""
    payloads = [orjson.loads(frame.split(b"data: ")[1]) for frame in stream]
    assert [frame.split(b"\n")[0].decode() for frame in stream] == [f"event: {p['type']}" for p in payloads]
    assert payloads[0]["type"] == "message_start"
    assert payloads[-1]["type"] == "message_stop"
    message: dict[str, Any] = payloads[0]["message"]
    open_block: dict[str, Any] | None = None
    arguments = ""
    for payload in payloads[1:-1]:
        match payload["type"]:
            case "content_block_start":
                assert open_block is None
                assert payload["index"] == len(message["content"])
                open_block, arguments = payload["content_block"], ""
                message["content"].append(open_block)
            case "content_block_delta":
                assert open_block is not None
                assert payload["index"] == len(message["content"]) - 1
                assert not open_block.get("signature")
                change = {key: value for key, value in payload["delta"].items() if key != "type"}
                arguments += change.pop("partial_json", "")
                for key, value in change.items():
                    open_block[key] += value
            case "content_block_stop":
                assert open_block is not None
                if open_block["type"] == "tool_use":
                    open_block["input"] = orjson.loads(arguments)
                open_block = None
            case "message_delta":
                assert open_block is None
                message |= payload["delta"]
                message["usage"] |= payload["usage"]
    return message


@given(plain_logs, st.booleans())
def test_stream_and_whole_answer_are_equal(events: list[Any], omitted: bool) -> None:
    header = reply_header("anthropic", extra={"thinking": "omitted"} if omitted else {})
    assert added_up(frames(ANTHROPIC, header, events)) == ANTHROPIC.whole(header, events)


@given(any_logs)
def test_any_log_gives_frames_that_end(events: list[Any]) -> None:
    stream = frames(ANTHROPIC, reply_header("anthropic"), events)
    for frame in stream:
        assert frame.startswith(b"event: ")
        assert frame.endswith(b"}\n\n")
        assert frame.count(b"\n") == 3
    assert stream[-1].startswith((b"event: message_stop", b"event: error"))


def test_thinking_whose_text_the_client_does_not_want_is_signed_all_the_same() -> None:
    parsed = parse(thinking={"type": "adaptive", "display": "omitted"})
    assert parsed.conversation.reasoning is True
    header = reply_header("anthropic", extra=parsed.extra)
    events = [Reasoning("hm"), Reasoning(" so"), Text("a"), Usage(9, 5, reasoning=3), Finished(FinishReason.STOP)]
    whole = ANTHROPIC.whole(header, events)
    signature = whole["content"][0]["signature"]
    assert whole["content"] == [
        {"type": "thinking", "thinking": "", "signature": signature},
        {"type": "text", "text": "a"},
    ]
    assert signature
    assert whole["usage"]["output_tokens_details"] == {"thinking_tokens": 3}
    assert frames(ANTHROPIC, header, events)[1:4] == [
        start(0, '{"type":"thinking","thinking":"","signature":""}'),
        delta(0, f'{{"type":"signature_delta","signature":"{signature}"}}'),
        stop(0),
    ]
    assert parse(thinking={"type": "enabled", "display": "summarized"}).extra == {}


# Errors


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_error_is_one_the_sdk_understands(code: ErrorCode) -> None:
    reply = ANTHROPIC.error(GatewayError(code, "so it is", retry_after=1.5), "req_1")
    assert set(reply.body) == {"type", "error", "request_id"}
    final = {"x-should-retry": "false"} if code is ErrorCode.QUOTA else {}
    assert reply.headers == {"Retry-After": "2"} | final
    http = json_reply(reply.body, reply.status, reply.headers)
    with pytest.raises(anthropic.APIStatusError, match="so it is") as caught:
        client(http).messages.create(model="m", max_tokens=9, messages=[])
    assert caught.value.type == reply.body["error"]["type"]


def test_a_prompt_that_is_too_long_says_so_in_the_words_clients_look_for() -> None:
    reply = ANTHROPIC.error(Failed(ErrorCode.CONTEXT_EXCEEDED, "the window is full"), "req_1")
    assert reply.status == 400
    assert reply.body == {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": "prompt is too long: the window is full"},
        "request_id": "req_1",
    }
    said = ANTHROPIC.error(Failed(ErrorCode.CONTEXT_EXCEEDED, "prompt is too long: 2 > 1"), "req_1")
    assert said.body["error"]["message"] == "prompt is too long: 2 > 1"
