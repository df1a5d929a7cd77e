"""Limits: where an answer is cut does not depend on how it came, and nothing of a stop or a fence leaks."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto.conversation import Limits
from proto.errors import ErrorCode
from proto.estimate import estimate_tokens
from proto.events import (
    Event,
    Failed,
    Finished,
    FinishReason,
    Reasoning,
    Revised,
    Started,
    Text,
    ToolCall,
    Usage,
)
from proto.fold import fold
from proto.limits import OutputLimiter

DONE: list[Event] = [Usage(10, 20), Finished(FinishReason.STOP)]
CALL = ToolCall("c1", "look", '{"city":"Rome"}')

alphabet = st.sampled_from("ab`\n j{}你")
texts = st.text(alphabet, max_size=30)
stops = st.lists(st.text(alphabet, min_size=1, max_size=4), max_size=3)


def run(limiter: OutputLimiter, *events: Event) -> list[Event]:
    """One event a feed, as when the upstream sends them apart."""
    return [out for event in events for out in limiter.feed([event])]


def answer(limits: Limits, *pieces: str) -> tuple[str, Finished | None]:
    folded = fold(run(OutputLimiter(limits), *[Text(piece) for piece in pieces], *DONE))
    return folded.text, folded.finish


def pieces_of(text: str, cuts: list[int]) -> list[str]:
    bounds = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    return [text[start:end] for start, end in pairwise(bounds)]


@given(texts, stops, st.lists(st.integers(0, 99)), st.sampled_from([0, 1, 2, 5]), st.booleans())
def test_any_split_gives_the_same_answer_as_none(
    text: str, stop: list[str], cuts: list[int], max_tokens: int, bare_json: bool
) -> None:
    limits = Limits(max_tokens, stop, {} if bare_json else None)

    assert answer(limits, *pieces_of(text, cuts)) == answer(limits, text)


@given(texts, texts, st.text(alphabet, min_size=1, max_size=4), st.lists(st.integers(0, 99)))
def test_a_stop_sequence_never_leaks_and_the_text_before_it_stays(
    before: str, after: str, stop: str, cuts: list[int]
) -> None:
    text, finish = answer(Limits(stop=[stop]), *pieces_of(before + stop + after, cuts))

    assert text == (before + stop + after).partition(stop)[0]
    assert finish == Finished(FinishReason.STOP_SEQUENCE, stop)


@given(texts, st.lists(st.integers(0, 99)))
def test_text_without_the_stop_comes_through_whole(text: str, cuts: list[int]) -> None:
    assert answer(Limits(stop=["ax"]), *pieces_of(text, cuts)) == (text, Finished(FinishReason.STOP))


def test_of_two_stops_the_one_completed_first_wins() -> None:
    assert answer(Limits(stop=["bcde", "cd"]), "abcdef") == ("ab", Finished(FinishReason.STOP_SEQUENCE, "cd"))


def test_an_ended_answer_has_usage_before_its_end_and_lets_nothing_more_out() -> None:
    limiter = OutputLimiter(Limits(stop=["END"]), input_tokens=7)

    out = run(limiter, Reasoning("four", 0), Text("fourEN", 1), Text("D more", 1), Text("x", 1), *DONE)

    assert out == [
        Reasoning("four", 0),
        Text("four", 1),
        Usage(7, 2, reasoning=1, estimated=True),
        Finished(FinishReason.STOP_SEQUENCE, "END"),
    ]
    assert limiter.done


def test_reasoning_is_not_searched_for_stops() -> None:
    out = run(OutputLimiter(Limits(stop=["END"])), Reasoning("the END", 0), Text("fine", 1), *DONE)

    assert out == [Reasoning("the END", 0), Text("fine", 1), *DONE]


def test_arguments_are_not_searched_for_stops() -> None:
    call = ToolCall("c1", "look", '{"city":"the END"}')
    out = run(OutputLimiter(Limits(stop=["END", "{"])), Text("a E", 0), call, Text("ND", 1), *DONE)

    assert [event for event in out if event not in DONE] == [Text("a ", 0), Text("E", 0), call, Text("ND", 1)]
    assert out[-1] == Finished(FinishReason.STOP)


def test_reasoning_that_nobody_wanted_is_left_out_and_costs_nothing() -> None:
    limiter = OutputLimiter(Limits(max_tokens=2), reasoning=False)

    out = run(limiter, Reasoning("long thoughts", 0), Revised(0, "longer thoughts"), Text("four", 1), *DONE)

    assert out == [Text("four", 1), *DONE]


def test_held_back_text_goes_out_before_a_call_and_before_another_message() -> None:
    out = run(OutputLimiter(Limits(stop=["END"])), Text("aE", 0), CALL, Text("bE", 1), Text("ND", 2), *DONE)

    assert [event for event in out if event not in DONE] == [
        Text("a", 0),
        Text("E", 0),
        CALL,
        Text("b", 1),
        Text("E", 1),
        Text("ND", 2),
    ]


def test_held_back_text_goes_out_before_a_failure_and_at_a_bare_end() -> None:
    failed = Failed(ErrorCode.UPSTREAM_TRUNCATED, "cut off")
    limiter = OutputLimiter(Limits(stop=["END"]))

    assert run(limiter, Text("aE"), failed) == [Text("a"), Text("E"), failed]
    assert run(limiter, Text("E")) + limiter.end() == [Text("E")]
    assert limiter.end() == []


@given(st.text(max_size=60), st.integers(1, 10))
def test_max_tokens_cuts_where_the_estimate_reaches_it(text: str, max_tokens: int) -> None:
    kept, finish = answer(Limits(max_tokens), text)

    assert text.startswith(kept)
    assert estimate_tokens(kept) <= max_tokens
    if kept == text:
        assert finish == Finished(FinishReason.STOP)
    else:
        assert finish == Finished(FinishReason.LENGTH)
        assert estimate_tokens(text[: len(kept) + 1]) > max_tokens


def test_max_tokens_counts_reasoning_text_and_arguments_together() -> None:
    limits = Limits(4 + 2 + estimate_tokens(CALL.arguments))
    enough = run(OutputLimiter(limits), Reasoning("four" * 4, 0), Text("four" * 2, 1), CALL, *DONE)
    short = run(OutputLimiter(limits), Reasoning("four" * 4, 0), Text("four" * 3, 1), CALL, *DONE)

    assert enough[-3:] == [CALL, *DONE]
    assert short[2:] == [Usage(0, 7, reasoning=4, estimated=True), Finished(FinishReason.LENGTH)]


def test_without_parallel_calls_a_second_one_ends_the_answer() -> None:
    one = run(OutputLimiter(Limits(), parallel_tool_calls=False), CALL, *DONE)
    two = run(OutputLimiter(Limits(), parallel_tool_calls=False), CALL, ToolCall("c2", "look", "{}"), *DONE)

    assert one == [CALL, *DONE]
    assert two == [
        CALL,
        Usage(0, estimate_tokens(CALL.arguments), estimated=True),
        Finished(FinishReason.TOOL_CALLS),
    ]


@pytest.mark.parametrize(
    ("raw", "bare"),
    [
        ('{"a":1}', '{"a":1}'),
        ('```json\n{"a":1}\n```', '{"a":1}'),
        ('\n ```\r\n{"a":1}\r\n```\n', '{"a":1}'),
        ('```json\n{"a":1}```', '{"a":1}'),
        ('```json\n{"a":1}\n```\nThis is the object you wanted.', '{"a":1}'),
        ('```json\n{"a":"```"}\n```', '{"a":"```"}'),
        ('```json\n{"a":1}\n', '{"a":1}\n'),
        ('{"a":"```"}', '{"a":"```"}'),
        ("```", "```"),
        ("``", "``"),
        ("Here:\n```json\n{}\n```", "Here:\n```json\n{}\n```"),
        ("  plain", "  plain"),
    ],
)
def test_a_fence_around_json_comes_off(raw: str, bare: str) -> None:
    assert answer(Limits(json_schema={}), *raw) == (bare, Finished(FinishReason.STOP))
    assert answer(Limits(json_schema={}), raw) == (bare, Finished(FinishReason.STOP))


def test_only_what_may_be_a_fence_is_held_back() -> None:
    limiter = OutputLimiter(Limits(json_schema={}))

    assert run(limiter, Text("```js"), Text('on\n{"a"'), Text(": 1}"), Text("\n``")) == [Text('{"a"'), Text(": 1}")]


def test_a_revision_is_limited_like_the_text_it_replaces() -> None:
    limiter = OutputLimiter(Limits(stop=["END"], json_schema={}))

    out = run(limiter, Reasoning("r", 0), Text("x", 1), Revised(1, "```\n1EN"), Text("d", 1), Revised(0, "END"), *DONE)

    folded = fold(out)
    assert (folded.text, folded.reasoning, folded.finish) == ("1ENd", "END", DONE[-1])
    cut = run(limiter, Text("y", 2), Revised(2, "newEND..."))
    assert [type(event) for event in cut] == [Text, Revised, Usage, Finished]
    assert fold(cut).text == "new"


def test_without_limits_the_very_list_passes() -> None:
    events: list[Event] = [Started(), Text("a"), *DONE]

    assert OutputLimiter(Limits()).feed(events) is events
