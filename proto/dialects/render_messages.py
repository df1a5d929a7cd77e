"""A conversation as a request of Anthropic's Messages."""

from typing import Any, Final

import orjson

from proto.conversation import (
    Conversation,
    DocumentPart,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    Tool,
    ToolCallPart,
    ToolChoice,
    ToolChoiceMode,
    ToolResultPart,
)
from proto.dialects.rendering import Notes, Rendered, Wishes, legible

#: The limit of output tokens that is put where the conversation has none, for here one is demanded.
MAX_TOKENS: Final = 32_000

_MODES: Final = {
    ToolChoiceMode.AUTO: "auto",
    ToolChoiceMode.NONE: "none",
    ToolChoiceMode.REQUIRED: "any",
    ToolChoiceMode.NAMED: "tool",
}


def render_messages(conversation: Conversation, wishes: Wishes) -> Rendered:
    """The request body, and what it says otherwise."""
    notes = Notes()
    limits = conversation.limits
    if not limits.max_tokens:
        notes.add(f"max_tokens is demanded here and was not given: {MAX_TOKENS} was put")
    body: dict[str, Any] = {"model": wishes.model, "max_tokens": limits.max_tokens or MAX_TOKENS}
    read = [
        (message.role.value, [_block(part) for part in legible(message.parts, notes)])
        for message in conversation.messages
    ]
    messages = [{"role": role, "content": _short(blocks)} for role, blocks in read if blocks]
    system = conversation.system
    if system and not messages:  # as in `normalise`, so that there is something to answer
        *system, last = system
        messages = [{"role": "system", "content": last}]
    if system:
        body["system"] = system[0] if len(system) == 1 else [{"type": "text", "text": text} for text in system]
    body["messages"] = messages
    if conversation.tools:
        body["tools"] = [_tool(tool) for tool in conversation.tools]
    if choice := _choice(conversation, notes):
        body["tool_choice"] = choice
    if conversation.reasoning:
        body["thinking"] = {"type": "adaptive"}
    if limits.stop:
        body["stop_sequences"] = limits.stop
    if limits.json_schema is not None:
        body["output_config"] = {"format": {"type": "json_schema", "schema": limits.json_schema}}
    if wishes.stream:
        body["stream"] = True
    return Rendered(body, list(notes))


def _short(blocks: list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    """One text as it is."""
    if len(blocks) == 1 and blocks[0]["type"] == "text":
        text: str = blocks[0]["text"]
        return text
    return blocks


def _block(part: Part) -> dict[str, Any]:
    match part:
        case TextPart():
            return {"type": "text", "text": part.text}
        case ImagePart():
            source = {"type": "base64", "media_type": part.media_type, "data": part.data}
            return {"type": "image", "source": source}
        case DocumentPart():
            source = {"type": "text", "media_type": "text/plain", "data": part.text}
            return {"type": "document", "title": part.name, "source": source}
        case ReasoningPart() if part.text:
            return {"type": "thinking", "thinking": part.text, "signature": part.signature}
        case ReasoningPart():
            return {"type": "redacted_thinking", "data": part.signature}
        case ToolCallPart():
            return {"type": "tool_use", "id": part.id, "name": part.name, "input": orjson.loads(part.arguments)}
        case ToolResultPart():
            content = [_block(inner) for inner in part.content]
            failed = {"is_error": True} if part.is_error else {}
            return {"type": "tool_result", "tool_use_id": part.call_id, "content": _short(content), **failed}


def _tool(tool: Tool) -> dict[str, Any]:
    described = {"description": tool.description} if tool.description else {}
    return {"name": tool.name, **described, "input_schema": tool.schema}


def _choice(conversation: Conversation, notes: Notes) -> dict[str, Any] | None:
    choice = conversation.tool_choice
    if choice == ToolChoice() and conversation.parallel_tool_calls:
        return None
    wanted: dict[str, Any] = {"type": _MODES[choice.mode]}
    if choice.name:
        wanted["name"] = choice.name
    if not conversation.parallel_tool_calls:
        if choice.mode is ToolChoiceMode.NONE:
            notes.add("that calls must not be parallel is left out where none may be made")
        else:
            wanted["disable_parallel_tool_use"] = True
    return wanted
