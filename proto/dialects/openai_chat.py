"""OpenAI's Chat Completions: `POST /v1/chat/completions`."""

from collections.abc import Callable
from typing import Annotated, Any

import orjson
from pydantic import Field

from proto.conversation import Conversation, Limits, Tool, ToolChoice, ToolChoiceMode
from proto.dialects.base import ErrorReply, ParsedRequest, Vendor
from proto.dialects.common import (
    MAX_MESSAGES,
    MAX_TOKENS,
    AnyText,
    Many,
    NonEmpty,
    OrText,
    Positive,
    Stops,
    Wire,
    WireRequest,
    check_choice,
    ignored_names,
    missing,
    quoted,
    tidy,
    tool,
    unsupported,
    validate,
)
from proto.dialects.custom_tools import CustomTool, custom_tool, unwrapped
from proto.dialects.encoder import Encoder, call_arguments, client_call_id, finish_reason
from proto.dialects.openai_content import ChatMessage, read_message
from proto.dialects.openai_errors import error_body, error_reply
from proto.dialects.openai_options import MODES, allowed_tools, json_schema, word_as_type
from proto.errors import GatewayError
from proto.events import Event, Failed, Finished, FinishReason, ToolCall, Usage
from proto.fold import fold
from proto.jobs import ReplyHeader

# The request


class Function(Wire):
    name: NonEmpty
    description: AnyText | None = None
    parameters: dict[str, Any] | None = None
    strict: Any = None


class ChatTool(Wire):
    type: str
    function: Function | None = None
    custom: CustomTool | None = None


class Named(Wire):
    name: NonEmpty


class AllowedTool(Wire):
    function: Named | None = None
    custom: Named | None = None


class AllowedTools(Wire):
    mode: str
    tools: Many[AllowedTool]


class Choice(Wire):
    type: str
    function: Named | None = None
    custom: Named | None = None
    allowed_tools: AllowedTools | None = None


ChoiceOrType = Annotated[Choice, word_as_type, OrText()]


class JsonSchema(Wire):
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")
    strict: Any = None


class ResponseFormat(Wire):
    type: str
    json_schema: JsonSchema | None = None


class StreamOptions(Wire):
    include_usage: bool | None = None
    include_obfuscation: Any = None


