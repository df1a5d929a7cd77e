"""The pure parts of the engine of batches: lines, shares, verdicts."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto.batch_lines import (
    MAX_LINE,
    BadLineError,
    answer_line,
    failure_line,
    job_id_of,
    read_line,
    understand,
    unrun_line,
)
from proto.batches import BatchKind, BatchSpec, BatchStatus, Mate, Taken, decode_taken, encode_taken
from proto.dialects import get_dialect
from proto.errors import BadRequestError, ErrorCode
from proto.events import Failed, Finished, FinishReason, Text
from proto.jobs import ReplyHeader
from workers.batches import input as input_module
from workers.batches.coalesce import MOST_SHARED, Draft, digest_of, share_jobs
from workers.batches.input import ENOUGH, RawLine, portion_of, split_lines
from workers.batches.share import Demand, share_out
from workers.batches.verdicts import FIRST_REST, LONGEST_REST, MAX_FAULTS, Again, Rest, again, retry_pause

OPENAI = BatchSpec("batch_1", "c", BatchKind.OPENAI, "/v1/chat/completions", "input", 1, 0, 1)
ANTHROPIC = BatchSpec("msgbatch_1", "c", BatchKind.ANTHROPIC, "/v1/messages", "input", 1, 0, 1)
TAKEN = Taken("job1", 1, 0, 10, "mine")


async def lines_of(data: bytes, size: int, start: int = 0, line: int = 0) -> list[tuple[int, int, int, bytes | None]]:
    """The lines of an input that comes in pieces of so many bytes."""

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(start, len(data), size):
            yield data[at : at + size]

    found = [each async for each in split_lines(pieces(), line, start)]
    assert all(data[each.offset : each.offset + each.length] == each.raw for each in found if each.raw is not None)
    return [(each.line, each.offset, each.end, each.raw) for each in found]


@pytest.mark.parametrize("size", [1, 3, 100])
async def test_lines_are_found_wherever_the_pieces_end(size: int) -> None:
    data = b"one\n\n  \r\ntwo\r\nthree"
    found = await lines_of(data, size)
    assert found == [(1, 0, 4, b"one"), (4, 9, 14, b"two\r"), (5, 14, 19, b"three")]
    assert await lines_of(data, size, start=9, line=3) == found[1:]


@given(st.lists(st.sampled_from([b"\n", b" ", b"\r", b"a", b"bc"]), max_size=30).map(b"".join), st.integers(1, 9))
def test_lines_are_those_between_newlines_but_for_blank_ones(data: bytes, size: int) -> None:
    expected, offset = [], 0
    for line, raw in enumerate(data.split(b"\n"), 1):
        end = min(offset + len(raw) + 1, len(data))
        if raw.strip():
            expected.append((line, offset, end, raw))
        offset = end
    assert asyncio.run(lines_of(data, size)) == expected


async def test_blank_lines_are_not_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(input_module, "RawLine", lambda *given: made.append(given) or RawLine(*given))
    data = b"a\n" + b" \n\n" * 100_000 + b"b"
    assert [(line, raw) for line, _, _, raw in await lines_of(data, 1000)] == [(1, b"a"), (200_002, b"b")]
    assert len(made) < 1000


def test_of_lines_that_run_again_some_are_read_at_once() -> None:
    def lines(*lengths: int) -> list[Taken]:
        return [Taken("job", number, 0, length, "r") for number, length in enumerate(lengths)]

    assert portion_of([]) == 0
    assert portion_of(lines(1, 2, 3)) == 3
    assert portion_of(lines(ENOUGH // 2, ENOUGH // 2, 1)) == 2
    assert portion_of(lines(MAX_LINE, 1)) == 1


async def test_a_line_that_is_too_long_is_passed_over() -> None:
    data = b"a\n" + b"x" * (MAX_LINE + 1) + b"\nb\n" + b"y" * (MAX_LINE + 1)
    found = await lines_of(data, 1024 * 1024)
    assert [(line, raw) for line, _, _, raw in found] == [(1, b"a"), (2, None), (3, b"b"), (4, None)]
    assert found[-1][2] == len(data)


@given(
    st.integers(0, 40), st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.integers(0, 20)), max_size=8)
)
def test_places_are_shared_out(free: int, rows: list[tuple[str, int, int]]) -> None:
    demands = [Demand(f"b{i}", client, running, wants, i) for i, (client, running, wants) in enumerate(rows)]
    got = share_out(free, demands)
    assert sum(got.values()) == min(free, sum(demand.wants for demand in demands))
    assert all(0 < got.get(demand.batch, 1) <= max(demand.wants, 1) for demand in demands)
    # Nobody who could have had more has less than somebody of another client who was given some.
    has = {client: sum(d.running + got.get(d.batch, 0) for d in demands if d.client == client) for client in "abc"}
    hungry = {d.client for d in demands if got.get(d.batch, 0) < d.wants}
    given_some = {d.client for d in demands if d.batch in got}
    assert all(has[other] <= has[client] + 1 for client in hungry for other in given_some)


def test_batches_of_one_client_share_what_it_gets() -> None:
    demands = [Demand("a1", "a", 0, 99), Demand("a2", "a", 0, 99), Demand("b1", "b", 0, 99)]
    assert share_out(8, demands) == {"a1": 2, "a2": 2, "b1": 4}
    # Who has much already waits until others have as much.
    assert share_out(4, [Demand("a1", "a", 10, 99), Demand("b1", "b", 0, 99)]) == {"b1": 4}


def test_with_fewer_places_than_clients_all_get_their_turn() -> None:
    served = dict.fromkeys("abc", 0)
    for turn in range(1, 10):
        demands = [Demand(client, client, 0, 99, served[client]) for client in served]
        (winner,) = share_out(1, demands)
        served[winner] = turn
    assert sorted(served.values()) == [7, 8, 9]


def test_a_cause_decides_whether_a_line_runs_again() -> None:
    assert again(ErrorCode.CONTEXT_EXCEEDED, 0) is Again.NO
    assert again(ErrorCode.UPSTREAM_ERROR, 0) is Again.LATER
    assert again(ErrorCode.UPSTREAM_ERROR, MAX_FAULTS - 1) is Again.NO
    assert again(ErrorCode.QUOTA, 99) is Again.WHEN_LENT
    assert again(ErrorCode.ACCOUNT_BLOCKED, 0) is Again.NO
    assert [retry_pause(faults, 5) for faults in (1, 2, 3)] == [5, 15, 45]


def test_the_feeding_rests_longer_and_longer_while_the_pool_is_empty() -> None:
    rest = Rest()
    assert rest.window(64, 0) == 64
    rest.failed(ErrorCode.QUOTA, 100, None)
    rest.failed(ErrorCode.QUOTA, 101, None)  # it was under way already
    assert rest.window(64, 100 + FIRST_REST - 0.1) == 0
    assert rest.window(64, 100 + FIRST_REST) == 1
    rest.failed(ErrorCode.QUOTA, 200, 60)
    assert (rest.window(64, 259), rest.window(64, 260)) == (0, 1)
    rest.failed(ErrorCode.QUOTA, 300, 1e9)
    assert (rest.window(64, 299 + LONGEST_REST), rest.window(64, 300 + LONGEST_REST)) == (0, 1)
    rest.answered()
    assert rest.window(64, 301) == 64


def test_any_other_failure_shows_that_the_pool_lends() -> None:
    rest = Rest()
    rest.failed(ErrorCode.NOT_CONFIGURED, 100, None)
    rest.failed(ErrorCode.CONTEXT_EXCEEDED, 101, None)
    assert rest.window(64, 101) == 64


def test_a_lines_job_follows_from_batch_line_and_run() -> None:
    ids = {job_id_of(batch, line, run) for batch in ("a", "b") for line in (1, 11) for run in (1, 11)}
    assert len(ids) == 8
    assert job_id_of("a", 1, 1) == job_id_of("a", 1, 1)


def test_a_taken_line_is_stored_as_scripts_read_it() -> None:
    assert json.loads(encode_taken(TAKEN))[0] == "job1"
    assert decode_taken(encode_taken(TAKEN)) == TAKEN


@pytest.mark.parametrize(
    ("line", "reason", "param"),
    [
        (b"[]", "invalid_json_line", None),
        (b"\xff", "invalid_json_line", None),
        (b'{"custom_id": 5}', "invalid_custom_id", "custom_id"),
        (b'{"custom_id": "' + b"x" * 513 + b'"}', "invalid_custom_id", "custom_id"),
        (b'{"custom_id": "a"}', "invalid_method", "method"),
        (b'{"custom_id": "a", "method": "POST", "url": "/v1/embeddings"}', "invalid_url", "url"),
    ],
)
def test_what_is_wrong_with_a_line_is_named(line: bytes, reason: str, param: str | None) -> None:
    with pytest.raises(BadLineError) as caught:
        read_line(OPENAI, line)
    assert (caught.value.reason, caught.value.param) == (reason, param)


def test_a_line_may_not_stream() -> None:
    body = {"model": "auto", "messages": [{"role": "user", "content": "x"}], "stream": True}
    with pytest.raises(BadRequestError) as caught:
        understand(get_dialect("openai"), body, str)
    assert caught.value.param == "stream"


def test_results_look_as_the_vendor_has_them() -> None:
    events = [Text("yes"), Finished(FinishReason.STOP)]
    failed = Failed(ErrorCode.CONTEXT_EXCEEDED, "Too long.")
    chat, messages = get_dialect("openai"), get_dialect("anthropic")

    def openai_line(line: bytes) -> dict[str, object]:
        read = json.loads(line)
        assert line.endswith(b"\n")
        assert set(read) == {"id", "custom_id", "response", "error"}
        assert read["custom_id"] == "mine"
        return dict(read)

    good = openai_line(answer_line(OPENAI, chat, TAKEN, ReplyHeader("openai", "auto", "job1", 1), events))
    assert good["response"]["body"]["object"] == "chat.completion"  # type: ignore[index]
    bad = openai_line(failure_line(OPENAI, chat, TAKEN, failed))
    assert (bad["error"], bad["response"]["status_code"]) == (None, 400)  # type: ignore[index]
    unrun = openai_line(unrun_line(OPENAI, TAKEN, BatchStatus.EXPIRED))
    assert (unrun["response"], unrun["error"]["code"]) == (None, "batch_expired")  # type: ignore[index]
    assert good["id"] == bad["id"] == unrun["id"]

    header = ReplyHeader("anthropic", "auto", "job1", 1)
    good = json.loads(answer_line(ANTHROPIC, messages, TAKEN, header, events))
    assert (good["result"]["type"], good["result"]["message"]["type"]) == ("succeeded", "message")  # type: ignore[index]
    bad = json.loads(failure_line(ANTHROPIC, messages, TAKEN, failed))
    assert (bad["result"]["type"], bad["result"]["error"]["type"]) == ("errored", "error")  # type: ignore[index]
    for why, word in ((BatchStatus.EXPIRED, "expired"), (BatchStatus.CANCELLED, "canceled")):
        line = json.loads(unrun_line(ANTHROPIC, TAKEN, why))
        assert line == {"custom_id": "mine", "result": {"type": word}}


def drafts(*asked: str, first: int = 1) -> list[Draft]:
    return [Draft(Taken(f"job{line}", line, 0, 10, f"r{line}", request=text)) for line, text in enumerate(asked, first)]


def test_lines_that_ask_the_same_share_a_job() -> None:
    left, joined = share_jobs(drafts("a", "b", "a", "", "", "a"), [])
    assert joined == []
    assert [(draft.taken.line, [mate.line for mate in draft.taken.mates]) for draft in left] == [
        (1, [3, 6]), (2, []), (4, []), (5, [])
    ]  # fmt: skip
    running = [draft.taken for draft in left]
    left, joined = share_jobs(drafts("b", "c", "a", "b", first=7), running)
    assert [draft.taken.line for draft in left] == [8]
    assert {taken.line: [mate.line for mate in taken.mates] for taken in joined} == {1: [3, 6, 9], 2: [7, 10]}
    assert [line.custom_id for line in joined[0].each()] == ["r2", "r7", "r10"]


def test_no_job_is_shared_by_too_many_lines() -> None:
    left, joined = share_jobs(drafts(*["a"] * 250), [])
    assert [len(draft.taken.each()) for draft in left] == [MOST_SHARED, MOST_SHARED, 50]
    left, joined = share_jobs(drafts(*["a"] * 60, first=251), [left[0].taken, left[2].taken])
    assert [len(taken.each()) for taken in joined] == [MOST_SHARED]
    assert [len(draft.taken.each()) for draft in left] == [10]


def test_what_runs_again_keeps_its_own_job_and_may_be_joined() -> None:
    again_ = Draft(Taken("job1", 1, 0, 10, "r1", run=2, request="a", mates=(Mate(2, "r2"),)))
    left, joined = share_jobs([again_, *drafts("a", first=9)], [Taken("job5", 5, 0, 10, "r5", request="a")])
    assert [[line.line for line in draft.taken.each()] for draft in left] == [[1, 2, 9]]
    assert joined == []


def test_requests_are_the_same_whatever_the_order_of_their_fields() -> None:
    assert digest_of({"a": 1, "b": [{"c": 2, "d": 3}]}) == digest_of({"b": [{"d": 3, "c": 2}], "a": 1})
    assert digest_of({"a": [1, 2]}) != digest_of({"a": [2, 1]})
