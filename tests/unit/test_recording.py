"""Packets of workers as files: what `parse` reads is what came, and what did not come is said."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from cli.problems import SetupError
from cli.record import Listener, run_record
from cli.recording import Recording
from proto.codec import encode
from proto.packets import Packet, PacketBatch, PacketKind, encode_packets
from proto.saved_stream import read_stream
from proto.stream_report import StreamReport, report_of
from proto.warp.request_pb2 import Request
from proto.warp.response_pb2 import ResponseEvent
from tests.unit.warp_streams import INIT, add, create, finished, text

EVENTS = [INIT, create(), add(text("t", "Hello")), finished()]
REQUEST = encode(Request(settings=Request.Settings(supports_parallel_tool_calls=True)))


def packets(job: str = "job", attempt: int = 1, first: int = 0, events: list[ResponseEvent] = EVENTS) -> list[Packet]:
    """A request and what it was answered with."""
    asked = Packet(job, attempt, first, 0, PacketKind.REQUEST, "Request", len(REQUEST), REQUEST)
    datas = [base64.urlsafe_b64encode(encode(event)) for event in events]
    heard = [
        Packet(job, attempt, first + i, 0, PacketKind.EVENT, "X", len(data), data) for i, data in enumerate(datas, 1)
    ]
    return [asked, *heard]


def recorded(target: Path, *given: Packet, requests: bool = False) -> Recording:
    recording = Recording(target, requests=requests)
    for packet in given:
        recording.take(packet)
    return recording


def report(path: Path) -> StreamReport:
    return report_of(read_stream(path.read_bytes()))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_jobs_that_run_at_once_have_files_of_their_own(tmp_path: Path) -> None:
    mixed = [packet for pair in zip(packets("a"), packets("b"), strict=True) for packet in pair]
    recording = recorded(tmp_path, *mixed)
    assert names(tmp_path) == ["a-1.sse", "b-1.sse"]
    assert [report(path).text for path in recording.files] == ["Hello", "Hello"]
    assert recording.notes == []


def test_a_refusal_and_the_next_token_are_two_files(tmp_path: Path) -> None:
    asked = packets()[0]
    refused = Packet("job", 1, 1, 0, PacketKind.REFUSAL, "HTTP 429", 4, b"wait")
    recorded(tmp_path, asked, refused, *packets(first=2), requests=True)
    first = report(tmp_path / "job-1.sse")
    assert first.http_status == 429
    assert first.broken is not None
    assert report(tmp_path / "job-2.sse").text == "Hello"
    shown: dict[str, Any] = json.loads((tmp_path / "job-2.request.json").read_text())
    assert shown["settings"]["supports_parallel_tool_calls"] is True
    assert (tmp_path / "job-1.request.bin").read_bytes() == REQUEST
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_one_file_for_one_answer_and_numbers_for_more(tmp_path: Path) -> None:
    target = tmp_path / "it.sse"
    target.write_text("what was there")
    target.chmod(0o644)
    recorded(target, *packets(), *packets(attempt=2))
    assert names(tmp_path) == ["it-2.sse", "it.sse"]
    assert report(target).text == "Hello"
    assert target.stat().st_mode & 0o777 == 0o600


def test_what_is_missing_is_said_and_the_rest_is_readable(tmp_path: Path) -> None:
    large = Packet("job", 1, 3, 0, PacketKind.EVENT, "X", 2_000_000, b"")
    given = packets()
    recording = recorded(tmp_path, given[0], given[2], large, given[4])
    path = tmp_path / "job-1.sse"
    assert recording.notes == [
        f"{path}: packets are missing before this one: 1",
        f"{path}: an event of 2000000 bytes is too large to be told",
    ]
    assert report(path).events == {"create_task": 1, "finished": 1}


def heard(listener: Listener, *given: Packet, dropped: int = 0) -> None:
    listener.heard(encode_packets(PacketBatch("w", [*given], dropped)))


def test_only_jobs_that_begin_now_are_taken_and_no_more_than_wanted(tmp_path: Path) -> None:
    listener = Listener(Recording(tmp_path, requests=False), None, 1)
    heard(listener, packets("early")[1], dropped=3)
    assert not listener.complete
    heard(listener, *packets("first"), *packets("second"))
    assert (listener.complete, listener.jobs, listener.dropped) == (True, {"first"}, 3)
    assert names(tmp_path) == ["first-1.sse"]


def test_a_job_that_is_named_is_taken_from_the_middle_on(tmp_path: Path) -> None:
    listener = Listener(Recording(tmp_path, requests=False), "named", 1)
    heard(listener, *packets("other"), *packets("named")[2:])
    assert names(tmp_path) == ["named-1.sse"]
    assert listener.recording.notes == [f"{tmp_path}/named-1.sse: packets are missing before this one: 2"]


def test_a_folder_that_is_not_there_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no such folder"):
        run_record(tmp_path / "none" / "x.sse", job=None, most=1, seconds=None, requests=False)
