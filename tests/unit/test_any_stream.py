"""Whatever the upstream sends, as edits or as bytes: a log that ends once and can be told, or an error of our own."""

import base64
import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proto.codec import decode, encode, from_json, parse_response_event, to_json
from proto.dialects import DIALECTS, get_dialect
from proto.errors import GatewayError
from proto.event_frames import EventFrames
from proto.events import TERMINAL_KINDS, Event, Failed, Usage, decode_events, encode_events
from proto.fold import fold
from proto.warp.response_pb2 import ClientAction, ResponseEvent
from proto.warp.task_pb2 import Message
from proto.warp_events import EventTranslator
from tests.unit.dialects import frames, reply_header
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
    commit,
    create,
    echo,
    finished,
    reasoning,
    rollback,
    text,
    update,
)
from workers.sse import SSESplitter

_ids = st.sampled_from(["m1", "m2", "m3", ""])
_words = st.text(max_size=6)
_tasks = st.sampled_from([ROOT, "sub", "other", ""])
_messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(text, _ids, _words),
    st.builds(reasoning, _ids, _words),
    st.builds(echo, _ids, _words),
    st.builds(call, _ids, st.sampled_from(["c1", "c2", ""]), st.sampled_from(["look", ""])),
    st.builds(
        lambda id_, call_id: Message(id=id_, tool_call_result=Message.ToolCallResult(tool_call_id=call_id)),
        _ids,
        st.sampled_from(["c1", "c2", "unknown"]),
    ),
)
_lists = st.lists(_messages, max_size=3)
_paths = st.lists(
    st.sampled_from(
        [OUTPUT, REASONING, "tool_call", "agent_output", "id", "", ".", "a..b", "tool_call.call_mcp_tool.args"]
    )
    | st.text(max_size=8),
    max_size=3,
)
_edits: st.SearchStrategy[ResponseEvent] = st.one_of(
    st.builds(lambda messages, id_, parent: create(*messages, id_=id_, parent=parent), _lists, _tasks, _tasks),
    st.builds(lambda messages, task: add(*messages, task=task), _lists, _tasks),
    st.builds(lambda message, paths, task: append(message, *paths, task=task), _messages, _paths, _tasks),
    st.builds(lambda message, paths, task: update(message, *paths, task=task), _messages, _paths, _tasks),
    st.sampled_from([INIT, begin(), commit(), rollback(), ResponseEvent(), actions(), actions(ClientAction())]),
)
_ends = st.sampled_from(["done", "quota_limit", "internal_error", "other", "max_token_limit", None]).map(finished)
streams = st.builds(lambda edits, ends: [*edits, *ends], st.lists(_edits, max_size=15), st.lists(_ends, max_size=2))


def check_log(events: list[Event]) -> None:
    """A log that ends once, with its bill, survives the store, and can be told in every dialect."""
    *before, last = events
    assert isinstance(last, TERMINAL_KINDS)
    assert not any(isinstance(event, TERMINAL_KINDS) for event in before)
    assert isinstance(before[-1], Usage)
    assert decode_events(encode_events(events)) == events
    told = EventFrames()
    assert all(told.feed(event) for event in events)
    for name in DIALECTS:
        dialect = get_dialect(name)
        assert b"".join(frames(dialect, reply_header(name), events)).endswith(b"\n\n")
        if fold(events).finish is not None:
            assert dialect.whole(reply_header(name), events)


@settings(deadline=None)
@given(streams)
def test_any_edits_give_a_log_that_can_be_told(stream: list[ResponseEvent]) -> None:
    translator = EventTranslator(input_tokens=3, known_messages={"m3"})
    events = [event for message in stream for event in translator.feed(message)]

    check_log(events + translator.end())
    assert translator.feed(finished()) == []


@settings(deadline=None)
@given(streams, st.lists(st.tuples(st.integers(0, 3000), st.binary(max_size=3)), max_size=4), st.integers(1, 400))
def test_any_damage_on_the_way_is_an_error_of_our_own(
    stream: list[ResponseEvent], damage: list[tuple[int, bytes]], size: int
) -> None:
    sent = bytearray().join(b"data: " + base64.urlsafe_b64encode(encode(event)) + b"\n\n" for event in stream)
    for place, noise in damage:
        sent[place : place + 1] = noise
    splitter, translator, events = SSESplitter(), EventTranslator(), []
    try:
        for start in range(0, len(sent), size):
            for data in splitter.feed(bytes(sent[start : start + size])):
                message = parse_response_event(data)
                events += translator.feed(message) if message is not None else []
    except GatewayError as error:
        failed = Failed(error.code, error.message)
        assert decode_events(encode_events([failed])) == [failed]
    check_log(events + translator.end())


@settings(deadline=None)
@given(st.lists(_edits, min_size=1, max_size=4), st.integers(0, 200), st.binary(max_size=6))
def test_damaged_messages_are_still_read_or_refused(stream: list[ResponseEvent], place: int, noise: bytes) -> None:
    """The damage is inside the protobuf message, where no base64 shows it."""
    translator = EventTranslator()
    events: list[Event] = []
    for event in stream:
        wire = bytearray(encode(event))
        wire[place : place + len(noise)] = noise
        try:
            message = parse_response_event(base64.urlsafe_b64encode(bytes(wire)))
        except GatewayError:
            continue
        events += translator.feed(message) if message is not None else []
    check_log(events + translator.end())


@pytest.mark.parametrize("name", ["ResponseEvent", "Request", "Task", "Message"])
def test_any_bytes_are_a_message_or_refused_and_any_message_is_json(name: str) -> None:
    @settings(deadline=None)
    @given(st.binary(max_size=80) | streams.map(lambda stream: b"".join(map(encode, stream))))
    def check(data: bytes) -> None:
        try:
            message = decode(name, data)
            view = to_json(message)
            from_json(name, view)
        except GatewayError:
            return
        msgspec.json.encode(view)

    check()


_json: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@settings(deadline=None)
@given(_json | st.dictionaries(st.sampled_from(["init", "client_actions", "finished"]), _json))
def test_any_json_is_a_message_or_refused(view: Any) -> None:
    with contextlib.suppress(GatewayError):
        encode(from_json("ResponseEvent", view))


@given(st.binary(max_size=60) | st.lists(st.lists(_json, max_size=4), max_size=3).map(repr).map(str.encode))
def test_any_entry_of_a_log_is_events_or_undecodable(entry: bytes) -> None:
    try:
        events = decode_events(entry)
    except msgspec.DecodeError:
        return
    assert decode_events(encode_events(events)) == events
