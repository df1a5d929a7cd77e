"""Whole answers of the client APIs read back into events: the other way round than a dialect's `whole`.

What an answer says beside text, reasoning, tool calls, usage and how it ended is left out and named.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from pydantic import Field

from proto.dialects.common import AnyText, Many, NonEmpty, Wire, arguments_text, refusal, validate
from proto.dialects.custom_tools import wrapped
from proto.dialects.rendering import SIGNATURES, Notes
from proto.events import Event, Finished, FinishReason, Reasoning, Text, ToolCall, Usage
from proto.jobs import ReplyHeader


class ReadAnswer(NamedTuple):
    """An answer as a job would have left it, and what of it is left out."""

    header: ReplyHeader
    events: list[Event]
    notes: list[str]


class _Counts(Wire):
    """All that any of the APIs counts; what an API does not know stays 0."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_input_tokens: int | None = 0
    cache_creation_input_tokens: int | None = 0
    prompt_tokens_details: dict[str, Any] | None = None
    completion_tokens_details: dict[str, Any] | None = None
    input_tokens_details: dict[str, Any] | None = None
    output_tokens_details: dict[str, Any] | None = None


# Chat Completions


class _Function(Wire):
    name: NonEmpty
    arguments: AnyText = ""
    input: AnyText = ""


class _ChatCall(Wire):
    id: NonEmpty
    function: _Function | None = None
    custom: _Function | None = None


class _ChatMessage(Wire):
    content: AnyText | None = None
    refusal: AnyText | None = None
    reasoning_content: AnyText | None = None
    tool_calls: Many[_ChatCall] = Field(default_factory=list)
    annotations: Any = None
    audio: Any = None


class _Choice(Wire):
    message: _ChatMessage
    finish_reason: str | None = None
    logprobs: Any = None


class _Completion(Wire):
    id: str = ""
    model: str
    created: int = 0
    choices: Many[_Choice] = Field(min_length=1)
    usage: _Counts | None = None


_CHAT_ENDS: Final = {
    "stop": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "tool_calls": FinishReason.TOOL_CALLS,
}


def _chat(body: Any) -> ReadAnswer:
    completion, notes = validate(_Completion, body), Notes()
    choice, *others = completion.choices
    if others:
        notes.add(f"{len(others)} further choices are left out")
    message = choice.message
    for name, value in (("logprobs", choice.logprobs), ("annotations", message.annotations), ("audio", message.audio)):
        if value:
            notes.add(f"{name} are left out")
    events: list[Event] = [Reasoning(message.reasoning_content)] if message.reasoning_content else []
    if text := (message.content or "") + (message.refusal or ""):
        events.append(Text(text))
    for call in message.tool_calls:
        if call.custom:
            notes.add(f"the custom tool {call.custom.name!r} is told as a function")
            events.append(ToolCall(call.id, call.custom.name, wrapped(call.custom.input)))
        elif call.function:
            arguments = arguments_text(call.function.arguments, "arguments")
            events.append(ToolCall(call.id, call.function.name, arguments))
    ending = _ending(choice.finish_reason, _CHAT_ENDS, notes)
    header = _header("openai", completion.id, completion.model, completion.created)
    return ReadAnswer(header, [*events, *_openai_usage(completion.usage), Finished(ending)], list(notes))


# Messages


class _Block(Wire):
    type: str
    text: AnyText = ""
    thinking: AnyText = ""
    signature: AnyText = ""
    id: AnyText = ""
    name: AnyText = ""
    input: Any = None
    citations: Any = None


class _Message(Wire):
    id: str = ""
    model: str
    content: Many[_Block]
    stop_reason: str | None = None
    stop_sequence: AnyText | None = None
    usage: _Counts | None = None


_MESSAGE_ENDS: Final = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP_SEQUENCE,
    "max_tokens": FinishReason.LENGTH,
    "tool_use": FinishReason.TOOL_CALLS,
}


