"""Token counts by rule of thumb, for when the upstream tells none. An estimate, never a bill.

ASCII text runs at about four characters a token, everything else (CJK above all) at about one and a half.
Weights are whole numbers, so the estimate of a text does not depend on the pieces it came in.
"""

import msgspec

from proto.conversation import (
    Conversation,
    DocumentPart,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    Tool,
    ToolCallPart,
    ToolResultPart,
)

TOKEN_WEIGHT = 12
ASCII_WEIGHT = 3
OTHER_WEIGHT = 8

IMAGE_TOKENS = 1000
"""A picture of about a megapixel; the real size would take decoding it."""

MESSAGE_TOKENS = 4
"""What role and framing of one message cost."""


def weigh(text: str) -> int:
    """The weight of a text; `TOKEN_WEIGHT` of it make one token. Weights of pieces add up to that of the whole."""
    if text.isascii():
        return len(text) * ASCII_WEIGHT
    ascii_length = len(text.encode("ascii", "ignore"))
    return ascii_length * ASCII_WEIGHT + (len(text) - ascii_length) * OTHER_WEIGHT


def tokens_of(weight: int) -> int:
    """Tokens that a weight stands for, rounded up."""
    return -(-weight // TOKEN_WEIGHT)


def prefix_within(text: str, weight: int) -> str:
    """The longest beginning of `text` that weighs no more than `weight`."""
    if weigh(text) <= weight:
        return text
    for length, character in enumerate(text):
        weight -= ASCII_WEIGHT if character.isascii() else OTHER_WEIGHT
        if weight < 0:
            return text[:length]
    return text


def estimate_tokens(text: str) -> int:
    """About how many tokens a model would make of `text`."""
    return tokens_of(weigh(text))


def estimate_conversation(conversation: Conversation) -> int:
    """About how many input tokens a conversation costs, its tools and wanted answer format included."""
    texts = [*conversation.system]
    images = 0
    for message in conversation.messages:
        for part in message.parts:
            texts += _texts(part)
            images += _images(part)
    for tool in conversation.tools:
        texts += _tool_texts(tool)
    if conversation.limits.json_schema:
        texts.append(_json(conversation.limits.json_schema))
    framing = MESSAGE_TOKENS * (len(conversation.messages) + len(conversation.system))
    return tokens_of(sum(map(weigh, texts))) + framing + IMAGE_TOKENS * images


def _texts(part: Part) -> list[str]:
    match part:
        case TextPart():
            return [part.text]
        case DocumentPart():
            return [part.name, part.text]
        case ToolCallPart():
            return [part.name, part.arguments]
        case ToolResultPart():
            return [content.text for content in part.content if isinstance(content, TextPart)]
        case ImagePart() | ReasoningPart():  # a picture has its own price, reasoning is not sent upstream
            return []


def _images(part: Part) -> int:
    match part:
        case ImagePart():
            return 1
        case ToolResultPart():
            return sum(isinstance(content, ImagePart) for content in part.content)
        case _:
            return 0


def _tool_texts(tool: Tool) -> list[str]:
    return [tool.name, tool.description, _json(tool.schema)]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
