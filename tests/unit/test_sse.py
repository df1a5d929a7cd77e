"""Splitting an event stream: every chunking gives what the whole gives, and what a plain reader gives."""

import re
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from proto.errors import ErrorCode, GatewayError
from workers.sse import SSESplitter

#: Pieces of streams, chosen so that line ends meet in every way.
FRAGMENTS = [
    b"data: one", b"data:two", b"data:  padded ", b"data", b"data:", b"data:\xc3\xa4", b"datax: no", b" data: no",
    b"event: ping", b"id: 7", b"retry: 10", b": comment", b":", b"\n", b"\n", b"\n\n", b"\r", b"\r\n", b"\r\n\r\n",
    b"\xef\xbb\xbf", b"\xef", b"x",
]  # fmt: skip
streams = st.lists(st.sampled_from(FRAGMENTS), max_size=30).map(b"".join)


def read_plainly(stream: bytes) -> list[bytes]:
    """The format's own algorithm, line by line, with no thought for speed or chunks."""
    *lines, _unfinished = re.split(rb"\r\n|\n|\r", stream.removeprefix(b"\xef\xbb\xbf"))
    events: list[bytes] = []
    data: list[bytes] = []
    for line in lines:
        if not line:
            if data:
                events.append(b"\n".join(data))
            data = []
            continue
        field, _, value = line.partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" "))
    return events


def feed_all(splitter: SSESplitter, chunks: list[bytes]) -> list[bytes]:
    return [event for chunk in chunks for event in splitter.feed(chunk)]


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    """The stream in chunks; a place given twice makes an empty one."""
    edges = [0, *sorted(min(place, len(stream)) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


@settings(deadline=None)
@given(streams, st.lists(st.integers(0, 120), max_size=12))
@example(b"data: a\r\n\r\ndata: b\r\n\r\n", [8, 9, 10])
@example(b"\xef\xbb\xbfdata: a\n\n", [1, 2])
def test_any_chunking_gives_the_same_events(stream: bytes, places: list[int]) -> None:
    assert feed_all(SSESplitter(), cut(stream, places)) == read_plainly(stream)


@settings(deadline=None)
@given(streams)
def test_byte_by_byte(stream: bytes) -> None:
    assert feed_all(SSESplitter(), cut(stream, list(range(len(stream))))) == read_plainly(stream)


@settings(deadline=None)
@given(streams, st.lists(st.integers(0, 120), max_size=12), st.integers(1, 40))
def test_the_limit_does_not_depend_on_the_chunks(stream: bytes, places: list[int], limit: int) -> None:
    def outcome(chunks: list[bytes]) -> list[bytes] | None:
        try:
            return feed_all(SSESplitter(limit), chunks)
        except GatewayError:
            return None

    assert outcome(cut(stream, places)) == outcome([stream])


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
        (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
        (b"event: x\nid: 1\ndata: a\nretry: 3\n: hm\n\n", [b"a"]),
        (b"data: a\ndata:b\ndata\n\n", [b"a\nb\n"]),
        (b": only a comment\n\nevent: nothing\n\n", []),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b"data: unfinished", []),
        (b"data: unfinished\n", []),
    ],
)
def test_the_format(stream: bytes, events: list[bytes]) -> None:
    assert SSESplitter().feed(stream) == events


def test_an_event_ending_in_cr_does_not_wait_for_the_next_chunk() -> None:
    assert SSESplitter().feed(b"data: a\r\n\r") == [b"a"]


@pytest.mark.parametrize("chunk", [b"x" * 1000, b"data: x\n" * 100, b": ping\n" * 100])
def test_an_event_without_an_end_is_not_kept_for_ever(chunk: bytes) -> None:
    splitter = SSESplitter(max_event=10_000)
    with pytest.raises(GatewayError) as caught:
        feed_all(splitter, [chunk] * 100)
    assert caught.value.code is ErrorCode.UPSTREAM_PROTOCOL


def test_a_large_event_in_one_chunk_is_refused_too() -> None:
    with pytest.raises(GatewayError):
        SSESplitter(max_event=100).feed(b"data: " + b"x" * 100 + b"\n\n")


def test_the_limit_is_of_one_event_not_of_the_stream() -> None:
    splitter = SSESplitter(max_event=100)
    assert sum(len(splitter.feed(b"data: " + b"x" * 50 + b"\n\n: ping\n\n")) for _ in range(100)) == 100
