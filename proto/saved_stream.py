"""A saved upstream response as its events, each with the place in the file where it stands (`docs/protocol.md` 1.3).

Unlike the splitter of a live stream it has the whole file, keeps count of lines and bytes, and takes what the end of
the file leaves without a blank line as an event too: whether that is a whole one shows when it is decoded.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from proto.codec import parse_response_event
from proto.errors import GatewayError
from proto.warp.response_pb2 import ResponseEvent

#: The status line of a response that was saved with its headers (`curl --include`).
_STATUS: Final = re.compile(rb"HTTP/[0-9.]+ ([0-9]{3})[^\r\n]*")
_LINE: Final = re.compile(rb"([^\r\n]*)(\r\n|\n|\r|$)")
_BOM: Final = b"\xef\xbb\xbf"
#: What can stand in the data of no event; white space, quotes and padding can.
_NEVER_BASE64: Final = re.compile(rb'[^A-Za-z0-9_+/= \t\r\n\v\f"-]')


class Place(NamedTuple):
    """A place in a file: lines count from 1, bytes from 0."""

    line: int
    byte: int


class SavedEvent(NamedTuple):
    """The data of one event, and where each of its data lines has its text. `whole`: a blank line ended it."""

    data: bytes
    places: tuple[Place, ...]
    whole: bool = True

    def place(self, at: int = 0) -> Place:
        """Where in the file the data's byte `at` stands."""
        before = self.data[:at]
        line, byte = self.places[before.count(b"\n")]
        return Place(line, byte + at - before.rfind(b"\n") - 1)


class SavedStream(NamedTuple):
    """What a file holds: the HTTP status if it was saved with headers, where the body begins, and the events."""

    status: int | None
    body: Place
    events: list[SavedEvent]


class BrokenEventError(Exception):
    """An event that cannot be read, where in the file, and why."""

    def __init__(self, place: Place, why: str) -> None:
        super().__init__(f"line {place.line}, byte {place.byte}: {why}")
        self.place = place
        self.why = why


def read_stream(raw: bytes) -> SavedStream:
    """The events of a saved response."""
    status, body = _head(raw)
    return SavedStream(status, body, list(_events(raw, body)))


def read_event(event: SavedEvent) -> ResponseEvent | None:
    """The message of an event, or None when it carries none.

    Raises:
        BrokenEventError: its data is not base64, or the bytes are not a message.
    """
    try:
        return parse_response_event(event.data)
    except GatewayError as error:
        if wrong := _NEVER_BASE64.search(event.data):
            why = f"the data is not base64: {wrong.group().decode('latin-1')!r} cannot stand in it"
            raise BrokenEventError(event.place(wrong.start()), why) from error
        if not event.whole:
            raise BrokenEventError(event.place(len(event.data)), "the file ends within an event") from error
        raise BrokenEventError(event.place(), error.message) from error


def _head(raw: bytes) -> tuple[int | None, Place]:
    """The status of the last response head at the file's start, and where the body begins."""
    status, at, line = None, len(_BOM) if raw.startswith(_BOM) else 0, 1
    while found := _STATUS.match(raw, at):
        status = int(found[1])
        for start, end, text in _lines(raw, at):
            line, at = line + 1, end
            if not text and start != end:
                break
    return status, Place(line, at)


def _lines(raw: bytes, at: int) -> Iterator[tuple[int, int, bytes]]:
    """Start, end with its line break, and text of each line from `at` on."""
    while at < len(raw):
        found = _LINE.match(raw, at)
        assert found is not None  # noqa: S101  # it matches anywhere
        yield at, found.end(), found[1]
        at = found.end()


def _events(raw: bytes, body: Place) -> Iterator[SavedEvent]:
    pieces: list[bytes] = []
    places: list[Place] = []
    for number, (start, _, text) in enumerate(_lines(raw, body.byte), body.line):
        if text.startswith(b"data:"):
            data = text[5:].removeprefix(b" ")
            pieces.append(data)
            places.append(Place(number, start + len(text) - len(data)))
        elif not text and pieces:
            yield SavedEvent(b"\n".join(pieces), tuple(places))
            pieces, places = [], []
    if pieces:
        yield SavedEvent(b"\n".join(pieces), tuple(places), whole=False)
