"""Anthropic's Messages: `POST /v1/messages`. What is asked is here, the answer in `anthropic_answer.py`."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from proto.conversation import Conversation, Limits, Tool, ToolChoice, ToolChoiceMode
from proto.dialects.anthropic_answer import OMITTED, THINKING, MessagesStream, error_body, whole_message
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
from proto.dialects.encoder import error_row, retry_headers
from proto.errors import GatewayError
from proto.events import Event, Failed
from proto.jobs import ReplyHeader


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
        extra={THINKING: OMITTED} if _omits_thinking(request.thinking) else {},
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
    return thinking is not None and thinking.display == OMITTED


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
        "thinking.display": thinking and thinking.display not in (None, "summarized", OMITTED),
        "cache_control": any(tool.cache_control for tool in tools),
        "tools.strict": any(tool.strict for tool in tools),
        "tools.defer_loading": any(tool.defer_loading for tool in tools),
        "tools.eager_input_streaming": any(tool.eager_input_streaming for tool in tools),
        "tools.input_examples": any(tool.input_examples for tool in tools),
        "tools.allowed_callers": any(tool.allowed_callers for tool in tools),
    }
    return [name for name, value in options.items() if value]


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
        return whole_message(header, events)

    def error(self, error: GatewayError | Failed, request_id: str) -> ErrorReply:
        body = error_body(error) | {"request_id": request_id}
        return ErrorReply(error_row(error).anthropic_status, body, retry_headers(error))
