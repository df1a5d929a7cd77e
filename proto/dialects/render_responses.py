"""A conversation as a request of OpenAI's Responses."""

from collections.abc import Iterator
from itertools import count, groupby
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
from proto.dialects.rendering import ERRORS, STOPS, Notes, Rendered, Wishes, as_file, legible, no_file


def render_responses(conversation: Conversation, wishes: Wishes) -> Rendered:
    """The request body, and what it says otherwise."""
    notes, numbers = Notes(), count()
    items: list[dict[str, Any]] = [{"role": "system", "content": text} for text in conversation.system[1:]]
    for message in conversation.messages:
        items += _items(message, notes, numbers)
    body: dict[str, Any] = {"model": wishes.model}
    if conversation.system:
        body["instructions"] = conversation.system[0]
    body["input"] = items
    if conversation.tools:
        body["tools"] = [_tool(tool) for tool in conversation.tools]
    if conversation.tool_choice != ToolChoice():
        body["tool_choice"] = _choice(conversation.tool_choice)
    if not conversation.parallel_tool_calls:
        body["parallel_tool_calls"] = False
    if not conversation.reasoning:
        body["reasoning"] = {"effort": "none"}
    limits = conversation.limits
    if limits.max_tokens:
        body["max_output_tokens"] = limits.max_tokens
    if limits.stop:
        notes.add(STOPS)
    if limits.json_schema is not None:
        body["text"] = {"format": _format(limits.json_schema)}
    if wishes.stream:
        body["stream"] = True
    return Rendered(body, list(notes))


def _items(message: Message, notes: Notes, numbers: "count[int]") -> Iterator[dict[str, Any]]:
    """What is said between two other items is one item."""
    read = legible(message.parts, notes)
    for spoken, group in groupby(read, lambda part: isinstance(part, TextPart | ImagePart | DocumentPart)):
        parts = list(group)
        if not spoken:
            yield from (_item(part, notes, numbers) for part in parts)
        elif message.role is Role.ASSISTANT:
            # The content of what the model said has no parts without an id; several texts are several items.
            yield from ({"role": "assistant", "content": part.text} for part in parts if isinstance(part, TextPart))
        else:
            yield {"role": message.role.value, "content": _content(parts, notes)}


def _item(part: Part, notes: Notes, numbers: "count[int]") -> dict[str, Any]:
    match part:
        case ReasoningPart():
            summary = [{"type": "summary_text", "text": part.text}] if part.text else []
            sealed = {"encrypted_content": part.signature} if part.signature else {}
            return {"type": "reasoning", "id": f"rs_{next(numbers)}", "summary": summary, **sealed}
        case ToolCallPart():
            return {"type": "function_call", "call_id": part.id, "name": part.name, "arguments": part.arguments}
        case ToolResultPart():
            if part.is_error:
                notes.add(ERRORS)
            return {"type": "function_call_output", "call_id": part.call_id, "output": _content(part.content, notes)}
        case _:
            raise TypeError(f"no item of its own: {type(part).__name__}")


def _content(parts: "list[Part] | list[TextPart | ImagePart]", notes: Notes) -> str | list[dict[str, Any]]:
    """One text as it is, none as an empty one."""
    if not parts:
        return ""
    if len(parts) == 1 and isinstance(parts[0], TextPart):
        return parts[0].text
    return [_shown(part, notes) for part in parts]


def _shown(part: Part, notes: Notes) -> dict[str, Any]:
    match part:
        case ImagePart():
            url = f"data:{part.media_type};base64,{part.data}"
            return {"type": "input_image", "detail": "auto", "image_url": url}
        case DocumentPart() if data := as_file(part):
            return {"type": "input_file", "filename": part.name, "file_data": data}
        case DocumentPart():
            return {"type": "input_text", "text": no_file(part, notes)}
        case TextPart():
            return {"type": "input_text", "text": part.text}
        case _:
            raise TypeError(f"no part of such a message: {type(part).__name__}")


def _tool(tool: Tool) -> dict[str, Any]:
    described = {"description": tool.description} if tool.description else {}
    return {"type": "function", "name": tool.name, **described, "parameters": tool.schema, "strict": False}


def _choice(choice: ToolChoice) -> str | dict[str, Any]:
    if choice.mode is ToolChoiceMode.NAMED:
        return {"type": "function", "name": choice.name}
    return choice.mode.value


def _format(schema: dict[str, Any]) -> dict[str, Any]:
    if not schema:
        return {"type": "json_object"}
    return {"type": "json_schema", "name": "answer", "schema": schema}
