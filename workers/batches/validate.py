"""Looking through a batch's input before anything of it runs: all that is wrong with it is told at once."""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Final, NamedTuple

import structlog

from proto.batch_lines import MAX_LINE, BadLineError, read_line, understand
from proto.batches import BatchSpec, LineError
from proto.dialects import dialect_at
from proto.dialects.base import Vendor
from proto.dialects.encoder import error_row
from proto.errors import BadRequestError
from store.files import Files
from workers.batches.input import ENOUGH, RawLine, read_on, split_lines

log = structlog.get_logger()

#: Requests of one batch.
MAX_REQUESTS: Final = 50_000
#: Lines that are looked at at once: short ones take more memory than their bytes.
ENOUGH_LINES: Final = 1_000
#: Errors that are told; what comes after them is not looked at.
MAX_ERRORS: Final = 100


class Findings(NamedTuple):
    """How many requests an input holds, and what is wrong with it."""

    total: int
    errors: list[LineError]


class Validator:
    """Looks through one input, a piece at a time."""

    def __init__(self, spec: BatchSpec, resolve_model: Callable[[str], str]) -> None:
        self._spec = spec
        self._resolve = resolve_model
        self._dialect = dialect_at(spec.endpoint, Vendor.OPENAI)
        self._seen: dict[bytes, int] = {}
        self.total = 0
        self.errors: list[LineError] = []
        #: Enough is known to refuse the input.
        self.done = False

    def look_at(self, lines: list[RawLine]) -> None:
        """Look at the next lines."""
        for line in lines:
            if self.done:
                return
            self.total += 1
            if self.total > MAX_REQUESTS:
                message = f"A batch may hold {MAX_REQUESTS} requests."
                self.errors.append(LineError("too_many_requests", message, line=line.line))
                self.done = True
                return
            try:
                self._look(line)
            except BadLineError as error:
                self._tell(error.reason, error, line.line, "")
            except BadRequestError as error:
                self._tell(error_row(error).openai_code or "invalid_request", error, line.line, "body")
            except Exception:  # not the input's fault: the line fails alone once it is to run
                log.exception("batch.line_crashed", batch=self._spec.id, line=line.line)

    def _look(self, line: RawLine) -> None:
        if line.raw is None:
            raise BadLineError("line_too_long", f"A line may have {MAX_LINE} bytes.")
        request = read_line(self._spec, line.raw)
        digest = hashlib.blake2b(request.custom_id.encode(), digest_size=16).digest()
        first = self._seen.setdefault(digest, line.line)
        if first != line.line:
            message = f"custom_id is that of line {first} as well."
            raise BadLineError("duplicate_custom_id", message, param="custom_id")
        understand(self._dialect, request.body, self._resolve)

    def _tell(self, code: str, error: BadRequestError, line: int, within: str) -> None:
        param = ".".join(name for name in (within, error.param) if name)
        self.errors.append(LineError(code, error.message, param or None, line))
        self.done = len(self.errors) >= MAX_ERRORS


async def validate(files: Files, spec: BatchSpec, resolve_model: Callable[[str], str]) -> Findings:
    """Look through the input of a batch.

    Raises:
        InputGoneError: it is not there, or not all of it.
        StorageError: it cannot be read now.
    """
    validator = Validator(spec, resolve_model)
    lines: list[RawLine] = []
    size = 0
    async for line in split_lines(read_on(files, spec)):
        lines.append(line)
        size += line.length
        if size >= ENOUGH or len(lines) >= ENOUGH_LINES:
            # In a thread: the jobs of others are not to wait for it.
            await asyncio.to_thread(validator.look_at, lines)
            lines, size = [], 0
            if validator.done:
                break
    await asyncio.to_thread(validator.look_at, lines)
    if not validator.total and not validator.errors:
        validator.errors.append(LineError("empty_file", "The input file holds no requests."))
    return Findings(validator.total, validator.errors)
