"""The file that a batch is made of: which vendor's it is, and how it goes to the gateway without being held."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from cli.problems import SetupError
from proto.batch_lines import MAX_LINE
from proto.batch_objects import ENDPOINTS
from proto.batches import BatchKind
from proto.dialects.anthropic_messages import AnthropicMessages
from proto.errors import BadRequestError
from proto.json_body import decode_json

#: Bytes that are sent at once, at least.
PIECE: Final = 64 * 1024


class BatchInput(NamedTuple):
    """A file of requests, one a line, and the path that they are for."""

    path: Path
    kind: BatchKind
    endpoint: str
    bytes: int


class CountedFile(io.FileIO):
    """A file that tells how far it has been read.

    Args:
        path: the file.
        told: gets the bytes of each piece.
    """

    def __init__(self, path: Path, told: Callable[[int], None]) -> None:
        super().__init__(path)
        self._told = told

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes."""
        piece = super().read(-1 if size is None else size)
        self._told(len(piece))
        return piece


def read_input(path: Path) -> BatchInput:
    """What the first line of a file says of it.

    Raises:
        SetupError: it cannot be read, or is of no batch.
    """
    try:
        with path.open("rb") as file:
            line = next((line for line in iter(lambda: file.readline(MAX_LINE + 1), b"") if line.strip()), b"")
        size = path.stat().st_size
    except OSError as error:
        raise SetupError(f"{path}: {error.strerror or error}") from error
    if not line:
        raise SetupError(f"{path}: it holds no requests")
    try:
        first = decode_json(line)
    except BadRequestError as error:
        raise SetupError(f"{path}: its first line cannot be read: {error.message}") from error
    if "params" in first:
        return BatchInput(path, BatchKind.ANTHROPIC, AnthropicMessages.path, size)
    if "body" not in first:
        raise SetupError(
            f"{path}: its first line is of no batch: OpenAI's have custom_id, method, url and body, "
            "Anthropic's custom_id and params"
        )
    if first.get("url") not in ENDPOINTS:
        raise SetupError(f"{path}: the url of its first line must be one of {', '.join(ENDPOINTS)}")
    return BatchInput(path, BatchKind.OPENAI, first["url"], size)


def message_batch_body(given: BatchInput, told: Callable[[int], None]) -> Iterator[bytes]:
    """The body that makes an Anthropic batch of a file's lines, in pieces; `told` gets the bytes of each.

    Raises:
        SetupError: a line is no JSON object.
    """
    held = bytearray(b'{"requests":[')
    separator = b""
    with given.path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(MAX_LINE + 1), b""), 1):
            told(len(line))
            if not line.strip():
                continue
            if len(line) > MAX_LINE:
                raise SetupError(f"{given.path}: line {number} has more than {MAX_LINE} bytes")
            try:
                decode_json(line)
            except BadRequestError as error:
                raise SetupError(f"{given.path}: line {number} cannot be read: {error.message}") from error
            held += separator + line.strip()
            separator = b","
            if len(held) >= PIECE:
                yield bytes(held)
                held.clear()
    yield bytes(held) + b"]}"
