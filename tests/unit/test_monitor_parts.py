"""The monitor's pure parts: what is known of jobs, what is counted, what is shown, and to whom."""

import pytest
from starlette.datastructures import Headers

from api.bridge.monitor import board, packets
from api.bridge.monitor.board import Board, Step
from api.bridge.monitor.packets import PacketHistory
from api.bridge.monitor.tally import Tally, percentiles
from api.bridge.monitor.views import event_view
from api.bridge.monitor.wishes import Filter, Kind, read_wish
from api.bridge.pages import is_own_page
from proto.clients import Leaving
from proto.errors import ErrorCode
from proto.events import Event, Failed, Finished, FinishReason, Reasoning, Revised, Text, ToolCall, ToolResult, Usage
from proto.jobs import Lane, ReplyHeader, Status
from proto.packets import Packet, PacketKind
from store.records import Record

NEW = Record(
    status=Status.QUEUED,
    client="c",
    lane=Lane.INTERACTIVE,
    header=ReplyHeader("openai", "auto", "a", 1),
    attempts=0,
    seq=0,
    leaving=Leaving.CANCEL,
    keep=False,
    cancelling=False,
    admitted=1000,
    enqueued=1000,
    claimed=None,
    first_output=None,
    ended=None,
    worker="",
    code="",
    input_tokens=None,
    output_tokens=None,
)
RUNNING = NEW._replace(status=Status.RUNNING, attempts=1, claimed=1100)
DONE = RUNNING._replace(status=Status.FINISHED, first_output=1300, ended=2000, code="stop", output_tokens=7)


def test_a_board_tells_what_has_changed_and_remembers_every_attempt() -> None:
    jobs = Board()
    for record in (
        NEW,
        RUNNING,
        NEW._replace(attempts=1, claimed=1100, enqueued=1500),
        RUNNING._replace(attempts=2, claimed=1600, enqueued=1500, cancelling=True),
        DONE._replace(attempts=2, claimed=1600, enqueued=1500, first_output=2000, cancelling=True),
    ):
        assert [change.after for change in jobs.take(["a"], {"a": record}, 1700)] == [record]
        assert jobs.take(["a"], {"a": record}, 1700) == []
    known = jobs.get("a")
    assert known is not None
    assert known.timeline == [
        Step(1000, "queued", 0),
        Step(1100, "claimed", 1),
        Step(1500, "requeued", 1),
        Step(1600, "claimed", 2),
        Step(1700, "cancelling", 2),
        Step(2000, "first_output", 2),
        Step(2000, "finished", 2),
    ]
    assert jobs.unfinished() == []


def test_a_job_whose_record_is_gone_has_failed_and_one_that_had_ended_has_not() -> None:
    jobs = Board()
    jobs.take(["a", "b"], {"a": RUNNING, "b": DONE}, 0)
    (change,) = jobs.take(["a", "b", "never known"], {}, 5000)
    assert (change.job_id, change.after.status, change.after.code, change.after.ended) == (
        "a",
        Status.FAILED,
        ErrorCode.JOB_GONE,
        5000,
    )


def test_a_board_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "MOST_ENDED", 3)
    monkeypatch.setattr(board, "MOST_UNFINISHED", 2)
    jobs = Board()
    for number in range(5):
        jobs.take([f"e{number}", f"r{number}"], {f"e{number}": DONE, f"r{number}": RUNNING}, 0)
    assert sorted(job_id for job_id, _ in jobs.history(10)) == ["e2", "e3", "e4", "r3", "r4"]
    assert len(jobs.history(1)) == 3


def test_places_are_told_when_they_move() -> None:
    jobs = Board()
    jobs.take(["a", "b"], {"a": NEW, "b": NEW}, 0)
    assert sorted(jobs.place({"a": 1, "b": 2})) == ["a", "b"]
    assert jobs.place({"a": 1, "b": 2}) == []
    assert jobs.place({"b": 1}) == ["a", "b"]


def test_a_second_counts_what_happened_in_it_and_percentiles_the_last_minute() -> None:
    jobs, tally = Board(), Tally(since=900)
    tally.take(jobs.take(["old"], {"old": DONE._replace(admitted=100, first_output=200, ended=800)}, 0))
    tally.take(jobs.take(["a"], {"a": NEW}, 0))
    tally.take(jobs.take(["a"], {"a": DONE}, 0))
    second = tally.second(2500)
    assert (second["admitted"], second["finished"], second["failed"], second["output_tokens"]) == (1, 1, 0, 7)
    assert second["duration_ms"] == {"p50": 700, "p95": 1000, "p99": 1000}
    assert second["first_byte_ms"] == {"p50": 100, "p95": 300, "p99": 300}
    empty = tally.second(2000 + 60_000)
    assert (empty["finished"], empty["duration_ms"]) == (0, None)
    assert percentiles(list(range(1, 101))) == {"p50": 50, "p95": 95, "p99": 99}


def test_the_packets_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packets, "MOST_BYTES", 3000)
    monkeypatch.setattr(packets, "MOST_OF_A_JOB", 2)
    history = PacketHistory()
    for job in "abc":
        history.add([Packet(job, 1, number, 0, PacketKind.EVENT, "x", 500, b"x" * 500) for number in range(3)])
    assert [len(history.of(job)) for job in "abc"] == [0, 0, 2]
    assert [packet.number for packet in history.of("c", 1)] == [1]


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (Text("secret", 1), ["text", 6, 1]),
        (Reasoning("secret"), ["reasoning", 6, 0]),
        (ToolCall("t", "secret_tool", '{"secret":1}'), ["tool_call", "t", 11, 12]),
        (ToolResult("t", "secret"), ["tool_result", "t", 6, False]),
        (Revised(0, "secret"), ["revised", 0, 6]),
        (Failed(ErrorCode.QUOTA, "secret"), ["failed", "quota", 6, None]),
        (Finished(FinishReason.STOP_SEQUENCE, "secret"), ["finished", "stop_sequence", None]),
        (Usage(1, 2), ["usage", 1, 2, 0, 0, 0, 0.0, False]),
    ],
)
def test_without_the_right_an_event_shows_sizes(event: Event, shown: list[object]) -> None:
    assert event_view(event, content=False) == shown
    assert ("secret" in str(event_view(event, content=True))) is ("secret" in str(event))


def test_a_filter_lets_through_what_it_names() -> None:
    wish = read_wish('{"type":"filter","kinds":["jobs"],"client":"c","lane":"interactive"}')
    assert isinstance(wish, Filter)
    assert wish.kinds == {Kind.JOBS}
    assert wish.shows("a", NEW)
    assert not wish.shows("a", NEW._replace(lane=Lane.BATCH))
    assert not wish.shows("a", None)
    assert Filter().shows("a", None)
    assert not Filter(job="b").shows("a", NEW)


def test_a_hello_does_not_print_its_key() -> None:
    assert "planted" not in repr(read_wish('{"type":"hello","key":"planted"}'))


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        (None, "127.0.0.1:8000", True),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://localhost:8000", "localhost:8000", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://127.0.0.1:3000", "127.0.0.1:8000", False),
        ("http://evil.example", "127.0.0.1:8000", False),
        ("http://evil.example:8000", "evil.example:8000", False),
        ("null", "127.0.0.1:8000", False),
    ],
)
def test_only_the_bridges_own_page_may_watch_without_a_key(origin: str | None, host: str, own: bool) -> None:
    assert is_own_page(Headers({"host": host} | ({"origin": origin} if origin else {}))) is own
