"""Saved upstream responses: what is told of them, and where a broken one breaks."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli.main import app
from cli.problems import SetupError
from proto.codec import encode
from proto.saved_stream import read_stream
from proto.stream_report import StreamReport, report_of
from proto.warp.response_pb2 import ClientAction, ResponseEvent
from proto.warp.task_pb2 import Message
from tests.unit.warp_streams import (
    INIT,
    OUTPUT,
    REASONING,
    ROOT,
    actions,
    add,
    append,
    begin,
    call,
    create,
    echo,
    finished,
    reasoning,
    rollback,
    text,
    update,
)

SERVER_CALL = Message(
    id="s", tool_call=Message.ToolCall(tool_call_id="srv", server=Message.ToolCall.Server(payload="CgRhYmNk"))
)
SERVER_RESULT = Message(
    id="sr",
    tool_call_result=Message.ToolCallResult(
        tool_call_id="srv", server=Message.ToolCallResult.ServerResult(serialized_result="CgRhYmNk")
    ),
)
EVENTS = [
    INIT,
    create(echo("u", "hi there")),
    add(Message(id="m", model_used=Message.ModelUsed(model_id="model-x", is_fallback=True))),
    add(reasoning("r", "hm")),
    append(reasoning("r", " so"), REASONING),
    add(text("t", "Hel")),
    append(text("t", "lo"), OUTPUT),
    add(SERVER_CALL, SERVER_RESULT),
    add(call("c", "call-1", a=1, b=[2.5, None])),
    actions(
        ClientAction(update_task_description=ClientAction.UpdateTaskDescription(task_id=ROOT, description="A title"))
    ),
    finished(token_usage=[ResponseEvent.StreamFinished.TokenUsage(model_id="model-x", total_input=12, output=5)]),
]


def block(event: ResponseEvent) -> bytes:
    return b"data: " + base64.urlsafe_b64encode(encode(event)) + b"\n\n"


SAVED = b"".join(map(block, EVENTS))


def parsed(raw: bytes) -> StreamReport:
    return report_of(read_stream(raw))


def test_a_whole_response() -> None:
    report = parsed(SAVED)

    assert (report.conversation_id, report.request_id, report.run_id) == ("conv", "req", "run")
    assert (report.text, report.reasoning) == ("Hello", "hm so")
    assert [(each.kind, each.text) for each in report.messages if each.text] == [
        ("user_query", "hi there"),
        ("agent_reasoning", "hm so"),
        ("agent_output", "Hello"),
    ]
    assert [(each.id, each.tool, each.client) for each in report.tool_calls] == [
        ("srv", "server", False),
        ("call-1", "look", True),
    ]
    assert report.tool_calls[1].arguments == {"a": 1, "b": [2.5, None]}
    assert [(each.call_id, each.tool) for each in report.tool_results] == [("srv", "server")]
    # What only the upstream understands stays as it is; what it holds stands beside it.
    assert report.tool_results[0].content == {
        "serialized_result": "CgRhYmNk",
        "serialized_result_decoded": {"1": "abcd"[:4]},
    }
    assert [(each.id, each.description) for each in report.tasks] == [(ROOT, "A title")]
    assert [(each.id, each.fallback) for each in report.models] == [("model-x", True)]
    assert (report.ending.upstream, report.ending.finish, report.ending.failure) == ("done", "tool_calls", None)
    assert report.usage is not None
    assert (report.usage["input"], report.usage["output"]) == (12, 5)
    assert report.events["init"] == report.events["finished"] == 1
    assert report.events["append_to_message_content agent_output"] == 1
    assert report.events["add_messages_to_task tool_call"] == 2
    assert (report.broken, report.http_status) == (None, None)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_however_it_was_saved(line_end: bytes) -> None:
    head = b"HTTP/1.1 100 Continue\n\nHTTP/2 200 \ncontent-type: text/event-stream\n\n"
    plain = parsed(SAVED)
    others = b"\xef\xbb\xbf" + SAVED, b": hello\nevent: x\nid: 1\n" + SAVED, SAVED.rstrip(), SAVED + b"data: [DONE]\n\n"
    for raw in others:
        assert parsed(raw.replace(b"\n", line_end)) == plain
    with_head = parsed((head + SAVED).replace(b"\n", line_end))
    assert with_head.http_status == 200
    assert (with_head.text, with_head.broken) == (plain.text, None)


def test_data_in_several_lines_and_quotes_is_one_event() -> None:
    first, rest = SAVED.split(b"\n\n", 1)
    data = first.removeprefix(b"data: ")
    raw = b'data: "' + data[:10] + b"\n: a comment\ndata:" + data[10:] + b'"\n\n' + rest
    assert parsed(raw) == parsed(SAVED)


def broken_at(raw: bytes) -> tuple[int, int, str]:
    broken = parsed(raw).broken
    assert broken is not None
    return broken.line, broken.byte, broken.why


def test_a_character_that_is_not_base64_is_pointed_at() -> None:
    head = b"HTTP/2 200\r\ncontent-type: text/event-stream\r\n\r\n"
    at = SAVED.index(b"data: ", SAVED.index(b"\n\n") + 2) + 9
    line, byte, why = broken_at(head + SAVED[:at] + b"!" + SAVED[at + 1 :])
    assert (line, byte) == (6, len(head) + at)
    assert why == "event 2: the data is not base64: '!' cannot stand in it"


def test_it_is_pointed_at_in_the_second_line_of_an_event_too() -> None:
    raw = block(INIT) + b"data: CgRh\ndata: Ym*k\n\n"
    assert broken_at(raw)[:2] == (4, raw.index(b"*"))


def test_bytes_that_are_no_message_are_pointed_at() -> None:
    raw = block(INIT) + b": keepalive\n\ndata: " + base64.b64encode(b"\x0b\xff\xff") + b"\n\n" + block(EVENTS[1])
    line, byte, why = broken_at(raw)
    assert (line, byte) == (5, raw.rindex(b"data: ", 0, raw.index(block(EVENTS[1]))) + 6)
    assert why.startswith("event 2: ")


def test_what_came_before_the_break_is_told() -> None:
    whole = b"".join(map(block, EVENTS[:7]))
    report = parsed(whole + b"data: CgR")
    assert report.text == "Hello"
    assert report.broken is not None
    assert report.broken.why == "event 8: the file ends within an event"
    assert (report.broken.line, report.broken.byte) == (15, len(whole) + 9)
    assert report.ending.failure == "upstream_truncated"


def test_a_stream_that_just_stops_is_no_broken_file() -> None:
    report = parsed(b"".join(map(block, EVENTS[:7])))
    assert (report.broken, report.text, report.ending.failure) == (None, "Hello", "upstream_truncated")


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "there is no event in it"),
        (b'{"error":"nope"}\n', "there is no event in it"),
        (b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 3\r\n\r\n{}", "the upstream refused with HTTP 429"),
    ],
)
def test_what_is_no_stream_says_so(raw: bytes, why: str) -> None:
    assert broken_at(raw)[2] == why


def test_edits_are_followed_also_in_tasks_of_helpers() -> None:
    events = [
        create(text("a", "one")),
        create(text("h", "help"), id_="helper", parent=ROOT),
        append(text("h", "ing"), OUTPUT, task="helper"),
        begin(),
        add(text("b", "gone")),
        update(text("a", "two"), OUTPUT),
        rollback(),
        update(text("a", "three"), OUTPUT),
        append(text("n", "unannounced"), OUTPUT, task="nowhere"),
        append(call("a", "x"), "tool_call.call_mcp_tool", task=ROOT),
        finished(),
    ]
    report = parsed(b"".join(map(block, events)))
    assert [(each.task, each.text) for each in report.messages] == [
        (ROOT, "three"),
        ("helper", "helping"),
        ("nowhere", "unannounced"),
    ]
    assert [(each.id, each.parent) for each in report.tasks] == [(ROOT, ""), ("helper", ROOT), ("nowhere", "")]
    assert len(report.notes) == 1


def test_compaction_moves_messages() -> None:
    moved = ClientAction.MoveMessagesToNewTask(
        source_task_id=ROOT, first_message_id="a", last_message_id="b", replacement_messages=[text("s", "summary")]
    )
    moved.new_task.id = "old"
    moved.new_task.dependencies.parent_task_id = ROOT
    events = [
        create(text("a", "1"), text("b", "2"), text("c", "3")),
        actions(ClientAction(move_messages_to_new_task=moved)),
    ]
    report = parsed(b"".join(map(block, events)))
    assert [(each.task, each.id) for each in report.messages] == [("old", "a"), ("old", "b"), (ROOT, "c"), (ROOT, "s")]


@given(st.integers(0, len(SAVED)))
def test_a_file_cut_anywhere_tells_what_is_there(at: int) -> None:
    report = parsed(SAVED[:at])
    if report.broken is None:
        assert SAVED[:at].rstrip(b"=").decode().rpartition("data:")[2].strip() in SAVED.decode()
    else:
        assert report.broken.byte <= at
        assert report.broken.line == SAVED[: report.broken.byte].count(b"\n") + 1
    assert "Hello".startswith(report.text)


@given(st.binary(max_size=200))
def test_anything_at_all_is_read_or_refused(raw: bytes) -> None:
    parsed(raw)
    parsed(block(INIT) + b"data: " + base64.b64encode(raw) + b"\n\n")


# The command


def parse(*args: str, stdin: bytes = b"") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["parse", *args], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_a_file_as_a_table(tmp_path: Path) -> None:
    (tmp_path / "one.sse").write_bytes(SAVED + block(add(text("x", "late\x1b[31m"))))
    code, out = parse(str(tmp_path / "one.sse"))
    assert code == 0
    assert "done -> tool_calls" in out
    assert "input 12, output 5" in out
    assert "model-x (a fallback)" in out
    assert "the upstream's own" in out
    assert '{"a":1,"b":[2.5,null]}' in out
    assert "\x1b" not in out


def test_a_file_as_json_with_its_events(tmp_path: Path) -> None:
    (tmp_path / "one.sse").write_bytes(SAVED)
    code, out = parse(str(tmp_path / "one.sse"), "--json", "--events")
    view: dict[str, Any] = json.loads(out)
    assert (code, view["text"], view["ending"]["finish"]) == (0, "Hello", "tool_calls")
    assert len(view["packets"]) == len(EVENTS)
    assert view["packets"][0] == {"init": {"conversation_id": "conv", "request_id": "req", "run_id": "run"}}


def test_standard_input() -> None:
    code, out = parse("-", "--json", stdin=SAVED[:-20])
    assert (code, json.loads(out)["text"]) == (1, "Hello")


def test_a_folder_is_a_line_each_and_one_broken_file_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "a.sse").write_bytes(SAVED)
    (tmp_path / "b.sse").write_bytes(SAVED[:100])
    (tmp_path / "a.json").write_text("{}")
    code, out = parse(str(tmp_path), "--json")
    first, second = map(json.loads, out.splitlines())
    assert (code, first["broken"], second["broken"] is not None) == (1, None, True)
    assert first["file"] == str(tmp_path / "a.sse")


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="No such file"):
        parse(str(tmp_path / "none.sse"))
    with pytest.raises(SetupError, match=r"no \.sse file"):
        parse(str(tmp_path))
