"""Anthropic's Messages: `POST /v1/messages`."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, assert_never

import orjson
from pydantic import Field

from proto.conversation import Conversation, Limits, Tool, ToolChoice, ToolChoiceMode
from proto.dialects.anthropic_content import MessageIn, Reader, TextBlock
from proto.dialects.base import ErrorReply, ParsedRequest, Vendor
from proto.dialects.common import (
    MAX_MESSAGES,
    MAX_TOKENS,
    AnyText,
    Content,
    Many,
    NonEmpty,
    Positive,
    Stops,
    Wire,
    WireRequest,
    check_choice,
    ignored_names,
    json_object,
    missing,
    quoted,
    tidy,
    tool,
    unsupported,
    validate,
)
from proto.dialects.encoder import (
    Encoder,
    call_arguments,
    client_call_id,
    digest,
    error_row,
    finish_reason,
    retry_headers,
)
from proto.errors import ErrorCode, GatewayError
from proto.events import Event, Failed, Finished, FinishReason, Output, Reasoning, Text, ToolCall, Usage
from proto.fold import fold
from proto.jobs import ReplyHeader

# The request


class ToolIn(Wire):
    type: str | None = None
    name: NonEmpty | None = None
    description: AnyText | None = None
    input_schema: dict[str, Any] | None = None
    cache_control: Any = None
    strict: Any = None
    defer_loading: Any = None
    eager_input_streaming: Any = None
    input_examples: Any = None
    allowed_callers: Any = None


class Choice(Wire):
    type: str
    name: NonEmpty | None = None
    disable_parallel_tool_use: bool | None = None


class Thinking(Wire):
    type: str
    budget_tokens: Any = None
    display: Any = None


class OutputFormat(Wire):
    type: str
    schema_: dict[str, Any] = Field(alias="schema")


class OutputConfig(Wire):
    effort: Any = None
    format: OutputFormat | None = None


class MessagesRequest(WireRequest):
    model: NonEmpty
    max_tokens: Positive
    messages: Annotated[Many[MessageIn], Field(min_length=1, max_length=MAX_MESSAGES)]
    system: Content[TextBlock] = Field(default_factory=list)
    stream: bool | None = None
    tools: Many[ToolIn] = Field(default_factory=list)
    tool_choice: Choice | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None
    output_format: OutputFormat | None = None
    stop_sequences: Stops = Field(default_factory=list)


#: Where the reply header says that the text of thinking blocks is not shown.
_THINKING, _OMITTED = "thinking", "omitted"


def _parse(body: Any, resolve_model: Callable[[str], str]) -> ParsedRequest:
    request = validate(MessagesRequest, body)
    reader = Reader()
    system, messages = tidy(reader.message(message, f"messages[{i}]") for i, message in enumerate(request.messages))
    tools, server_tools = _tools(request.tools)
    conversation = Conversation(
        model=resolve_model(request.model),
        messages=messages,
        system=reader.system(request.system) + system,
        tools=tools,
        tool_choice=_tool_choice(request.tool_choice, tools),
        parallel_tool_calls=not (request.tool_choice and request.tool_choice.disable_parallel_tool_use),
        reasoning=_wants_reasoning(request.thinking),
        limits=Limits(
            max_tokens=min(request.max_tokens, MAX_TOKENS),
            stop=[stop for stop in request.stop_sequences if stop],
            json_schema=_json_schema(request),
        ),
    )
    return ParsedRequest(
        conversation=conversation,
        requested_model=request.model,
        stream=bool(request.stream),
        include_usage=False,
        ignored=ignored_names(request, [*_ignored_options(request), *server_tools, *reader.ignored]),
        extra={_THINKING: _OMITTED} if _omits_thinking(request.thinking) else {},
    )


def _tools(items: list[ToolIn]) -> tuple[list[Tool], list[str]]:
    """The client's own functions, and the paths of the vendor's tools, which are left out."""
    tools, left_out = [], []
    for i, item in enumerate(items):
        path = f"tools[{i}]"
        if item.type not in (None, "custom"):
            left_out.append(path)
        elif item.name is None:
            raise missing(f"{path}.name")
        else:
            tools.append(tool(item.name, item.description, item.input_schema, f"{path}.input_schema"))
    return tools, left_out


_MODES = {
    "auto": ToolChoiceMode.AUTO,
    "any": ToolChoiceMode.REQUIRED,
    "none": ToolChoiceMode.NONE,
    "tool": ToolChoiceMode.NAMED,
}


def _tool_choice(choice: Choice | None, tools: list[Tool]) -> ToolChoice:
    if choice is None:
        return ToolChoice()
    if choice.type not in _MODES:
        raise unsupported("tool_choice.type", f"{quoted(choice.type)} is not a choice that is supported")
    if choice.type != "tool":
        return check_choice(ToolChoice(_MODES[choice.type]), tools, "tool_choice")
    if choice.name is None:
        raise missing("tool_choice.name")
    return check_choice(ToolChoice(ToolChoiceMode.NAMED, choice.name), tools, "tool_choice.name")


def _wants_reasoning(thinking: Thinking | None) -> bool:
    """Thinking is answered only where it was asked for: programs that did not read `content[0].text`."""
    if thinking is None or thinking.type == "disabled":
        return False
    if thinking.type not in ("enabled", "adaptive", "between_tools"):
        raise unsupported("thinking.type", f"{quoted(thinking.type)} is not a kind of thinking that is supported")
    return True


def _omits_thinking(thinking: Thinking | None) -> bool:
    return thinking is not None and thinking.display == _OMITTED


def _json_schema(request: MessagesRequest) -> dict[str, Any] | None:
    """The schema of the answer; `output_format` is how betas called it."""
    path, wanted = "output_config.format", request.output_config.format if request.output_config else None
    if wanted is None:
        path, wanted = "output_format", request.output_format
    if wanted is None:
        return None
    if wanted.type != "json_schema":
        raise unsupported(f"{path}.type", f"{quoted(wanted.type)} is not supported")
    return json_object(wanted.schema_, f"{path}.schema")


def _ignored_options(request: MessagesRequest) -> list[str]:
    """What is understood and has no effect. Efforts are part of the upstream's model names."""
    tools, thinking = request.tools, request.thinking
    options = {
        "output_config.effort": request.output_config and request.output_config.effort,
        "thinking.budget_tokens": thinking and thinking.budget_tokens,
        "thinking.display": thinking and thinking.display not in (None, "summarized", _OMITTED),
        "cache_control": any(tool.cache_control for tool in tools),
        "tools.strict": any(tool.strict for tool in tools),
        "tools.defer_loading": any(tool.defer_loading for tool in tools),
        "tools.eager_input_streaming": any(tool.eager_input_streaming for tool in tools),
        "tools.input_examples": any(tool.input_examples for tool in tools),
        "tools.allowed_callers": any(tool.allowed_callers for tool in tools),
    }
    return [name for name, value in options.items() if value]


