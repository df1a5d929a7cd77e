"""`batch validate`: a file of requests looked through as the gateway would, line by line, without one."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import msgspec

from cli.batch_input import BatchInput, read_input
from cli.batch_view import error_text
from cli.problems import SetupError
from proto.batch_intake import MAX_BODY, MAX_REQUESTS, check_request
from proto.batch_lines import MAX_FILE, MAX_LINE, understand
from proto.batches import BatchKind, BatchSpec, LineError
from proto.dialects import dialect_at
from proto.dialects.base import Vendor
from proto.dialects.encoder import error_row
from proto.errors import BadRequestError
from proto.json_body import decode_json
from proto.models import ModelCatalogue
from store.settings import CatalogueSettings
from workers.batches.input import RawLine, split_lines
from workers.batches.validate import MAX_ERRORS, Findings, Validator

#: Bytes that are read at once.
PIECE: Final = 1024 * 1024


def check_batch(source: Path, *, as_json: bool) -> int:
    """Print what is wrong with a file of requests; the exit code: 1 if something is.

    Models are judged as on this machine, by `MODELS` and `MODEL_ALIASES`.

    Raises:
        SetupError: it cannot be read, or is of no batch.
    """
    given = read_input(source)
    findings = asyncio.run(look_through(given))
    if as_json:
        for error in findings.errors:
            print(msgspec.json.encode(error).decode())
    else:
        for error in findings.errors:
            print(error_text(error.code, error.message, error.param, error.line))
        if len(findings.errors) >= MAX_ERRORS:
            print(f"warp2api: what follows the first {MAX_ERRORS} errors was not looked at", file=sys.stderr)
        elif not findings.errors:
            print(f"nothing is wrong; requests for {given.endpoint}: {findings.total}")
    return 1 if findings.errors else 0


async def look_through(given: BatchInput) -> Findings:
    """How many requests a file holds, and what is wrong with them.

    Raises:
        SetupError: it cannot be read.
    """
    settings = CatalogueSettings()
    catalogue = ModelCatalogue(settings.models, settings.model_aliases)
    if given.kind is BatchKind.ANTHROPIC:
        return await _look_through_messages(given, catalogue)
    spec = BatchSpec("", "", given.kind, given.endpoint, "", given.bytes, 0, 0)
    validator = Validator(spec, catalogue.resolve)
    if given.bytes > MAX_FILE:
        validator.errors.append(LineError("file_too_large", f"A file of requests may have {MAX_FILE} bytes."))
    async for line in split_lines(_pieces(given.path)):
        validator.look_at([line])
        if validator.done:
            break
    return Findings(validator.total, validator.errors)


async def _look_through_messages(given: BatchInput, catalogue: ModelCatalogue) -> Findings:
    errors: list[LineError] = []
    if given.bytes > MAX_BODY:
        errors.append(LineError("request_too_large", f"A batch may have {MAX_BODY} bytes."))
    seen: set[str] = set()
    total = 0
    async for line in split_lines(_pieces(given.path)):
        total += 1
        if total > MAX_REQUESTS:
            errors.append(LineError("too_many_requests", f"A batch may have {MAX_REQUESTS} requests.", line=line.line))
            break
        try:
            _check_message(line, seen, catalogue)
        except BadRequestError as error:
            errors.append(LineError(error_row(error).anthropic_type, error.message, error.param, line.line))
        if len(errors) >= MAX_ERRORS:
            break
    return Findings(total, errors)


def _check_message(line: RawLine, seen: set[str], catalogue: ModelCatalogue) -> None:
    """Raises:
    BadRequestError: with the field at fault.
    """
    if line.raw is None:
        raise BadRequestError(f"A line may have {MAX_LINE} bytes.")
    _, params = check_request(decode_json(line.raw), seen)
    try:
        understand(dialect_at("/v1/messages", Vendor.ANTHROPIC), params, catalogue.resolve)
    except BadRequestError as error:
        param = f"params.{error.param}" if error.param else "params"
        raise BadRequestError(error.message, param=param, code=error.code) from error


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece
    except OSError as error:
        raise SetupError(f"{path}: {error.strerror or error}") from error