class ChatRequest(WireRequest):
    model: NonEmpty
    messages: Annotated[Many[ChatMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_completion_tokens: Positive | None = None
    max_tokens: Positive | None = None
    tools: Many[ChatTool] = Field(default_factory=list)
    tool_choice: ChoiceOrType | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    reasoning_effort: str | None = None
    stop: Stops = Field(default_factory=list)
    n: int | None = None
    modalities: Any = None
    functions: Any = None
    function_call: Any = None


#: Where the reply header names the custom tools, whose calls look different.
_CUSTOM = "custom"


def _parse(body: Any, resolve_model: Callable[[str], str]) -> ParsedRequest:
    request = validate(ChatRequest, body)
    _refuse_what_changes_the_contract(request)
    ignored = _ignored_options(request)
    system, messages = tidy(
        read_message(message, f"messages[{i}]", ignored) for i, message in enumerate(request.messages)
    )
    tools = [_tool(item, f"tools[{i}]") for i, item in enumerate(request.tools)]
    choice, tools = _tool_choice(request.tool_choice, tools)
    no_reasoning = request.reasoning_effort == "none"
    conversation = Conversation(
        model=resolve_model(request.model),
        messages=messages,
        system=system,
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=request.parallel_tool_calls is not False,
        reasoning=not no_reasoning,
        limits=Limits(
            max_tokens=min(request.max_completion_tokens or request.max_tokens or 0, MAX_TOKENS),
            stop=[stop for stop in request.stop if stop],
            json_schema=_json_schema(request.response_format),
        ),
    )
    custom = [item.custom.name for item in request.tools if item.custom]
    return ParsedRequest(
        conversation=conversation,
        requested_model=request.model,
        stream=bool(request.stream),
        include_usage=bool(request.stream_options and request.stream_options.include_usage),
        ignored=ignored_names(request, ignored),
        extra={_CUSTOM: custom} if custom else {},
    )


def _ignored_options(request: ChatRequest) -> list[str]:
    """What is understood and has no effect. Efforts are part of the upstream's model names."""
    parts = [part for message in request.messages for part in message.content]
    wanted = request.response_format and request.response_format.json_schema
    options = {
        "reasoning_effort": request.reasoning_effort not in (None, "none"),
        "stream_options.include_obfuscation": request.stream_options and request.stream_options.include_obfuscation,
        "tools.function.strict": any(tool.function and tool.function.strict for tool in request.tools),
        "response_format.json_schema.strict": wanted and wanted.strict,
        "messages.name": any(message.name for message in request.messages),
        "messages.content.image_url.detail": any(
            part.image_url and part.image_url.detail not in (None, "auto") for part in parts
        ),
        "messages.content.prompt_cache_breakpoint": any(part.prompt_cache_breakpoint for part in parts),
    }
    return [name for name, value in options.items() if value]


def _refuse_what_changes_the_contract(request: ChatRequest) -> None:
    if request.n not in (None, 1):
        raise unsupported("n", "only one answer per request is supported")
    if request.modalities not in (None, [], ["text"]):
        raise unsupported("modalities", "only text can be answered")
    for name in ("functions", "function_call"):
        if getattr(request, name):
            raise unsupported(name, "deprecated; use tools and tool_choice")


def _tool(item: ChatTool, path: str) -> Tool:
    if item.type == "custom":
        if item.custom is None:
            raise missing(f"{path}.custom")
        return custom_tool(item.custom.name, item.custom.description, item.custom.format)
    if item.type != "function":
        raise unsupported(f"{path}.type", f"only function and custom tools are supported, not {quoted(item.type)}")
    if item.function is None:
        raise missing(f"{path}.function")
    function = item.function
    return tool(function.name, function.description, function.parameters, f"{path}.function.parameters")


def _tool_choice(choice: Choice | None, tools: list[Tool]) -> tuple[ToolChoice, list[Tool]]:
    """The choice, and the tools it leaves on offer."""
    if choice is None:
        return ToolChoice(), tools
    if choice.type in MODES:
        return check_choice(ToolChoice(MODES[choice.type]), tools, "tool_choice"), tools
    if choice.type in ("function", "custom"):
        wanted = choice.function if choice.type == "function" else choice.custom
        if wanted is None:
            raise missing(f"tool_choice.{choice.type}")
        named = ToolChoice(ToolChoiceMode.NAMED, wanted.name)
        return check_choice(named, tools, f"tool_choice.{choice.type}.name"), tools
    if choice.type == "allowed_tools":
        allowed, path = choice.allowed_tools, "tool_choice.allowed_tools"
        if allowed is None:
            raise missing(path)
        names = {meant.name for item in allowed.tools if (meant := item.function or item.custom)}
        return allowed_tools(allowed.mode, names, tools, path)
    raise unsupported("tool_choice", f"{quoted(choice.type)} is not a choice that is supported")


def _json_schema(wanted: ResponseFormat | None) -> dict[str, Any] | None:
    """The schema of the answer; a named format without one asks for any object."""
    if wanted is None:
        return None
    path, named = "response_format", wanted.json_schema
    if named is None:
        return json_schema(wanted.type, None, path, f"{path}.json_schema")
    return json_schema(wanted.type, named.schema_ or {}, path, f"{path}.json_schema.schema")


# The answer

_FINISH = {
    FinishReason.STOP: "stop",
    FinishReason.STOP_SEQUENCE: "stop",
    FinishReason.LENGTH: "length",
    FinishReason.TOOL_CALLS: "tool_calls",
}


def _id(header: ReplyHeader) -> str:
    return f"chatcmpl-{header.id_seed}"


def _usage(usage: Usage | None, header: ReplyHeader) -> dict[str, Any]:
    usage = usage or Usage()
    prompt = usage.input + usage.cache_read + usage.cache_write or header.input_tokens
    return {
        "prompt_tokens": prompt,
        "completion_tokens": usage.output,
        "total_tokens": prompt + usage.output,
        "prompt_tokens_details": {
            "cached_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_write,
        },
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }


def _call(header: ReplyHeader, call: ToolCall) -> dict[str, Any]:
    same = {"id": client_call_id(header.id_seed, call.id)}
    if call.name in header.extra.get(_CUSTOM, ()):
        return same | {"type": "custom", "custom": {"name": call.name, "input": unwrapped(call.arguments)}}
    return same | {"type": "function", "function": {"name": call.name, "arguments": call_arguments(call)}}


def _whole(header: ReplyHeader, events: list[Event]) -> dict[str, Any]:
    answer = fold(events)
    calls = [_call(header, call) for call in answer.tool_calls]
    message: dict[str, Any] = {
        "role": "assistant",
        "content": answer.text or (None if calls else ""),
        "refusal": None,
    }
    if reasoning := answer.reasoning:
        message["reasoning_content"] = reasoning
    if calls:
        message["tool_calls"] = calls
    return {
        "id": _id(header),
        "object": "chat.completion",
        "created": header.created,
        "model": header.model,
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": None,
                "finish_reason": _FINISH[finish_reason(answer.finish, open_calls=bool(calls))],
            }
        ],
        "usage": _usage(answer.usage, header),
    }


