"""A batch's input in storage, read line by line and never held as a whole."""

import re
from collections.abc import AsyncIterator, Sequence
from typing import Final, NamedTuple

from proto.batch_lines import MAX_LINE
from proto.batches import Batch, BatchSpec, Taken
from store.files import Files
from store.storage import MissingPartError

#: Bytes of lines that are handed on at once.
ENOUGH: Final = 1024 * 1024
#: Inputs whose next piece is kept in memory.
MOST_OPEN: Final = 16
_BLANK: Final = re.compile(rb"\s*\n")


def portion_of(lines: Sequence[Taken]) -> int:
    """How many of these lines, from the first on, are to be read at once: some `ENOUGH` bytes of them."""
    size = 0
    for count, taken in enumerate(lines, 1):
        size += taken.length
        if size >= ENOUGH:
            return count
    return len(lines)


class InputGoneError(Exception):
    """The input is no longer in storage, or not all of it."""


class RawLine(NamedTuple):
    """A line of the input: its number, from 1, its place in bytes, and where the next one begins.

    `raw` is None for a line of more than `MAX_LINE` bytes.
    """

    line: int
    offset: int
    length: int
    end: int
    raw: bytes | None


async def split_lines(pieces: AsyncIterator[bytes], line: int = 0, offset: int = 0) -> AsyncIterator[RawLine]:
    """The lines that are not blank of an input from `offset` on, where `line` of them are behind."""
    held = bytearray()
    length = 0

    def finish(end: int) -> RawLine:
        raw = bytes(held) if length <= MAX_LINE else None
        return RawLine(line, offset, length, end, raw)

    async for piece in pieces:
        start = 0
        while True:
            if not length and (blank := _BLANK.match(piece, start)):  # one by one they would take long
                line += piece.count(b"\n", start, blank.end())
                offset += blank.end() - start
                start = blank.end()
            newline = piece.find(b"\n", start)
            if newline < 0:
                break
            length += newline - start
            if length <= MAX_LINE:
                held += piece[start:newline]
            line += 1
            start = newline + 1
            found = finish(offset + length + 1)
            held.clear()
            offset, length = found.end, 0
            if found.raw is None or found.raw.strip():
                yield found
        length += len(piece) - start
        if length <= MAX_LINE:
            held += piece[start:]
        else:
            held.clear()
    line += 1
    if length > MAX_LINE or held.strip():
        yield finish(offset + length)


async def read_on(files: Files, spec: BatchSpec, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
    """The bytes of a batch's input from `start` on, up to `end`.

    Raises:
        InputGoneError: it ends too early.
        StorageError: it cannot be read now.
    """
    at = start
    try:
        async for piece in files.content(spec.input_key, start=start, end=end):
            at += len(piece)
            yield piece
    except MissingPartError as error:
        raise InputGoneError from error
    if at < (spec.input_bytes if end is None else end):
        raise InputGoneError


class Inputs:
    """The inputs of the batches that run: each is read on from where it was left."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._open: dict[str, tuple[int, AsyncIterator[RawLine]]] = {}

    async def next_lines(self, batch: Batch, most: int) -> tuple[list[RawLine], int]:
        """Up to so many lines, some `ENOUGH` bytes of them at most, from where the batch's cursor stands; and where
        it stands after them.

        Raises:
            InputGoneError: the input ends too early.
            StorageError: it cannot be read now.
        """
        spec = batch.spec
        at, lines = self._open.pop(spec.id, (-1, None))
        if lines is None or at != batch.offset:
            lines = split_lines(read_on(self._files, spec, batch.offset), batch.line, batch.offset)
        found: list[RawLine] = []
        size, cursor = 0, batch.offset
        while len(found) < most and size < ENOUGH:
            line = await anext(lines, None)
            if line is None:
                return found, spec.input_bytes
            found.append(line)
            size += line.length
            cursor = line.end
        self._open[spec.id] = (cursor, lines)
        if len(self._open) > MOST_OPEN:
            del self._open[next(iter(self._open))]
        return found, cursor

    async def read(self, spec: BatchSpec, taken: Taken) -> bytes | None:
        """A line that was taken before; None for one of more than `MAX_LINE` bytes.

        Raises:
            InputGoneError: the input ends before it.
            StorageError: it cannot be read now.
        """
        if taken.length > MAX_LINE:
            return None
        end = taken.offset + taken.length
        return b"".join([piece async for piece in read_on(self._files, spec, taken.offset, end)])

    def forget(self, batch_id: str) -> None:
        """The batch is not read on."""
        self._open.pop(batch_id, None)
