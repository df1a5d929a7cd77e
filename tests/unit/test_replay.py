"""Every reading of a log gives the same frames, wherever it is taken up again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proto.dialects import DIALECTS
from proto.dialects.base import StreamEncoder
from proto.errors import BadRequestError
from proto.event_frames import EventFrames
from proto.events import Event, Finished, FinishReason, Restarted, Text, ToolResult, Usage
from proto.jobs import ReplyHeader
from proto.replay import Position, Replay, Seen
from tests.unit.dialects import any_logs, reply_header

NAMES = [*DIALECTS, "events"]
TOLD = [Text("a"), Finished(FinishReason.STOP)]


def encoder(name: str, header: ReplyHeader | None = None) -> StreamEncoder:
    if name == "events":
        return EventFrames()
    return DIALECTS[name].stream(header or reply_header(name))


def entries_of(events: list[Event], cuts: list[int]) -> list[list[Event]]:
    """The events as a log: entries of one event or more, cut at will."""
    log: list[list[Event]] = [[]]
    for number, event in enumerate(events):
        log[-1].append(event)
        if number in cuts and number + 1 < len(events):
            log.append([])
    return log


def read(replay: Replay, log: list[list[Event]], *, paused: bool = False) -> list[bytes]:
    """The frames of a whole log; `paused`: with keepalives between all entries, which are not kept."""
    frames = replay.opening()
    for seq, events in enumerate(log, 1):
        if paused:
            assert not replay.keepalive("queued, position 1").startswith(b"id:")
        frames += replay.feed(seq, events)
    return frames


def id_of(frame: bytes) -> Position:
    line, _, _ = frame.partition(b"\n")
    return Position.parse(line.removeprefix(b"id: ").decode())


logs = st.builds(entries_of, any_logs, st.lists(st.integers(0, 12)))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=50)
@given(log=logs, data=st.data())
def test_a_reading_taken_up_anywhere_is_byte_for_byte_the_rest(
    name: str, log: list[list[Event]], data: st.DataObject
) -> None:
    whole = read(Replay(encoder(name), ids=True), log)
    ids = [id_of(frame) for frame in whole]
    assert ids == sorted(set(ids))
    assert whole == read(Replay(encoder(name), ids=True), log, paused=True)

    cut = data.draw(st.integers(0, len(whole)))
    last = ids[cut - 1] if cut else None
    assert read(Replay(encoder(name), ids=True, seen=Seen(last)), log) == whole[cut:]
    assert read(Replay(encoder(name), ids=True, seen=Seen(frames=cut)), log) == whole[cut:]

    plain = read(Replay(encoder(name)), log)
    assert [frame.partition(b"\n")[2] for frame in whole] == plain
    assert read(Replay(encoder(name), seen=Seen(frames=cut)), log) == plain[cut:]


def test_no_comment_ends_a_block_once_there_are_ids() -> None:
    assert Replay(encoder("openai"), ids=True).keepalive("queued, position 1") == b": keepalive\n"
    assert Replay(encoder("openai")).keepalive("queued, position 1") == b": queued, position 1\n: keepalive\n\n"
    assert Replay(encoder("openai")).keepalive() == b": keepalive\n\n"
    ping = b'event: ping\ndata: {"type":"ping"}\n\n'
    assert Replay(encoder("anthropic"), ids=True).keepalive("queued, position 1") == ping
    assert Replay(encoder("anthropic")).keepalive("queued, position 1") == b": queued, position 1\n" + ping


@pytest.mark.parametrize("name", DIALECTS)
def test_what_an_attempt_said_before_another_began_is_forgotten(name: str) -> None:
    header = reply_header(name, include_usage=True)
    again = [[Usage(1, 2), ToolResult("x")], [Restarted(2), *TOLD]]
    assert read(Replay(encoder(name, header)), again) == read(Replay(encoder(name, header)), [list(TOLD)])


def test_the_first_frames_are_of_no_entry() -> None:
    frames = read(Replay(encoder("openai"), ids=True), [list(TOLD)])
    assert [str(id_of(frame)) for frame in frames] == ["0.0", "1.0", "1.1", "1.2"]


def test_the_events_leave_nothing_out() -> None:
    frames = read(Replay(EventFrames(), ids=True), [[ToolResult("c", "said", is_error=True)], [Restarted(2)]])
    assert frames == [
        b'id: 1.0\nevent: tool_result\ndata: {"type":"tool_result","call_id":"c","text":"said","is_error":true}\n\n',
        b'id: 2.0\nevent: restarted\ndata: {"type":"restarted","attempt":2}\n\n',
    ]


@pytest.mark.parametrize("text", ["", "1", "1.", ".1", "-1.0", "1.0.0", "a.b", "9" * 13 + ".0", "1.0\nx"])
def test_an_id_of_nobodys_making_is_refused(text: str) -> None:
    with pytest.raises(BadRequestError, match="Last-Event-ID"):
        Position.parse(text)
