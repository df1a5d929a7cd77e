"""Estimates: the documented rates, and that pieces weigh what the whole does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto.conversation import (
    Conversation,
    DocumentPart,
    ImagePart,
    Limits,
    Message,
    Part,
    ReasoningPart,
    Role,
    TextPart,
    Tool,
    ToolCallPart,
    ToolResultPart,
)
from proto.estimate import MESSAGE_TOKENS, estimate_conversation, estimate_tokens, weigh
from proto.images import UNKNOWN_TOKENS, image_tokens
from tests.pictures import png


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("你好吗", 2), ("abcd你好吗", 3), ("a" * 4000, 1000)],
)
def test_rates(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


@given(st.lists(st.text()))
def test_pieces_weigh_what_the_whole_does(pieces: list[str]) -> None:
    assert sum(map(weigh, pieces)) == weigh("".join(pieces))


def test_a_conversation_counts_all_that_is_sent() -> None:
    text = "four" * 100
    parts: list[Part] = [
        TextPart(text),
        ImagePart("image/png", "A" * 100_000),
        DocumentPart("", text),
        ReasoningPart(text),
        ToolCallPart("id", "", text),
        ToolResultPart("id", [TextPart(text), ImagePart("image/png", "A" * 100_000)]),
    ]

    count = estimate_conversation(Conversation("auto", [Message(Role.USER, parts)], system=[text]))

    assert count == 5 * 100 + 2 * UNKNOWN_TOKENS + 2 * MESSAGE_TOKENS


def test_tools_and_the_answer_format_cost_input_too() -> None:
    message = Message(Role.USER, [TextPart("hi")])
    plain = estimate_conversation(Conversation("auto", [message]))
    schema = {"type": "object", "properties": {"city": {"type": "string", "description": "where" * 20}}}

    assert estimate_conversation(Conversation("auto", [message], tools=[Tool("weather", schema)])) > plain + 30
    assert estimate_conversation(Conversation("auto", [message], limits=Limits(json_schema=schema))) > plain + 30


@pytest.mark.parametrize(
    ("width", "height", "tokens"),
    [
        # Published by Anthropic for pictures that are not scaled.
        (200, 200, 54),
        (1000, 1000, 1334),
        (1092, 1092, 1590),
        # Scaled down, by the long edge and by what one picture costs at most.
        (3136, 784, 820),
        (8000, 8000, 1600),
        (1, 100_000, 1),
    ],
)
def test_a_picture_costs_its_size(width: int, height: int, tokens: int) -> None:
    assert image_tokens(ImagePart("image/png", png(width, height))) == tokens


@pytest.mark.parametrize("data", ["", "A", "iVBORw0KGgo=", png(0, 5), "not base64 at all"])
def test_a_picture_that_tells_no_size_costs_a_megapixel(data: str) -> None:
    assert image_tokens(ImagePart("image/png", data)) == UNKNOWN_TOKENS
