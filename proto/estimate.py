"""Token counts by rule of thumb, for when the upstream tells none. An estimate, never a bill.

ASCII text runs at about four characters a token, everything else (CJK above all) at about one and a half.
Weights are whole numbers, so the estimate of a text does not depend on the pieces it came in.
"""

from typing import NamedTuple, assert_never

import msgspec

from proto.conversation import (
    Conversation,
    DocumentPart,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from proto.images import image_tokens

TOKEN_WEIGHT = 12
ASCII_WEIGHT = 3
OTHER_WEIGHT = 8

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


class Contents(NamedTuple):
    """All that a conversation holds, by what it costs. A message's parts keep their order."""

    texts: list[str]
    reasoning: list[str]
    images: list[ImagePart]


def contents(conversation: Conversation) -> Contents:
    """What goes upstream, its tools and wanted answer format included, and the reasoning, which does not."""
    found = Contents([*conversation.system], [], [])
    for message in conversation.messages:
        for part in message.parts:
            _collect(part, found)
    for tool in conversation.tools:
        found.texts.extend([tool.name, tool.description, _json(tool.schema)])
    if conversation.limits.json_schema:
        found.texts.append(_json(conversation.limits.json_schema))
    return found


def estimate_conversation(conversation: Conversation) -> int:
    """About how many input tokens a conversation costs, its tools and wanted answer format included."""
    found = contents(conversation)
    framing = MESSAGE_TOKENS * (len(conversation.messages) + len(conversation.system))
    return tokens_of(sum(map(weigh, found.texts))) + framing + sum(map(image_tokens, found.images))


def _collect(part: Part, found: Contents) -> None:
    match part:
        case TextPart():
            found.texts.append(part.text)
        case DocumentPart():
            found.texts.extend([part.name, part.text])
        case ToolCallPart():
            found.texts.extend([part.name, part.arguments])
        case ToolResultPart():
            for content in part.content:
                _collect(content, found)
        case ImagePart():
            found.images.append(part)
        case ReasoningPart():
            found.reasoning.append(part.text)
        case _:
            assert_never(part)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