class ChatStream(Encoder):
    """Frames for one reading of a log. What every frame repeats is written once, around the part that differs."""

    def __init__(self, header: ReplyHeader) -> None:
        super().__init__(header)
        same = {
            "id": _id(header),
            "object": "chat.completion.chunk",
            "created": header.created,
            "model": header.model,
        }
        self._start = b"data: " + orjson.dumps(same)[:-1] + b',"choices":['
        self._end = b'],"usage":null}\n\n' if header.include_usage else b"]}\n\n"
        self._delta_start = self._start + b'{"index":0,"delta":'
        self._delta_end = b',"logprobs":null,"finish_reason":null}' + self._end
        self._text_start = self._delta_start + b'{"content":'
        self._reasoning_start = self._delta_start + b'{"reasoning_content":'
        self._text_end = b"}" + self._delta_end
        self._calls = 0

    def opening(self) -> list[bytes]:
        return [self._delta_start + b'{"role":"assistant","content":""}' + self._delta_end]

    def text(self, text: str) -> list[bytes]:
        return [self._text_start + orjson.dumps(text) + self._text_end]

    def reasoning(self, text: str) -> list[bytes]:
        return [self._reasoning_start + orjson.dumps(text) + self._text_end]

    def keepalive(self) -> bytes:
        return b": keepalive\n\n"

    def tool_call(self, call: ToolCall) -> list[bytes]:
        index = self._calls
        self._calls += 1
        whole = _call(self.header, call)
        kind = whole["type"]
        content = "input" if kind == "custom" else "arguments"
        begin = {"index": index, **whole, kind: whole[kind] | {content: ""}}
        rest = {"index": index, kind: {content: whole[kind][content]}}
        return [self._delta_start + orjson.dumps({"tool_calls": [delta]}) + self._delta_end for delta in (begin, rest)]

    def finished(self, reason: FinishReason, finished: Finished) -> list[bytes]:  # noqa: ARG002
        last = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": _FINISH[reason]}
        frames = [self._start + orjson.dumps(last) + self._end]
        if self.header.include_usage:
            usage = orjson.dumps(_usage(self.usage, self.header))
            frames.append(self._start + b'],"usage":' + usage + b"}\n\n")
        return [*frames, b"data: [DONE]\n\n"]

    def failed(self, failed: Failed) -> list[bytes]:
        return [b"data: " + orjson.dumps(error_body(failed)) + b"\n\n"]


class OpenAIChat:
    """Chat Completions, as a `Dialect`."""

    name = "openai"
    path = "/v1/chat/completions"
    vendor = Vendor.OPENAI

    def parse(self, body: Any, resolve_model: Callable[[str], str]) -> ParsedRequest:
        return _parse(body, resolve_model)

    def stream(self, header: ReplyHeader) -> ChatStream:
        return ChatStream(header)

    def whole(self, header: ReplyHeader, events: list[Event]) -> dict[str, Any]:
        return _whole(header, events)

    def error(self, error: GatewayError | Failed, request_id: str) -> ErrorReply:  # noqa: ARG002  (header only)
        return error_reply(error)