# The answer

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


def _error(error: GatewayError | Failed) -> dict[str, Any]:
    message = error.message
    if error.code is ErrorCode.CONTEXT_EXCEEDED and not message.startswith("prompt is too long"):
        message = f"prompt is too long: {message}"  # Claude Code looks for these words
    return {"type": "error", "error": {"type": error_row(error).anthropic_type, "message": message}}


def _hides_thinking(header: ReplyHeader) -> bool:
    return header.extra.get(_THINKING) == _OMITTED


def _whole(header: ReplyHeader, events: list[Event]) -> dict[str, Any]:
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
        told = _error(failed)
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


class AnthropicMessages:
    """Messages, as a `Dialect`."""

    name = "anthropic"
    path = "/v1/messages"
    vendor = Vendor.ANTHROPIC

    def parse(self, body: Any, resolve_model: Callable[[str], str]) -> ParsedRequest:
        return _parse(body, resolve_model)

    def stream(self, header: ReplyHeader) -> MessagesStream:
        return MessagesStream(header)

    def whole(self, header: ReplyHeader, events: list[Event]) -> dict[str, Any]:
        return _whole(header, events)

    def error(self, error: GatewayError | Failed, request_id: str) -> ErrorReply:
        body = _error(error) | {"request_id": request_id}
        return ErrorReply(error_row(error).anthropic_status, body, retry_headers(error))
