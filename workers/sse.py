"""Server-sent events out of raw byte chunks, as they come from the network.

Lines end with LF, CRLF or CR, and an event ends with a blank line; chunks break anywhere. Only `data` matters here:
comments and the other fields are skipped. What the end of the stream leaves incomplete is dropped, as the format says.
"""

from typing import Final

from proto.errors import ErrorCode, GatewayError

#: Bytes of one event: its lines and their ends, each counted as one byte. The upstream echoes a request's inputs in
#: one event (`docs/protocol.md` Q1), in base64: a third more than `upstream.MAX_BODY`.
MAX_EVENT: Final = 16 * 1024 * 1024

_BOM: Final = b"\xef\xbb\xbf"


class SSESplitter:
    """The state of one stream. What is kept between chunks: whole lines' data, and the pieces of the line begun.

    A stretch that starts at an event is split at its blank lines in one go; only what a chunk's edge cut in two is
    read line by line.
    """

    __slots__ = ("_after_cr", "_at_start", "_data", "_max_event", "_pieces", "_size")

    def __init__(self, max_event: int = MAX_EVENT) -> None:
        self._max_event = max_event
        self._data: list[bytes] = []
        self._pieces: list[bytes] = []
        self._size = 0  # bytes since the last blank line
        self._after_cr = False
        self._at_start = True

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of each event this chunk completes, in order.

        Raises:
            GatewayError: one event is larger than a stream may make us keep.
        """
        if self._at_start:
            chunk = self._without_bom(chunk)
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if b"\n" not in chunk:
            self._keep(chunk)
            return []
        if self._pieces:
            self._pieces.append(chunk)
            self._size -= sum(map(len, self._pieces[:-1]))
            chunk = b"".join(self._pieces)
            self._pieces.clear()
        events: list[bytes] = []
        if self._size:
            chunk = self._end_begun_event(chunk, events)
        *blocks, rest = chunk.split(b"\n\n")
        for block in blocks:
            if block.startswith(b"data: ") and b"\n" not in block:
                if len(block) >= self._max_event:
                    raise self._too_large()
                events.append(block[6:])
            else:
                self._read_lines(block)
                self._dispatch(events)
        lines, newline, line = rest.rpartition(b"\n")
        if newline:
            self._read_lines(lines)
        self._keep(line)
        return events

    def _end_begun_event(self, text: bytes, events: list[bytes]) -> bytes:
        """Read on in an event that earlier chunks began; returns what follows its blank line."""
        if text.startswith(b"\n"):
            self._dispatch(events)
            return text[1:]
        lines, blank, rest = text.partition(b"\n\n")
        if not blank:
            return text
        self._read_lines(lines)
        self._dispatch(events)
        return rest

    def _read_lines(self, lines: bytes) -> None:
        """Whole lines of one event, without the last one's end."""
        self._grow(len(lines) + 1)
        for line in lines.split(b"\n"):
            if line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
            elif line == b"data":
                self._data.append(b"")

    def _dispatch(self, events: list[bytes]) -> None:
        if self._data:
            events.append(b"\n".join(self._data))
            self._data.clear()
        self._size = 0

    def _keep(self, piece: bytes) -> None:
        if piece:
            self._pieces.append(piece)
            self._grow(len(piece))

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > self._max_event:
            raise self._too_large()

    def _too_large(self) -> GatewayError:
        return GatewayError(
            ErrorCode.UPSTREAM_PROTOCOL, f"The upstream sent an event of more than {self._max_event} bytes."
        )

    def _without_bom(self, chunk: bytes) -> bytes:
        """The stream's first bytes, held back while they may still become a byte order mark."""
        chunk = b"".join((*self._pieces, chunk))
        self._pieces.clear()
        if len(chunk) < len(_BOM) and _BOM.startswith(chunk):
            self._pieces.append(chunk)
            return b""
        self._at_start = False
        return chunk.removeprefix(_BOM)
