"""OpenAI's Responses: `POST /v1/responses`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple

import orjson
from pydantic import BeforeValidator, Field

from proto.conversation import Conversation, Limits, Message
from proto.dialects.base import ErrorReply, ParsedRequest, Vendor
from proto.dialects.common import (
    MAX_MESSAGES,
    MAX_TOKENS,
    AnyText,
    Many,
    NonEmpty,
    OrText,
    Positive,
    Wire,
    WireRequest,
    ignored_names,
    json_object,
    quoted,
    refusal,
    tidy,
    unsupported,
    validate,
)
from proto.dialects.openai_errors import error_reply
from proto.dialects.openai_options import json_schema, word_as_type
from proto.dialects.responses_items import AnyItem, ItemReader
from proto.dialects.responses_stream import ECHO, ECHOED, SEALED, TOOLS, ResponsesStream
from proto.dialects.responses_tools import AnyTool, Choice, Toolbox
from proto.errors import ErrorCode, GatewayError
from proto.events import Event, Failed
from proto.fold import fold
from proto.jobs import ReplyHeader

ENCRYPTED_REASONING = "reasoning.encrypted_content"

#: Levels of JSON that may come to stand around a repeated field: the response, an event, a job's view. What can be
#: written in the reply header alone could not be written there.
_AROUND = 8


class Known(NamedTuple):
    """What the gateway has kept of earlier answers: the items before the request's own, and any it refers to."""

    earlier: Sequence[Any] | None = None
    items: Mapping[str, Any] = MappingProxyType({})


NOTHING_KNOWN = Known()

# The request


class ReasoningIn(Wire):
    effort: str | None = None
    summary: Any = None


class Format(Wire):
    type: str
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")
    strict: Any = None


class TextIn(Wire):
    format: Format | None = None
    verbosity: Any = None


def input_items(value: Any) -> Any:
    """A request's `input` as items: a lone text is what the user says."""
    return [{"role": "user", "content": value}] if isinstance(value, str) else value


Items = Annotated[Many[AnyItem], Field(max_length=MAX_MESSAGES), BeforeValidator(input_items), OrText()]
ChoiceOrType = Annotated[Choice, word_as_type, OrText()]


class ResponsesRequest(WireRequest):
    model: NonEmpty
    input: Items
    instructions: AnyText | None = None
    stream: bool | None = None
    store: bool | None = None
    previous_response_id: AnyText | None = None
    include: Many[AnyText] = Field(default_factory=list)
    tools: Many[AnyTool] = Field(default_factory=list)
    tool_choice: ChoiceOrType | None = None
    parallel_tool_calls: bool | None = None
    reasoning: ReasoningIn | None = None
    text: TextIn | None = None
    max_output_tokens: Positive | None = None
    background: Any = None
    conversation: Any = None
    prompt: Any = None


class Earlier(Wire):
    """Items that were understood once; they are named by where they come from."""

    previous_response_id: Items


def _parse(body: Any, resolve_model: Callable[[str], str], known: Known) -> ParsedRequest:
    request = validate(ResponsesRequest, body)
    _refuse_what_changes_the_contract(request)
    toolbox = Toolbox()
    toolbox.add(request.tools, "tools")
    reader = ItemReader(toolbox, known.items)
    system, messages = tidy(_messages(request, reader, known), "input")
    choice, tools = toolbox.choose(request.tool_choice)
    conversation = Conversation(
        model=resolve_model(request.model),
        messages=messages,
        system=[request.instructions, *system] if request.instructions else system,
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=request.parallel_tool_calls is not False,
        reasoning=not (request.reasoning and request.reasoning.effort == "none"),
        limits=Limits(
            max_tokens=min(request.max_output_tokens or 0, MAX_TOKENS),
            json_schema=_json_schema(request.text.format if request.text else None),
        ),
    )
    return ParsedRequest(
        conversation=conversation,
        requested_model=request.model,
        stream=bool(request.stream),
        include_usage=True,
        ignored=ignored_names(request, [*_ignored_options(request), *toolbox.ignored, *reader.ignored]),
        extra=_extra(request, body, toolbox),
    )


