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
from proto.estimate import IMAGE_TOKENS, MESSAGE_TOKENS, estimate_conversation, estimate_tokens, weigh


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

    assert count == 5 * 100 + 2 * IMAGE_TOKENS + 2 * MESSAGE_TOKENS


def test_tools_and_the_answer_format_cost_input_too() -> None:
    message = Message(Role.USER, [TextPart("hi")])
    plain = estimate_conversation(Conversation("auto", [message]))
    schema = {"type": "object", "properties": {"city": {"type": "string", "description": "where" * 20}}}

    assert estimate_conversation(Conversation("auto", [message], tools=[Tool("weather", schema)])) > plain + 30
    assert estimate_conversation(Conversation("auto", [message], limits=Limits(json_schema=schema))) > plain + 30
