"""The parts of `warp2api batch` that need no gateway: inputs, outputs, views, waiting, looking through."""

import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from cli.batch_check import check_batch
from cli.batch_client import DOWNLOAD_TRIES, AwayError, BatchClient, RefusedError
from cli.batch_input import message_batch_body, read_input
from cli.batch_output import Outputs, failure_of, lines_of
from cli.batch_progress import Bar, Lines
from cli.batch_run import PATIENCE, come_back, follow
from cli.batch_view import BatchView, Pace, batch_details, batch_table, standing, view_of
from cli.gateway import Gateway
from cli.problems import SetupError
from proto.batch_objects import anthropic_batch, openai_batch
from proto.batches import Batch, BatchKind, BatchSpec, BatchStatus, Counts, LineError

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
GOOD = {"model": "auto", "max_tokens": 5, "messages": [{"role": "user", "content": "Hello"}]}
LINE = {"custom_id": "1", "method": "POST", "url": CHAT, "body": GOOD}
MESSAGE = {"custom_id": "1", "params": GOOD}


def batch(status: BatchStatus, counts: Counts, kind: BatchKind = BatchKind.OPENAI, **more: Any) -> Batch:
    """A batch as the gateway has it."""
    name, endpoint = ("batch_1", CHAT) if kind is BatchKind.OPENAI else ("msgbatch_1", MESSAGES)
    spec = BatchSpec(name, "c", kind, endpoint, "file-1", 10, 1_000_000, 87_400_000, "file-1")
    fields = {"errors": [], "line": 0, "offset": 0, "closing": None, "output_file": "", "error_file": ""}
    return Batch(spec=spec, status=status, times={}, counts=counts, **fields | more)  # type: ignore[arg-type]


def view(status: BatchStatus, counts: Counts, kind: BatchKind = BatchKind.OPENAI, **more: Any) -> BatchView:
    made = batch(status, counts, kind, **more)
    if kind is BatchKind.OPENAI:
        return view_of(openai_batch(made))
    return view_of(anthropic_batch(made, "http://elsewhere.example/results"))


def test_batches_of_both_vendors_are_seen_alike() -> None:
    running = view(BatchStatus.IN_PROGRESS, Counts(10, 3, 1))
    assert (running.total, running.done, running.failed, running.left, running.ended) == (10, 4, 1, 6, False)
    assert (running.created, running.expires, running.endpoint) == (1000, 87400, CHAT)
    files = {"output_file": "file-o", "error_file": "file-e"}
    ended = view(BatchStatus.EXPIRED, Counts(10, 3, 1, 0, 6), **files)
    assert (ended.done, ended.failed, ended.ended) == (10, 7, True)
    assert ended.results == ("/v1/files/file-o/content", "/v1/files/file-e/content")
    wrong = [LineError("invalid_url", "no\x1b[2J", "url", 3), LineError("empty_file", "nothing")]
    refused = view(BatchStatus.FAILED, Counts(), errors=wrong)
    assert refused.errors == ("line 3, url: no\ufffd[2J (invalid_url)", "nothing (empty_file)")

    running = view(BatchStatus.IN_PROGRESS, Counts(10, 3, 1), BatchKind.ANTHROPIC)
    assert (running.total, running.done, running.failed, running.left, running.ended) == (10, 4, 1, 6, False)
    assert (running.created, running.expires, running.results) == (1000, 87400, ())
    ended = view(BatchStatus.EXPIRED, Counts(10, 3, 1, 0, 6), BatchKind.ANTHROPIC)
    assert (ended.total, ended.done, ended.failed, ended.ended) == (10, 10, 7, True)
    assert ended.results == ("/v1/messages/batches/msgbatch_1/results",), "at the gateway that was asked"


def test_a_batch_in_words() -> None:
    pace = Pace()
    running = view(BatchStatus.IN_PROGRESS, Counts(100, 20, 1))
    pace.look(0, 99)
    assert standing(running, pace) == "21 of 100, 1 failed"
    pace.look(4, 79)
    assert standing(running, pace) == "21 of 100, 1 failed, 5.0/s, about 16 s left"
    assert standing(view(BatchStatus.IN_PROGRESS, Counts(9, 2), BatchKind.ANTHROPIC)) == "2 of 9"
    assert standing(view(BatchStatus.VALIDATING, Counts())) == ""

    out = io.StringIO()
    console = Console(file=out, width=120)
    console.print(batch_table([running], 1100))
    console.print(batch_details(running, 1100))
    row = " ".join(out.getvalue().splitlines()[1].split())
    assert row == "batch_1 in_progress /v1/chat/completions 21 of 100, 1 failed 100 s ago"
    assert "expires   in 24 h" in out.getvalue()


