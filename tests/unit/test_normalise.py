"""The order of messages: every case of the table in docs/function-calls.md, and what holds for any conversation."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto.conversation import (
    CALL_ID,
    DocumentPart,
    ImagePart,
    Message,
    ReasoningPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from proto.normalise import NO_RESULT, normalise


def system(*texts: str) -> Message:
    return Message(Role.SYSTEM, [TextPart(text) for text in texts])


def user(*parts: Any) -> Message:
    return Message(Role.USER, [TextPart(part) if isinstance(part, str) else part for part in parts])


def assistant(*parts: Any) -> Message:
    return Message(Role.ASSISTANT, [TextPart(part) if isinstance(part, str) else part for part in parts])


def call(id_: str, name: str = "f") -> ToolCallPart:
    return ToolCallPart(id_, name, "{}")


def result(id_: str, text: str = "", *, error: bool = False) -> ToolResultPart:
    return ToolResultPart(id_, [TextPart(text)] if text else [], is_error=error)


def missing(id_: str) -> ToolResultPart:
    return result(id_, NO_RESULT, error=True)


LONG = "x" * 65
IMAGE = ImagePart("image/png", "AAAA")

CASES: dict[str, tuple[list[Message], list[Message]]] = {
    "in order": (
        [user("a", IMAGE, "b"), assistant("c", call("1")), user(result("1", "r"), "d"), assistant("e"), user("f")],
        [user("a", IMAGE, "b"), assistant("c", call("1")), user(result("1", "r"), "d"), assistant("e"), user("f")],
    ),
    "neighbours of one role": (
        [user("a"), user("b"), assistant("c"), assistant(), assistant("d"), user("e"), system("f"), system("g")],
        [user("a", "b"), assistant("c", "d"), user("e"), system("f", "g")],
    ),
    "a begun answer": ([user("a"), assistant("b")], [user("a"), assistant("b")]),
    "the answer comes first": ([assistant("a"), user("b")], [assistant("a"), user("b")]),
    "results behind and between texts": (
        [assistant(call("1"), call("2")), user("a", result("1", "r")), user("b"), user(result("2", "s"), IMAGE)],
        [assistant(call("1"), call("2")), user(result("1", "r"), result("2", "s"), "a", "b", IMAGE)],
    ),
    "results in another order than their calls": (
        [assistant(call("1"), call("2")), user(result("2", "s"), result("1", "r"))],
        [assistant(call("1"), call("2")), user(result("1", "r"), result("2", "s"))],
    ),
    "a system message before the results": (
        [assistant(call("1")), system("a"), user(result("1", "r"), "b")],
        [assistant(call("1")), user(result("1", "r")), system("a"), user("b")],
    ),
    "results alone, around a system message": (
        [assistant(call("1"), call("2")), user(result("1")), system("a"), user(result("2")), system("b")],
        [assistant(call("1"), call("2")), user(result("1"), result("2")), system("a", "b")],
    ),
    "a result that is missing": (
        [assistant(call("1"), call("2")), user(result("2", "s"), "a"), assistant("b")],
        [assistant(call("1"), call("2")), user(missing("1"), result("2", "s"), "a"), assistant("b")],
    ),
    "calls that end the conversation": (
        [user("a"), assistant("b", call("1"))],
        [user("a"), assistant("b", call("1")), user(missing("1"))],
    ),
    "calls right before another answer's message": (
        [assistant(call("1")), assistant(call("2")), user(result("2"), result("1"))],
        [assistant(call("1"), call("2")), user(result("1"), result("2"))],
    ),
    "a result after the next answer": (
        [assistant(call("1")), user("a"), assistant("b"), user(result("1", "r"), "c")],
        [
            assistant(call("1")),
            user(missing("1"), "a"),
            assistant("b"),
            user("[A further result of an earlier call of the tool f, 1:]", "r", "c"),
        ],
    ),
    "a result without a call": (
        [user(result("9", "r"), "a"), assistant("b"), user(ToolResultPart("8", [IMAGE], is_error=True))],
        [
            user("[The result of a tool call that is not in this conversation, 9:]", "r", "a"),
            assistant("b"),
            user("[The error of a tool call that is not in this conversation, 8:]", IMAGE),
        ],
    ),
    "an error with a picture": (
        [assistant(call("1"), call("2")), user("a", ToolResultPart("1", [TextPart("r"), IMAGE], is_error=True))],
        [assistant(call("1"), call("2")), user(result("1", "r", error=True), missing("2"), IMAGE, "a")],
    ),
    "the same result twice": (
        [assistant(call("1")), user(result("1", "r"), result("1", "r"))],
        [assistant(call("1")), user(result("1", "r"))],
    ),
    "two results of one call": (
        [assistant(call("1")), user(result("1", "r"), "a", result("1", "s"))],
        [
            assistant(call("1")),
            user(result("1", "r"), "a", "[A further result of an earlier call of the tool f, 1:]", "s"),
        ],
    ),
    "an id used again": (
        [assistant(call("1")), user(result("1", "r")), assistant(call("1", "g")), user(result("1", "s"))],
        [assistant(call("1")), user(result("1", "r")), assistant(call("1-2", "g")), user(result("1-2", "s"))],
    ),
    "an id used again while it waits": (
        [assistant(call("1")), user("a"), assistant(call("1")), user(result("1", "s"))],
        [assistant(call("1")), user(missing("1"), "a"), assistant(call("1-2")), user(result("1-2", "s"))],
    ),
    "one id for all calls of a turn": (
        [assistant(call("1"), call("1"), call("1-2")), user(result("1", "r"), result("1-2", "t"), result("1", "s"))],
        [
            assistant(call("1"), call("1-2"), call("1-2-2")),
            user(result("1", "r"), result("1-2", "s"), result("1-2-2", "t")),
        ],
    ),
    "ids that are not legal": (
        [assistant(call(LONG), call("")), user(result("", "s"), result(LONG, "r"))],
        [
            assistant(call("call_77f538c970521d7f5b94c5e8"), call("call_69217a3079908094e11121d0")),
            user(result("call_77f538c970521d7f5b94c5e8", "r"), result("call_69217a3079908094e11121d0", "s")),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_table(case: str) -> None:
    messages, expected = CASES[case]
    assert normalise(messages) == ([], expected)


def test_system_texts_that_come_first_stand_apart() -> None:
    assert normalise([system("a"), system("b", "c"), user("d"), system("e")]) == (
        ["a", "b", "c"],
        [user("d"), system("e")],
    )
    assert normalise([system("a"), system("b")]) == (["a"], [system("b")])
    assert normalise([user(), assistant()]) == ([], [])


# Any conversation

_ids = st.sampled_from(["1", "2", "1-2", "1-3", LONG, ""])
_texts = st.text("ab", min_size=1, max_size=3).map(TextPart)
_images = st.sampled_from("abc").map(lambda data: ImagePart("image/png", data))
_results = st.builds(ToolResultPart, _ids, st.lists(_texts | _images, max_size=2), st.booleans())
_calls = st.builds(ToolCallPart, _ids, st.sampled_from("fg"), st.sampled_from(["{}", '{"a":1}']))
_reasoning = st.builds(ReasoningPart, st.sampled_from("xy"))
_documents = st.builds(DocumentPart, st.sampled_from("de"), st.just("words"))
conversations = st.lists(
    st.builds(Message, st.just(Role.USER), st.lists(_texts | _images | _documents | _results, max_size=4))
    | st.builds(Message, st.just(Role.ASSISTANT), st.lists(_texts | _calls | _reasoning, max_size=4))
    | st.builds(Message, st.just(Role.SYSTEM), st.lists(_texts, max_size=2)),
    max_size=8,
)


@given(conversations)
def test_what_is_in_order_is_not_changed(messages: list[Message]) -> None:
    first = [user("begin"), *messages]
    once = normalise(first)
    assert normalise(once[1]) == once


def loose(messages: list[Message], *, of_results: bool) -> Counter[Any]:
    """All that was said, by whoever, calls without their ids; with what stands in results, or without."""
    said: Counter[Any] = Counter()
    for message in messages:
        for part in message.parts:
            if isinstance(part, ToolResultPart):
                said.update((message.role, inner) for inner in part.content if of_results)
            elif isinstance(part, ToolCallPart):
                said[message.role, part.name, part.arguments] += 1
            else:
                said[message.role, part] += 1
    return said


@given(conversations)
def test_nothing_is_lost(messages: list[Message]) -> None:
    messages = [user("begin"), *messages]
    _, out = normalise(messages)
    assert loose(messages, of_results=False) <= loose(out, of_results=False)
    # A result that only repeats another says nothing more.
    assert loose(messages, of_results=True).keys() <= loose(out, of_results=True).keys()


@given(conversations)
def test_what_is_no_result_keeps_its_order(messages: list[Message]) -> None:
    def order(messages: list[Message]) -> list[Any]:
        return [
            (message.role, part.name if isinstance(part, ToolCallPart) else part)
            for message in messages
            for part in message.parts
            if not isinstance(part, ToolResultPart)
        ]

    messages = [user("begin"), *messages]
    rest = iter(order(normalise(messages)[1]))
    assert all(any(each == other for other in rest) for each in order(messages))


@given(conversations)
def test_every_call_is_answered_right_after_its_turn_and_ids_are_unique(messages: list[Message]) -> None:
    _, out = normalise([user("begin"), *messages])
    ids = [part.id for message in out for part in message.parts if isinstance(part, ToolCallPart)]
    assert len(set(ids)) == len(ids)
    assert all(CALL_ID.fullmatch(id_) for id_ in ids)
    for at, message in enumerate(out):
        assert message.parts
        assert at == 0 or out[at - 1].role is not message.role
        calls = [part.id for part in message.parts if isinstance(part, ToolCallPart)]
        if calls:
            answers = out[at + 1].parts
            assert [part.call_id for part in answers[: len(calls)] if isinstance(part, ToolResultPart)] == calls
            assert not any(isinstance(part, ToolResultPart) for part in answers[len(calls) :])


@given(conversations, conversations)
def test_what_is_over_stays_the_same_as_the_conversation_grows(past: list[Message], more: list[Message]) -> None:
    past = [user("begin"), *past, user("go on")]
    before, after = normalise(past), normalise([*past, assistant("yes"), *more])
    assert after[1][: len(before[1])] == before[1]


def test_the_messages_given_are_not_touched() -> None:
    messages = [user("a"), user("b"), assistant(call("1"), call("1")), user("c", result("1"))]
    normalise(messages)
    assert messages == [user("a"), user("b"), assistant(call("1"), call("1")), user("c", result("1"))]
