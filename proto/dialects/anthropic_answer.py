"""An answer in Anthropic's Messages: whole, as a stream, or an error (`proto/dialects/anthropic_messages.py`)."""

from typing import Any, Literal, assert_never

import orjson

from proto.dialects.encoder import Encoder, call_arguments, client_call_id, digest, error_row, finish_reason
from proto.errors import ErrorCode, GatewayError
from proto.events import Event, Failed, Finished, FinishReason, Output, Reasoning, Text, ToolCall, Usage
from proto.fold import fold
from proto.jobs import ReplyHeader

#: Where the reply header says that the text of thinking blocks is not shown.
THINKING, OMITTED = "thinking", "omitted"

_STOP = {
    FinishReason.STOP: "end_turn",
    FinishReason.STOP_SEQUENCE: "stop_sequence",
    FinishReason.LENGTH: "max_tokens",
    FinishReason.TOOL_CALLS: "tool_use",
}


def _message(header: ReplyHeader) -> dict[str, Any]:
    """The answer before anything is known of it but the header."""
    return {
        "id": f"msg_{header.id_seed}",
        "type": "message",
        "role": "assistant",
        "model": header.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "stop_details": None,
        "usage": {
            "input_tokens": header.input_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 0,
        },
    }


def _stop(reason: FinishReason, finished: Finished | None) -> dict[str, Any]:
    sequence = finished.stop_sequence if finished and reason is FinishReason.STOP_SEQUENCE else None
    return {"stop_reason": _STOP[reason], "stop_sequence": sequence, "stop_details": None}