def test_a_pace_is_that_of_the_last_half_minute() -> None:
    pace = Pace()
    for second in range(100):
        pace.look(second, 1000 - (second if second < 50 else 50 + 10 * (second - 50)))
    assert pace.rate == pytest.approx(10)
    pace.look(1000, 0)
    pace.look(1030, 0)
    assert (pace.rate, pace.seconds_left) == (0, None)


def write(path: Path, *lines: Any) -> Path:
    path.write_bytes(b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines))
    return path


def test_the_first_line_tells_what_a_file_is_of(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", b"\n \r\n", LINE)
    given = read_input(source)
    assert (given.kind, given.endpoint, given.bytes) == (BatchKind.OPENAI, CHAT, source.stat().st_size)
    assert read_input(write(source, MESSAGE))[1:3] == (BatchKind.ANTHROPIC, MESSAGES)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "it holds no requests"),
        ([b"\n\n"], "it holds no requests"),
        ([b"{nonsense\n"], "its first line cannot be read"),
        ([[1]], "its first line cannot be read"),
        ([{"custom_id": "1"}], "its first line is of no batch"),
        ([LINE | {"url": "/v1/embeddings"}], "the url of its first line must be one of /v1/chat/completions, "),
        ([LINE | {"url": ["/v1/chat/completions"]}], "the url of its first line must be one of"),
    ],
)
def test_a_file_that_is_of_no_batch_is_refused(lines: list[Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=words):
        read_input(write(tmp_path / "in.jsonl", *lines))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"in.jsonl: No such file"):
        read_input(tmp_path / "in.jsonl")


def test_lines_become_the_body_of_a_message_batch(tmp_path: Path) -> None:
    lines = [MESSAGE | {"custom_id": str(number), "text": "x" * 50_000} for number in range(5)]
    source = write(tmp_path / "in.jsonl", lines[0], b"\n", *lines[1:], b"  ")
    told: list[int] = []
    pieces = list(message_batch_body(read_input(source), told.append))

    assert json.loads(b"".join(pieces)) == {"requests": lines}
    assert len(pieces) > 2
    assert sum(told) == source.stat().st_size
    with pytest.raises(SetupError, match="line 2 cannot be read"):
        list(message_batch_body(read_input(write(source, MESSAGE, b"]}\n")), told.append))


OPENAI_RESULT = {"custom_id": "1", "response": {"status_code": 200, "body": {}}, "error": None}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (OPENAI_RESULT, None),
        (
            OPENAI_RESULT | {"response": {"status_code": 404, "body": {"error": {"code": "no_model", "type": "x"}}}},
            "404 no_model",
        ),
        (
            OPENAI_RESULT | {"response": {"status_code": 400, "body": {"error": {"type": "invalid_request_error"}}}},
            "400 invalid_request_error",
        ),
        ({"custom_id": "1", "response": None, "error": {"code": "batch_expired"}}, "batch_expired"),
        ({"custom_id": "1", "result": {"type": "succeeded", "message": {}}}, None),
        ({"custom_id": "1", "result": {"type": "expired"}}, "expired"),
        (
            {"custom_id": "1", "result": {"type": "errored", "error": {"error": {"type": "overloaded_error"}}}},
            "overloaded_error",
        ),
    ],
)
def test_why_a_line_failed(line: dict[str, Any], why: str | None) -> None:
    assert failure_of(json.dumps(line).encode()) == why


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"custom_id": "1"}', b'{"response": null, "error": null}'])
def test_a_line_that_is_no_result_is_not_taken_for_one(line: bytes) -> None:
    with pytest.raises(SetupError, match="no result"):
        failure_of(line)


@pytest.mark.parametrize("size", [1, 3, 100])
def test_lines_are_whole_however_they_come(size: int) -> None:
    data = b"one\n\ntwo\nthree"
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    assert list(lines_of(pieces)) == [b"one", b"", b"two", b"three"]


def result(name: str, kind: str) -> bytes:
    return json.dumps({"custom_id": name, "result": {"type": kind}}).encode() + b"\n"


def test_results_are_there_when_they_are_whole(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path / "out.jsonl")

    def broken() -> Iterator[bytes]:
        yield result("1", "succeeded")
        raise AwayError("gone")

    with pytest.raises(AwayError):
        outputs.write([broken()])
    assert list(tmp_path.iterdir()) == []
    written = outputs.write([iter([result("1", "succeeded")]), iter([result("2", "expired") + result("3", "expired")])])
    assert (written.good, written.bad, written.lines) == (1, Counter(expired=2), 3)
    assert outputs.good.read_bytes() == result("1", "succeeded")
    assert outputs.bad.read_bytes() == result("2", "expired") + result("3", "expired")


