"""One reading of a job's log as frames: numbered if the client asks for it, and without those it has seen.

Pure, as encoders are: two readings of one log in one dialect give the same frames with the same ids, so a client may
go on where another reading ended, on any replica.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from proto.dialects.base import StreamEncoder
from proto.errors import BadRequestError
from proto.events import Event

_POSITION = re.compile(r"(\d{1,12})\.(\d{1,9})")


class Position(NamedTuple):
    """A frame's id: the log entry it comes from, 0 before the first, and its number among that entry's frames."""

    seq: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Position":
        """Read `<seq>.<n>`.

        Raises:
            BadRequestError: it is something else.
        """
        match = _POSITION.fullmatch(text.strip())
        if match is None:
            raise BadRequestError("Last-Event-ID must be an id of this job's stream: <seq>.<n>.", param="Last-Event-ID")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.seq}.{self.number}"


class Seen(NamedTuple):
    """What a client has had already: all up to a frame's id, or so many frames."""

    position: Position | None = None
    frames: int = 0


NOTHING = Seen()


class Replay:
    """The frames of one reading.

    Args:
        encoder: a fresh one, made for this reading.
        ids: whether each frame carries its id.
        seen: what to leave out.
    """

    def __init__(self, encoder: StreamEncoder, *, ids: bool = False, seen: Seen = NOTHING) -> None:
        self._encoder = encoder
        self.ids = ids
        self._seen = seen
        self._frames = 0

    def opening(self) -> list[bytes]:
        """The frames that stand before any entry."""
        return self._number(0, self._encoder.opening())

    def feed(self, seq: int, events: Sequence[Event]) -> list[bytes]:
        """The frames of the log's next entry."""
        return self._number(seq, [frame for event in events for frame in self._encoder.feed(event)])

    def unlogged(self, event: Event) -> list[bytes]:
        """The frames of an event that stands in no log; they carry no id, for nobody could go on from them."""
        return self._encoder.feed(event)

    def keepalive(self, comment: str = "") -> bytes:
        """The dialect's keepalive, with a comment before it.

        In a stream with ids no comment may end a block: openai-python takes each block after the first id for an
        event.
        """
        frame = self._encoder.keepalive()
        if not self.ids:
            return f": {comment}\n".encode() + frame if comment else frame
        return frame.rstrip(b"\n") + b"\n" if frame.startswith(b":") else frame

    def _number(self, seq: int, frames: list[bytes]) -> list[bytes]:
        position, count = self._seen
        if not self.ids and position is None and not count:
            return frames
        left = []
        for number, frame in enumerate(frames):
            self._frames += 1
            if self._frames <= count or (position is not None and (seq, number) <= position):
                continue
            left.append(b"id: %d.%d\n" % (seq, number) + frame if self.ids else frame)
        return left
