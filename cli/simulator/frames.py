"""Events written as server-sent events, well or with every liberty that has been seen (`docs/protocol.md` 1.3)."""

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from cli.simulator.script import FRAMINGS

#: Bytes of one write where writes are split.
SPLIT_SIZE = 7
_LINE_LENGTH = 40


@dataclass(frozen=True)
class Framing:
    """Which liberties are taken: double quotes round the data, no padding, the standard alphabet, CRLF line ends,
    comments and other fields between events, data over several lines, and writes that end anywhere.
    """

    quoted: bool = False
    unpadded: bool = False
    standard: bool = False
    crlf: bool = False
    comments: bool = False
    lines: bool = False
    split: bool = False

    @classmethod
    def of(cls, words: Iterable[str]) -> "Framing":
        """From the words of a `framing` directive."""
        chosen = set(FRAMINGS) if "all" in words else set(words)
        return cls(**{name: name in chosen for name in FRAMINGS})

    def write(self, event: bytes) -> bytes:
        """One event."""
        return self.write_data(urlsafe_b64encode(event))

    def write_data(self, data: bytes) -> bytes:
        """One event with this data, whatever it is."""
        if self == _PLAIN:
            return b"data: " + data + b"\n\n"
        if self.unpadded:
            data = data.rstrip(b"=")
        if self.standard:
            data = data.translate(_STANDARD)
        if self.quoted:
            data = b'"' + data + b'"'
        parts = [data[at : at + _LINE_LENGTH] for at in range(0, len(data), _LINE_LENGTH)] if self.lines else [data]
        rows = [b"data: " + part for part in parts]
        if self.comments:
            rows = [b": a comment", b"", b"id: 7", b"event: message", *rows, b"retry: 1000"]
        end = b"\r\n" if self.crlf else b"\n"
        return end.join(rows) + end + end


_PLAIN = Framing()
_STANDARD = bytes.maketrans(b"-_", b"+/")