def test_files_that_are_there_are_not_replaced_unasked(tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    (tmp_path / "out.jsonl.errors").touch()
    with pytest.raises(SetupError, match=r"out.jsonl.errors: it is there already; --force"):
        Outputs(output)
    Outputs(output, force=True).write([iter([result("1", "succeeded")])])
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    with pytest.raises(SetupError, match="it is the input"):
        Outputs(tmp_path / "x" / ".." / "out.jsonl" if (tmp_path / "x").mkdir() else output, force=True, source=output)
    with pytest.raises(SetupError, match="it is no file"):
        Outputs(tmp_path / "x", force=True)
    with pytest.raises(SetupError, match="no such folder"):
        Outputs(tmp_path / "y" / "out.jsonl")


class Scripted(httpx.BaseTransport):
    """Answers each request with the next of some answers, and keeps what was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Breaking(httpx.SyncByteStream):
    """A body that breaks off after its bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __iter__(self) -> Iterator[bytes]:
        yield self._data
        raise httpx.ReadError("reset")


class Time:
    """A clock that goes on when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


def client_of(*answers: httpx.Response | Exception) -> tuple[BatchClient, Scripted, Time]:
    scripted, time = Scripted(*answers), Time()
    client = BatchClient(Gateway("http://gateway.example", {}), time.pause)
    client._http = httpx.Client(base_url=client.url, transport=scripted)
    return client, scripted, time


def test_a_download_that_breaks_off_goes_on_where_it_was() -> None:
    client, scripted, _ = client_of(
        httpx.Response(200, stream=Breaking(b"one ")),
        httpx.ConnectError("refused"),
        httpx.Response(503, json={"error": {"message": "later"}}),
        httpx.Response(206, stream=Breaking(b"two ")),
        httpx.Response(206, stream=httpx.ByteStream(b"three")),
    )
    assert b"".join(client.content("/results")) == b"one two three"
    assert [request.headers.get("range") for request in scripted.asked] == [None, *["bytes=4-"] * 3, "bytes=8-"]
    assert {request.headers["accept-encoding"] for request in scripted.asked} == {"identity"}


def test_a_download_is_not_taken_up_for_ever_and_not_where_it_was_not() -> None:
    client, scripted, _ = client_of(*[httpx.ConnectError("refused")] * DOWNLOAD_TRIES)
    with pytest.raises(AwayError, match="no gateway answers"):
        list(client.content("/results"))
    assert scripted.answers == []
    client, _, _ = client_of(httpx.Response(200, stream=Breaking(b"one")), httpx.Response(200, content=b"one two"))
    with pytest.raises(RefusedError, match="cannot be taken up"):
        list(client.content("/results"))


@pytest.mark.parametrize("line", [LINE, MESSAGE], ids=["openai", "anthropic"])
def test_identical_requests_share_an_answer_if_asked_to(line: dict[str, Any], tmp_path: Path) -> None:
    given = read_input(write(tmp_path / "in.jsonl", line))
    uploads = [httpx.Response(200, json={"id": "file-1"})] if line is LINE else []
    for coalesce, header in ((False, None), (True, "1")):
        made = view(BatchStatus.IN_PROGRESS, Counts(1), given.kind)
        client, scripted, _ = client_of(*uploads, httpx.Response(200, json=made.told))
        assert client.submit(given, lambda _: None, coalesce=coalesce) == made
        assert scripted.asked[-1].headers.get("x-coalesce") == header


def test_a_file_of_which_no_batch_is_made_does_not_stay(tmp_path: Path) -> None:
    client, scripted, _ = client_of(
        httpx.Response(200, json={"id": "file-1"}),
        httpx.Response(400, json={"error": {"message": "no"}}),
        httpx.Response(200, json={"deleted": True}),
    )
    with pytest.raises(RefusedError, match="400: no"):
        client.submit(read_input(write(tmp_path / "in.jsonl", LINE)), lambda _: None)
    assert [(request.method, request.url.path) for request in scripted.asked][-1] == ("DELETE", "/v1/files/file-1")


def answer(status: BatchStatus, counts: Counts, kind: BatchKind = BatchKind.OPENAI) -> httpx.Response:
    return httpx.Response(200, json=view(status, counts, kind).told)


def test_a_batch_is_followed_to_its_end_also_while_the_gateway_is_away(capsys: pytest.CaptureFixture[str]) -> None:
    client, _, time = client_of(
        answer(BatchStatus.IN_PROGRESS, Counts(4)),
        answer(BatchStatus.IN_PROGRESS, Counts(4, 1)),
        httpx.ConnectError("refused"),
        httpx.Response(503, json={"error": {"message": "later"}}),
        answer(BatchStatus.COMPLETED, Counts(4, 4)),
    )
    ended = follow(client, view(BatchStatus.VALIDATING, Counts()), Lines(time.clock), time.clock, time.pause)
    assert (ended.status, ended.done) == ("completed", 4)
    assert capsys.readouterr().err.splitlines() == [
        "batch_1 validating",
        "batch_1 in_progress: 0 of 4",
        "no gateway answers at http://gateway.example: start one with `warp2api up`, or give its --url; waiting for it",
        "batch_1 completed: 4 of 4, 0.6/s",
    ]


def test_nobody_waits_for_a_gateway_for_ever() -> None:
    running = view(BatchStatus.IN_PROGRESS, Counts(4, 1))
    client, _, time = client_of(*[httpx.ReadTimeout("silent")] * 1000)
    with pytest.raises(AwayError):
        follow(client, running, Lines(time.clock), time.clock, time.pause)
    assert time.now >= PATIENCE
    client, _, time = client_of(httpx.Response(404, json={"error": {"message": "There is no batch"}}))
    with pytest.raises(RefusedError, match="404: There is no batch"):
        follow(client, running, Lines(time.clock), time.clock, time.pause)


def test_lines_are_told_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    time = Time()
    with Lines(time.clock) as display:
        for done in range(30):
            display.stands(view(BatchStatus.IN_PROGRESS, Counts(30, done)), Pace())
            time.pause(1)
        display.moving("fetching results", 1_500_000, 0)
    assert capsys.readouterr().err.splitlines() == [
        "batch_1 in_progress: 0 of 30",
        "batch_1 in_progress: 10 of 30",
        "batch_1 in_progress: 20 of 30",
        "fetching results: 1.5 MB",
    ]


def test_a_terminal_gets_a_bar() -> None:
    out = io.StringIO()
    with Bar(Console(file=out, force_terminal=True, width=120)) as display:
        display.moving("uploading in.jsonl", 500_000, 2_000_000)
        display.stands(view(BatchStatus.IN_PROGRESS, Counts(10, 3, 1)), Pace())
        display.note("a word between")
    told = out.getvalue()
    assert "a word between" in told
    assert "batch_1 in_progress" in told
    assert "4 of 10, 1 failed" in told


def test_how_to_come_back_can_be_pasted() -> None:
    told = come_back("batch_1", Path("my out.jsonl"), "http://gateway.example")
    assert "warp2api batch run --resume batch_1 -o 'my out.jsonl' --url http://gateway.example" in told
    assert "warp2api batch cancel batch_1 --url http://gateway.example" in told
    assert "--url" not in come_back("batch_1", Path("out.jsonl"), None)


def test_what_is_wrong_is_told_by_line_and_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(
        tmp_path / "in.jsonl",
        LINE,
        b"\n",
        LINE,
        LINE | {"custom_id": "2", "body": {"model": "auto"}},
        LINE | {"custom_id": "3", "body": GOOD | {"stream": True}},
        b"{nonsense",
    )
    assert check_batch(source, as_json=False) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "line 3, custom_id: custom_id is that of line 1 as well. (duplicate_custom_id)"
    assert [line.partition(":")[0] for line in told[1:]] == ["line 4, body.messages", "line 5, body.stream", "line 6"]
    assert check_batch(write(source, LINE), as_json=False) == 0
    assert capsys.readouterr().out == "nothing is wrong; requests for /v1/chat/completions: 1\n"


def test_message_batches_are_looked_through_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(
        tmp_path / "in.jsonl",
        MESSAGE,
        MESSAGE,
        {"custom_id": "a b", "params": GOOD},
        {"custom_id": "2", "params": {"model": "auto", "max_tokens": 5}},
        {"custom_id": "3", "params": GOOD | {"stream": True}},
        {"custom_id": "4"},
        b"[]\n",
    )
    assert check_batch(source, as_json=True) == 1
    errors = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(error["line"], error["param"]) for error in errors] == [
        (2, "custom_id"),
        (3, "custom_id"),
        (4, "params.messages"),
        (5, "params.stream"),
        (6, "params"),
        (7, None),
    ]
    assert {error["code"] for error in errors} == {"invalid_request_error"}
    assert check_batch(write(source, MESSAGE), as_json=True) == 0


def test_errors_are_bounded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line in (LINE, MESSAGE):
        assert check_batch(write(tmp_path / "in.jsonl", *[line] * 300), as_json=False) == 1
        told = capsys.readouterr()
        assert len(told.out.splitlines()) == 100
        assert "not looked at" in told.err
