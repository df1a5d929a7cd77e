"""Requests of the Responses API that several tests send, and what they are read as."""

from typing import Any

from proto.conversation import Message, Role, TextPart
from proto.dialects import get_dialect
from proto.dialects.base import ParsedRequest
from proto.events import Finished, FinishReason

RESPONSES = get_dialect("responses")
HI = Message(Role.USER, [TextPart("hi")])
USER = {"role": "user", "content": "hi"}
ADD = {"type": "function", "name": "add", "parameters": {"type": "object", "properties": {"a": {}}}, "strict": True}
PATCH = {
    "type": "custom",
    "name": "apply_patch",
    "description": "Changes files.",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"},
}
AGENTS = {
    "type": "namespace",
    "name": "agents",
    "description": "Sub-agents.",
    "tools": [{"type": "function", "name": "spawn", "parameters": {}}, {"type": "custom", "name": "tell"}],
}
SEARCH = {"type": "tool_search", "execution": "client", "description": "Finds.", "parameters": {"type": "object"}}
DONE = Finished(FinishReason.STOP)


def parse(dialect: Any = RESPONSES, **fields: Any) -> ParsedRequest:
    parsed: ParsedRequest = dialect.parse({"model": "m", "input": "hi"} | fields, lambda name: f"up-{name}")
    return parsed


def transcript(*items: Any, **fields: Any) -> list[Message]:
    return parse(input=list(items), **fields).conversation.messages


def assistant(*parts: Any) -> list[Message]:
    return [HI, Message(Role.ASSISTANT, list(parts))]