def _message(body: Any) -> ReadAnswer:
    message, notes = validate(_Message, body), Notes()
    events: list[Event] = []
    for i, block in enumerate(message.content):
        match block.type:
            case "text":
                events.append(Text(block.text, i))
                if block.citations:
                    notes.add("citations are left out")
            case "thinking":
                events.append(Reasoning(block.thinking, i))
                if block.signature:
                    notes.add(SIGNATURES)
            case "tool_use":
                events.append(ToolCall(block.id, block.name, arguments_text(block.input, f"content[{i}].input")))
            case _:
                notes.add(f"content[{i}] of the type {block.type!r} is left out")
    usage = message.usage
    if usage:
        read, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
        thought = _detail(usage.output_tokens_details, "thinking_tokens")
        events.append(Usage(usage.input_tokens, usage.output_tokens, read, written, thought))
    ending = _ending(message.stop_reason, _MESSAGE_ENDS, notes)
    events.append(Finished(ending, message.stop_sequence))
    return ReadAnswer(_header("anthropic", message.id, message.model, 0), events, list(notes))


# Responses


class _Part(Wire):
    type: str
    text: AnyText = ""
    refusal: AnyText = ""
    annotations: Any = None
    logprobs: Any = None


class _Item(Wire):
    type: str
    content: Many[_Part] = Field(default_factory=list)
    summary: Many[_Part] = Field(default_factory=list)
    encrypted_content: AnyText | None = None
    call_id: AnyText = ""
    name: AnyText = ""
    arguments: Any = ""
    input: AnyText = ""


class _Response(Wire):
    id: str = ""
    model: str
    created_at: int | float = 0
    status: str | None = None
    output: Many[_Item]
    usage: _Counts | None = None
    incomplete_details: dict[str, Any] | None = None


def _response(body: Any) -> ReadAnswer:
    response, notes = validate(_Response, body), Notes()
    if response.status not in (None, "completed", "incomplete"):
        raise refusal("status", f"{response.status!r} is no answer")
    events: list[Event] = []
    for i, item in enumerate(response.output):
        events += _item(item, i, notes)
    cut = response.status == "incomplete"
    called = any(isinstance(event, ToolCall) for event in events)
    ending = FinishReason.LENGTH if cut else FinishReason.TOOL_CALLS if called else FinishReason.STOP
    header = _header("responses", response.id, response.model, int(response.created_at))
    return ReadAnswer(header, [*events, *_openai_usage(response.usage), Finished(ending)], list(notes))


def _item(item: _Item, number: int, notes: Notes) -> list[Event]:
    match item.type:
        case "message":
            if any(part.annotations or part.logprobs for part in item.content):
                notes.add("annotations and logprobs are left out")
            return [Text("".join(part.text or part.refusal for part in item.content), number)]
        case "reasoning":
            if item.encrypted_content:
                notes.add(SIGNATURES)
            texts = [part.text for part in (*item.summary, *item.content)]
            return [Reasoning("\n\n".join(texts), number)]
        case "function_call":
            arguments = arguments_text(item.arguments, f"output[{number}].arguments")
            return [ToolCall(item.call_id, item.name, arguments)]
        case "custom_tool_call":
            notes.add(f"the custom tool {item.name!r} is told as a function")
            return [ToolCall(item.call_id, item.name, wrapped(item.input))]
        case _:
            notes.add(f"output[{number}] of the type {item.type!r} is left out")
            return []


# All of them


READERS: Final[dict[str, Callable[[Any], ReadAnswer]]] = {
    "openai": _chat,
    "anthropic": _message,
    "responses": _response,
}
_PREFIXES: Final = ("chatcmpl-", "msg_", "resp_")


def _header(dialect: str, answer_id: str, model: str, created: int) -> ReplyHeader:
    seed = next((answer_id.removeprefix(prefix) for prefix in _PREFIXES if answer_id.startswith(prefix)), answer_id)
    return ReplyHeader(dialect, model, seed or "converted", created)


def _ending(word: str | None, known: dict[str, FinishReason], notes: Notes) -> FinishReason:
    if word is not None and word not in known:
        notes.add(f"that it ended by {word!r} is left out")
    return known.get(word or "", FinishReason.STOP)


def _openai_usage(counts: _Counts | None) -> list[Event]:
    if counts is None:
        return []
    details = counts.prompt_tokens_details or counts.input_tokens_details
    read, written = _detail(details, "cached_tokens"), _detail(details, "cache_write_tokens")
    prompt = counts.prompt_tokens or counts.input_tokens
    thought = _detail(counts.completion_tokens_details or counts.output_tokens_details, "reasoning_tokens")
    output = counts.completion_tokens or counts.output_tokens
    return [Usage(max(0, prompt - read - written), output, read, written, thought)]


def _detail(details: dict[str, Any] | None, name: str) -> int:
    value = (details or {}).get(name)
    return value if isinstance(value, int) else 0