def _refuse_what_changes_the_contract(request: ResponsesRequest) -> None:
    if request.background:
        raise unsupported("background", "an answer cannot be made in the background")
    for name in ("conversation", "prompt"):
        if getattr(request, name) is not None:
            raise unsupported(name)


def _messages(request: ResponsesRequest, reader: ItemReader, known: Known) -> Iterable[Message]:
    if request.previous_response_id is not None:
        if known.earlier is None:
            why = f"Previous response with id {quoted(request.previous_response_id)} not found"
            raise refusal("previous_response_id", why, ErrorCode.PREVIOUS_NOT_KEPT)
        earlier = validate(Earlier, {"previous_response_id": known.earlier}).previous_response_id
        for i, item in enumerate(earlier):
            yield reader.message(item, f"previous_response_id[{i}]")
    for i, item in enumerate(request.input):
        yield reader.message(item, f"input[{i}]")


def _json_schema(wanted: Format | None) -> dict[str, Any] | None:
    return json_schema(wanted.type, wanted.schema_, "text.format", "text.format.schema") if wanted else None


def _ignored_options(request: ResponsesRequest) -> list[str]:
    """What is understood and has no effect. Efforts are part of the upstream's model names."""
    text = request.text or TextIn()
    options = {
        "reasoning.effort": request.reasoning and request.reasoning.effort not in (None, "none"),
        "text.verbosity": text.verbosity,
        "text.format.strict": text.format and text.format.strict,
        "tools.strict": any(item.strict for item in request.tools),
        "include": any(name != ENCRYPTED_REASONING for name in request.include),
    }
    return [name for name, value in options.items() if value]


def _extra(request: ResponsesRequest, body: dict[str, Any], toolbox: Toolbox) -> dict[str, Any]:
    """What the encoder wants back; the repeated fields as text, so that they are stored and sent as they are."""
    echo = {name: _echoed(name, body.get(name)) for name in ECHOED}
    for name, value in echo.items():
        around = value
        for _ in range(_AROUND):
            around = [around]
        json_object({name: around}, name)
    extra: dict[str, Any] = {ECHO: orjson.dumps(echo).decode()}
    if renamed := toolbox.renamed():
        extra[TOOLS] = renamed
    if ENCRYPTED_REASONING in request.include:
        extra[SEALED] = True
    return extra


def _echoed(name: str, value: Any) -> Any:
    default = ECHOED[name]
    if value is None:
        return default
    return default | value if isinstance(default, dict) and isinstance(value, dict) else value


# The answer


def _response(encoder: ResponsesStream, events: Iterable[Event]) -> dict[str, Any]:
    for event in events:
        encoder.feed(event)
    return encoder.response


def _whole(header: ReplyHeader, events: list[Event]) -> dict[str, Any]:
    answer = fold(events)
    folded = (*answer.parts, answer.usage, answer.finish, answer.failed)
    return _response(ResponsesStream(header), [event for event in folded if event is not None])


def response_as_told(header: ReplyHeader, events: list[Event]) -> dict[str, Any]:
    """The response object as its client has seen it, so that the ids in it are those that come back.

    It says by its `status` how far the log has got.
    """
    return _response(ResponsesStream(header), events) if header.stream else _whole(header, events)


class OpenAIResponses:
    """Responses, as a `Dialect`. With what is `known` of earlier answers, requests may go on from them."""

    name = "responses"
    path = "/v1/responses"
    vendor = Vendor.OPENAI

    def __init__(self, known: Known = NOTHING_KNOWN) -> None:
        self._known = known

    def parse(self, body: Any, resolve_model: Callable[[str], str]) -> ParsedRequest:
        return _parse(body, resolve_model, self._known)

    def stream(self, header: ReplyHeader) -> ResponsesStream:
        return ResponsesStream(header)

    def whole(self, header: ReplyHeader, events: list[Event]) -> dict[str, Any]:
        return _whole(header, events)

    def error(self, error: GatewayError | Failed, request_id: str) -> ErrorReply:  # noqa: ARG002  (header only)
        return error_reply(error)
