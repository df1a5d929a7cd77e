"""A user query for the upstream: its text and what travels beside it, however the history is carried."""

from collections.abc import Iterable

import msgspec

from proto.conversation import (
    Conversation,
    DocumentPart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    ToolChoiceMode,
)
from proto.warp.context_pb2 import Attachment, InputContext
from proto.warp.request_pb2 import Request

SYSTEM_PROMPT = "SYSTEM_PROMPT"
"""The upstream has no place for a client's system text; an attachment of this name is what bridges have used."""

SYSTEM_LINE = f"The attachment {SYSTEM_PROMPT} holds the instructions for this whole conversation. Follow them."


def visible_messages(conversation: Conversation) -> list[Message]:
    """The messages that go upstream: reasoning does not, so one that holds nothing else is left out."""
    return [
        message
        for message in conversation.messages
        if any(not isinstance(part, ReasoningPart) for part in message.parts)
    ]


class Query:
    """A query under construction. Attachment names are unique in it, and the system text's name is taken."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.attachments: dict[str, str] = {}
        self.images: list[ImagePart] = []
        self._numbers: dict[str, int] = {}

    @property
    def text(self) -> str:
        return "\n\n".join(self.blocks)

    def add_system(self, conversation: Conversation) -> None:
        """Attach the system text, if there is one, and say so."""
        if conversation.system:
            self.attachments[SYSTEM_PROMPT] = "\n\n".join(conversation.system)
            self.blocks.append(SYSTEM_LINE)

    def add_parts(self, parts: Iterable[Part]) -> None:
        """A user's own words, as they are; pictures and documents go beside them."""
        for part in parts:
            match part:
                case TextPart():
                    self.blocks.append(part.text)
                case ImagePart():
                    self.images.append(part)
                case DocumentPart():
                    self.blocks.append(f"[attached document: {self.attach(part)}]")
                case _:
                    pass

    def attach(self, document: DocumentPart) -> str:
        """Put a document beside the text; its name there, by which the text can speak of it."""
        wanted = document.name or "document"
        name, number = wanted, self._numbers.get(wanted, 1)
        while name == SYSTEM_PROMPT or name in self.attachments:
            number += 1
            name = f"{wanted} ({number})"
        self._numbers[wanted] = number
        self.attachments[name] = document.text
        return name

    def show(self, image: ImagePart) -> int:
        """Put a picture beside the text; its number there, from 1."""
        self.images.append(image)
        return len(self.images)

    def message(self) -> Request.Input.UserQuery:
        """The query as an input; its images go into the context of the whole request."""
        return Request.Input.UserQuery(query=self.text, referenced_attachments=attachments(self.attachments))


def attachments(texts: dict[str, str]) -> dict[str, Attachment]:
    return {name: Attachment(plain_text=text) for name, text in texts.items()}


def context(images: Iterable[ImagePart]) -> InputContext:
    """An input context with nothing but images."""
    filled = InputContext()
    for image in images:
        filled.images.add(data=image_bytes(image), mime_type=image.media_type)
    return filled


def image_bytes(image: ImagePart) -> bytes:
    """The upstream's own client sends the base64 text here, not what it stands for (`docs/protocol.md` Q5)."""
    return image.data.encode()


def instructions(conversation: Conversation) -> list[str]:
    """What the upstream has no field for and the model can only be asked."""
    lines: list[str] = []
    if conversation.tool_choice.mode is ToolChoiceMode.REQUIRED:
        lines.append("Call at least one of the tools on offer now. Do not answer in text alone.")
    elif conversation.tool_choice.mode is ToolChoiceMode.NAMED:
        lines.append(f"Call the tool {conversation.tool_choice.name} now. Do not answer in text alone.")
    schema = conversation.limits.json_schema
    if schema is not None:
        lines.append("Write the answer as one JSON object alone: no words around it and no Markdown fence.")
    if schema:
        lines.append("It must fit this JSON Schema:\n" + msgspec.json.encode(schema).decode())
    return lines
