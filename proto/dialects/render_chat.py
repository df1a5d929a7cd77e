"""A conversation as a request of OpenAI's Chat Completions."""

from collections.abc import Iterable, Iterator
from typing import Any

from proto.conversation import (
    Conversation,
    DocumentPart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    Role,
    TextPart,
    Tool,
    ToolCallPart,
    ToolChoice,
    ToolChoiceMode,
    ToolResultPart,
)
from proto.dialects.rendering import (
    ERRORS,
    SIGNATURES,
    Notes,
    Rendered,
    Wishes,
    as_file,
    legible,
    no_file,
    result_texts,
)

MOVED = "pictures in tool results follow them in a message of the user"


def render_chat(conversation: Conversation, wishes: Wishes) -> Rendered:
    """The request body, and what it says otherwise."""
    notes = Notes()
    messages: list[dict[str, Any]] = [{"role": "system", "content": text} for text in conversation.system]
    for message in conversation.messages:
        messages += _messages(message, notes)
    body: dict[str, Any] = {"model": wishes.model, "messages": messages}
    if conversation.tools:
        body["tools"] = [_tool(tool) for tool in conversation.tools]
    if conversation.tool_choice != ToolChoice():
        body["tool_choice"] = _choice(conversation.tool_choice)
    if not conversation.parallel_tool_calls:
        body["parallel_tool_calls"] = False
    if not conversation.reasoning:
        body["reasoning_effort"] = "none"
    limits = conversation.limits
    if limits.max_tokens:
        body["max_completion_tokens"] = limits.max_tokens
    if limits.stop:
        body["stop"] = limits.stop
    if limits.json_schema is not None:
        body["response_format"] = _format(limits.json_schema)
    if wishes.stream:
        body["stream"] = True
        if wishes.include_usage:
            body["stream_options"] = {"include_usage": True}
    return Rendered(body, list(notes))


def _messages(message: Message, notes: Notes) -> Iterator[dict[str, Any]]:
    match message.role:
        case Role.SYSTEM:
            yield {"role": "system", "content": _content(message.parts, notes)}
        case Role.ASSISTANT:
            yield from _assistant(message.parts, notes)
        case Role.USER:
            yield from _user(message.parts, notes)


def _user(parts: list[Part], notes: Notes) -> Iterator[dict[str, Any]]:
    """Results first, each a message of its own; a result holds text alone, so its pictures come right after all."""
    pictures: list[Part] = []
    for part in parts:
        if isinstance(part, ToolResultPart):
            yield {"role": "tool", "tool_call_id": part.call_id, "content": _texts(result_texts(part))}
            found = [inner for inner in part.content if isinstance(inner, ImagePart)]
            if found:
                notes.add(MOVED)
            if part.is_error:
                notes.add(ERRORS)
            pictures += found
    rest = pictures + [part for part in legible(parts, notes) if not isinstance(part, ToolResultPart)]
    if rest:
        yield {"role": "user", "content": _content(rest, notes)}


def _assistant(parts: list[Part], notes: Notes) -> Iterator[dict[str, Any]]:
    """One message holds reasoning, then text, then calls; what stands in another order begins another message."""
    for run in _runs(parts, notes):
        message: dict[str, Any] = {"role": "assistant"}
        texts = [part.text for part in run if isinstance(part, TextPart)]
        calls = [part for part in run if isinstance(part, ToolCallPart)]
        message["content"] = _texts(texts) if texts else None
        if isinstance(run[0], ReasoningPart):
            message["reasoning_content"] = run[0].text
        if calls:
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in calls
            ]
        yield message


def _runs(parts: Iterable[Part], notes: Notes) -> Iterator[list[Part]]:
    run: list[Part] = []
    for part in parts:
        if isinstance(part, ReasoningPart):
            if part.signature:
                notes.add(SIGNATURES)
            if not part.text:
                continue
        begins = isinstance(part, ReasoningPart) or (
            isinstance(part, TextPart) and bool(run) and isinstance(run[-1], ToolCallPart)
        )
        if begins and run:
            yield run
            run = []
        run.append(part)
    if run:
        yield run


def _texts(texts: list[str]) -> str | list[dict[str, Any]]:
    """One text as it is, several as parts."""
    if len(texts) > 1:
        return [{"type": "text", "text": text} for text in texts]
    return texts[0] if texts else ""


def _content(parts: Iterable[Part], notes: Notes) -> str | list[dict[str, Any]]:
    shown = [_shown(part, notes) for part in parts]
    texts = [part["text"] for part in shown if part["type"] == "text"]
    return _texts(texts) if len(texts) == len(shown) else shown


def _shown(part: Part, notes: Notes) -> dict[str, Any]:
    match part:
        case ImagePart():
            url = f"data:{part.media_type};base64,{part.data}"
            return {"type": "image_url", "image_url": {"url": url}}
        case DocumentPart() if data := as_file(part):
            return {"type": "file", "file": {"filename": part.name, "file_data": data}}
        case DocumentPart():
            return {"type": "text", "text": no_file(part, notes)}
        case TextPart():
            return {"type": "text", "text": part.text}
        case _:
            raise TypeError(f"no part of such a message: {type(part).__name__}")


def _tool(tool: Tool) -> dict[str, Any]:
    described = {"description": tool.description} if tool.description else {}
    return {"type": "function", "function": {"name": tool.name, **described, "parameters": tool.schema}}


def _choice(choice: ToolChoice) -> str | dict[str, Any]:
    if choice.mode is ToolChoiceMode.NAMED:
        return {"type": "function", "function": {"name": choice.name}}
    return choice.mode.value


def _format(schema: dict[str, Any]) -> dict[str, Any]:
    if not schema:
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
