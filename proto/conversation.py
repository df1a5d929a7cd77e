"""The neutral conversation: what every dialect turns its request into, and all that a worker needs to know.

A conversation is the whole transcript, oldest message first, in the order that `proto.normalise` gives it: each call
of an assistant message has exactly one result, at the beginning of the user message that follows. System texts that
come first are in `system`; one that comes later keeps its place as a `system` message.
"""

import re
from enum import StrEnum
from typing import Any, Final, TypeAlias

import msgspec

#: A call's id as every client and the upstream can take it.
MAX_CALL_ID: Final = 64
CALL_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
#: Levels of JSON that a tool's schema or arguments may have. Protobuf parsers stop at 100 nested messages, a level of
#: JSON takes up to three of them, and the way down to it eight.
MAX_JSON_DEPTH: Final = 28


class Role(StrEnum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class TextPart(msgspec.Struct, frozen=True, tag="text"):
    text: str


class ImagePart(msgspec.Struct, frozen=True, tag="image"):
    """`data` is base64 text, as the upstream wants it (`docs/protocol.md` Q5)."""

    media_type: str
    data: str


class DocumentPart(msgspec.Struct, frozen=True, tag="document"):
    """A text document; it travels as a named attachment (`docs/protocol.md` 4.3)."""

    name: str
    text: str


class ReasoningPart(msgspec.Struct, frozen=True, tag="reasoning"):
    """Reasoning a client sends back. Kept for the transcript's identity, never sent upstream as text."""

    text: str
    signature: str = ""


class ToolCallPart(msgspec.Struct, frozen=True, tag="tool_call"):
    """`arguments` is the text of one JSON object; what was not JSON has become `{}`."""

    id: str
    name: str
    arguments: str


class ToolResultPart(msgspec.Struct, frozen=True, tag="tool_result"):
    call_id: str
    content: list[TextPart | ImagePart]
    is_error: bool = False


Part: TypeAlias = TextPart | ImagePart | DocumentPart | ReasoningPart | ToolCallPart | ToolResultPart


class Message(msgspec.Struct, frozen=True):
    role: Role
    parts: list[Part]


class Tool(msgspec.Struct, frozen=True):
    """A function the client offers. `schema` is a JSON Schema whose root is an object."""

    name: str
    schema: dict[str, Any]
    description: str = ""


class ToolChoiceMode(StrEnum):
    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"
    NAMED = "named"


class ToolChoice(msgspec.Struct, frozen=True):
    """`name` is set for `NAMED` alone."""

    mode: ToolChoiceMode = ToolChoiceMode.AUTO
    name: str = ""


class Limits(msgspec.Struct, frozen=True):
    """What the upstream cannot do and the worker applies to the answer before it is logged.

    `max_tokens` counts output tokens, 0 for no limit; `json_schema` is set when bare JSON was asked for,
    empty for any object.
    """

    max_tokens: int = 0
    stop: list[str] = []
    json_schema: dict[str, Any] | None = None


class Conversation(msgspec.Struct, frozen=True):
    """`model` is the upstream's id, after the alias table."""

    model: str
    messages: list[Message]
    system: list[str] = []
    tools: list[Tool] = []
    tool_choice: ToolChoice = ToolChoice()
    parallel_tool_calls: bool = True
    reasoning: bool = True
    limits: Limits = Limits()