def _usage(usage: Usage | None) -> dict[str, Any]:
    """What is known better than at the start. An unknown input is left out: 0 would replace the estimate."""
    usage = usage or Usage()
    known: dict[str, Any] = {"output_tokens": usage.output}
    if usage.input or usage.cache_read or usage.cache_write:
        known["input_tokens"] = usage.input
        known["cache_creation_input_tokens"] = usage.cache_write
        known["cache_read_input_tokens"] = usage.cache_read
    if usage.reasoning:
        known["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    return known


def _signature(header: ReplyHeader, number: int) -> str:
    """The signature of the answer's thinking block `number`: opaque to clients, nothing to the upstream."""
    return digest(header.id_seed, "thinking", str(number))


#: Types of errors after which asking again is right. Within a stream no status says so: opencode asks again if it finds
#: the vendor's words in the text, and gives up otherwise.
_TRANSIENT = frozenset({"api_error", "timeout_error"})


def error_body(error: GatewayError | Failed) -> dict[str, Any]:
    """An error in words that make clients do what is right."""
    message = error.message
    if error.code is ErrorCode.CONTEXT_EXCEEDED and not message.startswith("prompt is too long"):
        message = f"prompt is too long: {message}"  # Claude Code looks for these words
    return {"type": "error", "error": {"type": error_row(error).anthropic_type, "message": message}}


def _hides_thinking(header: ReplyHeader) -> bool:
    return header.extra.get(THINKING) == OMITTED


def whole_message(header: ReplyHeader, events: list[Event]) -> dict[str, Any]:
    """The answer as one body, from the events of a log that has ended well."""
    answer = fold(events)
    reason = finish_reason(answer.finish, open_calls=bool(answer.tool_calls))
    message = _message(header)
    message["content"] = _blocks(header, answer.parts)
    message["usage"] |= _usage(answer.usage)
    return message | _stop(reason, answer.finish)


def _blocks(header: ReplyHeader, parts: list[Output]) -> list[dict[str, Any]]:
    """The blocks the stream would have made: texts of one kind stand in one until another kind comes between."""
    hides_thinking = _hides_thinking(header)
    blocks: list[dict[str, Any]] = []
    thoughts = 0
    for part in parts:
        last: dict[str, Any] = blocks[-1] if blocks else {"type": None}
        match part:
            case Text():
                if last["type"] == "text":
                    last["text"] += part.text
                else:
                    blocks.append({"type": "text", "text": part.text})
            case Reasoning():
                shown = "" if hides_thinking else part.text
                if last["type"] == "thinking":
                    last["thinking"] += shown
                else:
                    signature = _signature(header, thoughts)
                    blocks.append({"type": "thinking", "thinking": shown, "signature": signature})
                    thoughts += 1
            case ToolCall():
                blocks.append(_tool_use(header, part) | {"input": orjson.loads(call_arguments(part))})
            case _:
                assert_never(part)
    return blocks


def _tool_use(header: ReplyHeader, call: ToolCall) -> dict[str, Any]:
    return {"type": "tool_use", "id": client_call_id(header.id_seed, call.id), "name": call.name, "input": {}}


def _frame(event: dict[str, Any]) -> bytes:
    name: str = event["type"]
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(event) + b"\n\n"


class MessagesStream(Encoder):
    """Frames for one reading of a log: blocks one after the other, what a delta repeats written once a block."""

    def __init__(self, header: ReplyHeader) -> None:
        super().__init__(header)
        self._index = 0
        self._thoughts = 0
        self._hides_thinking = _hides_thinking(header)
        self._open: Literal["text", "thinking"] | None = None
        self._delta = b""

    def opening(self) -> list[bytes]:
        return [_frame({"type": "message_start", "message": _message(self.header)})]

    def keepalive(self) -> bytes:
        return b'event: ping\ndata: {"type":"ping"}\n\n'

    def text(self, text: str) -> list[bytes]:
        if self._open == "text":
            return [self._delta + orjson.dumps(text) + b"}}\n\n"]
        frames = self._start("text", {"type": "text", "text": ""})
        return [*frames, self._delta + orjson.dumps(text) + b"}}\n\n"]

    def reasoning(self, text: str) -> list[bytes]:
        shown = [] if self._hides_thinking else [text]
        frames = []
        if self._open != "thinking":
            frames = self._start("thinking", {"type": "thinking", "thinking": "", "signature": ""})
        return frames + [self._delta + orjson.dumps(piece) + b"}}\n\n" for piece in shown]

    def tool_call(self, call: ToolCall) -> list[bytes]:
        return [
            *self._close(),
            self._block_start(_tool_use(self.header, call)),
            self._block_delta({"type": "input_json_delta", "partial_json": call_arguments(call)}),
            self._block_stop(),
        ]

    def finished(self, reason: FinishReason, finished: Finished) -> list[bytes]:
        return [
            *self._close(),
            _frame({"type": "message_delta", "delta": _stop(reason, finished), "usage": _usage(self.usage)}),
            _frame({"type": "message_stop"}),
        ]

    def failed(self, failed: Failed) -> list[bytes]:
        told = error_body(failed)
        if error_row(failed).anthropic_type in _TRANSIENT:
            told["error"]["message"] = f"Internal server error: {failed.message}"
        return [_frame(told)]

    def _start(self, kind: Literal["text", "thinking"], block: dict[str, Any]) -> list[bytes]:
        frames = [*self._close(), self._block_start(block)]
        self._open = kind
        self._delta = (
            b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":' % self._index
            + b'{"type":"%b_delta","%b":' % (kind.encode(), kind.encode())
        )
        return frames

    def _close(self) -> list[bytes]:
        kind, self._open = self._open, None
        if kind is None:
            return []
        if kind == "text":
            return [self._block_stop()]
        signature = self._block_delta({"type": "signature_delta", "signature": _signature(self.header, self._thoughts)})
        self._thoughts += 1
        return [signature, self._block_stop()]

    def _block_start(self, block: dict[str, Any]) -> bytes:
        return _frame({"type": "content_block_start", "index": self._index, "content_block": block})

    def _block_delta(self, delta: dict[str, Any]) -> bytes:
        return _frame({"type": "content_block_delta", "index": self._index, "delta": delta})

    def _block_stop(self) -> bytes:
        self._index += 1
        return _frame({"type": "content_block_stop", "index": self._index - 1})
