"""Folding: a plain log adds up to its own pieces; revisions, restarts and answered calls change what stands."""

from hypothesis import given
from hypothesis import strategies as st

from proto.errors import ErrorCode
from proto.events import (
    Event,
    Failed,
    Finished,
    FinishReason,
    Reasoning,
    Restarted,
    Revised,
    Started,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)
from proto.fold import fold

outputs = st.one_of(
    st.builds(Text, st.text(), st.integers(0, 3)),
    st.builds(Reasoning, st.text(), st.integers(4, 6)),
    st.builds(ToolCall, st.uuids().map(str), st.text(), st.just("{}")),
)


@given(st.lists(outputs))
def test_an_unrevised_log_folds_to_the_concatenation_of_its_stream(events: list[Event]) -> None:
    answer = fold([Started(), *events, Usage(1, 2), Finished(FinishReason.STOP)])

    assert answer.text == "".join(event.text for event in events if isinstance(event, Text))
    assert answer.reasoning == "".join(event.text for event in events if isinstance(event, Reasoning))
    assert answer.tool_calls == [event for event in events if isinstance(event, ToolCall)]
    assert answer.usage == Usage(1, 2)
    assert answer.finish == Finished(FinishReason.STOP)
    assert answer.failed is None


@given(st.lists(outputs), st.lists(outputs))
def test_a_restart_forgets_all_that_stood_before(before: list[Event], after: list[Event]) -> None:
    assert fold([*before, Usage(9), Restarted(2), *after]) == fold(after)


def test_parts_keep_the_order_of_the_answer_and_join_pieces_of_one_message() -> None:
    call = ToolCall("c1", "look", '{"x":1}')
    events: list[Event] = [
        Reasoning("let ", 0),
        Reasoning("me see", 0),
        Text("Looking", 1),
        Text(" now", 1),
        Text("Then", 2),
        call,
        Text("after", 3),
    ]

    assert fold(events).parts == [
        Reasoning("let me see", 0),
        Text("Looking now", 1),
        Text("Then", 2),
        call,
        Text("after", 3),
    ]


def test_a_revision_replaces_the_whole_message_where_it_began() -> None:
    events: list[Event] = [Text("a", 0), Text("b", 1), Text("c", 0), Revised(0, "new"), Text("!", 1)]

    assert fold(events).text == "newb!"


def test_a_revision_of_reasoning_stays_reasoning() -> None:
    answer = fold([Reasoning("hm", 0), Revised(0, "hmm")])

    assert answer.parts == [Reasoning("hmm", 0)]


def test_a_message_emptied_by_a_rollback_leaves_no_part_and_may_grow_again() -> None:
    assert fold([Text("gone", 0), Revised(0, "")]).parts == []
    assert fold([Text("gone", 0), Revised(0, ""), Text("back", 0)]).parts == [Text("back", 0)]


def test_a_revision_of_a_message_not_seen_is_its_text() -> None:
    assert fold([Revised(2, "late")]).parts == [Text("late", 2)]


def test_a_call_that_the_upstream_answered_is_no_longer_open() -> None:
    kept = ToolCall("kept", "f", "{}")

    answer = fold([ToolCall("gone", "f", "{}"), kept, ToolResult("gone", is_error=True)])

    assert answer.tool_calls == [kept]


def test_a_failed_log_keeps_what_came_before_the_failure() -> None:
    failed = Failed(ErrorCode.UPSTREAM_TRUNCATED, "The upstream's answer broke off.")

    answer = fold([Text("half"), Usage(estimated=True), failed])

    assert (answer.text, answer.failed, answer.finish) == ("half", failed, None)
