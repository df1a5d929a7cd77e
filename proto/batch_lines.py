"""The lines of a batch: what a line of its input asks for, and how its outcome reads (`docs/batches.md`)."""

import hashlib
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import orjson

from proto.batches import BatchKind, BatchSpec, BatchStatus, Taken
from proto.dialects.base import Dialect, ParsedRequest
from proto.errors import BadRequestError, GatewayError
from proto.events import Event, Failed
from proto.jobs import ReplyHeader
from proto.json_body import decode_json

#: Characters of a `custom_id`.
MAX_CUSTOM_ID: Final = 512
#: Bytes of the file of a batch of OpenAI's API.
MAX_FILE: Final = 200 * 1024 * 1024
#: Bytes of one line.
MAX_LINE: Final = 8 * 1024 * 1024

#: What OpenAI says of a request that was not run, and Anthropic's word for it.
_UNRUN: Final = {
    BatchStatus.EXPIRED: ("batch_expired", "This request was not run before the batch expired.", "expired"),
    BatchStatus.CANCELLED: ("batch_cancelled", "This request was not run: the batch was cancelled.", "canceled"),
    BatchStatus.FAILED: ("batch_failed", "This request was not run: the batch's input was deleted.", "canceled"),
}


class BadLineError(BadRequestError):
    """A line that asks for nothing that could be run; `reason` is the code in the batch's list of errors."""

    def __init__(self, reason: str, message: str, *, param: str | None = None) -> None:
        super().__init__(message, param=param)
        self.reason = reason


class LineRequest(NamedTuple):
    """What a line asks for: a request's body, not looked into yet."""

    custom_id: str
    body: Any


def job_id_of(batch_id: str, line: int, run: int) -> str:
    """The id of a line's job: the same for the same run, whoever makes it and however often."""
    return hashlib.sha256(f"{batch_id}:{line}:{run}".encode()).hexdigest()[:24]


def read_line(spec: BatchSpec, raw: bytes) -> LineRequest:
    """Read a line of a batch's input.

    Raises:
        BadLineError: with the field at fault in `param`, if it is one field's.
    """
    try:
        line = decode_json(raw)
    except BadRequestError as error:
        raise BadLineError("invalid_json_line", f"This line cannot be read: {error.message}") from error
    custom_id = line.get("custom_id")
    if not isinstance(custom_id, str) or not custom_id:
        raise BadLineError("invalid_custom_id", "custom_id must be a text that is not empty.", param="custom_id")
    if len(custom_id) > MAX_CUSTOM_ID:
        message = f"custom_id may have {MAX_CUSTOM_ID} characters."
        raise BadLineError("invalid_custom_id", message, param="custom_id")
    if spec.kind is BatchKind.ANTHROPIC:
        return LineRequest(custom_id, line.get("params"))
    if line.get("method") != "POST":
        raise BadLineError("invalid_method", "method must be POST.", param="method")
    if line.get("url") != spec.endpoint:
        raise BadLineError("invalid_url", f"url must be the batch's endpoint, {spec.endpoint}.", param="url")
    return LineRequest(custom_id, line.get("body"))


def understand(dialect: Dialect, body: Any, resolve_model: Callable[[str], str]) -> ParsedRequest:
    """Understand the request of a line.

    Raises:
        BadRequestError: with the field at fault in `param`.
    """
    parsed = dialect.parse(body, resolve_model)
    if parsed.stream:
        raise BadRequestError("stream must be off in a batch.", param="stream")
    return parsed


def answer_line(spec: BatchSpec, dialect: Dialect, taken: Taken, header: ReplyHeader, events: list[Event]) -> bytes:
    """The result of a line whose job's log ends in `Finished`."""
    body = dialect.whole(header, events)
    if spec.kind is BatchKind.ANTHROPIC:
        return _anthropic(taken, {"type": "succeeded", "message": body})
    return _openai(spec, taken, {"status_code": 200, "request_id": request_id_of(taken), "body": body}, None)


def failure_line(spec: BatchSpec, dialect: Dialect, taken: Taken, error: GatewayError | Failed) -> bytes:
    """The result of a line that was run and failed, or that cannot be run."""
    reply = dialect.error(error, request_id_of(taken))
    if spec.kind is BatchKind.ANTHROPIC:
        return _anthropic(taken, {"type": "errored", "error": reply.body})
    response = {"status_code": reply.status, "request_id": request_id_of(taken), "body": reply.body}
    return _openai(spec, taken, response, None)


def unrun_line(spec: BatchSpec, taken: Taken, why: BatchStatus) -> bytes:
    """The result of a line that was not run, because the batch expired, was cancelled or failed."""
    code, message, word = _UNRUN[why]
    if spec.kind is BatchKind.ANTHROPIC:
        return _anthropic(taken, {"type": word})
    return _openai(spec, taken, None, {"code": code, "message": message})


def request_id_of(taken: Taken) -> str:
    """The request id in a line's result, and in the log lines of those who ran it."""
    return f"req_{taken.job}"


def _openai(spec: BatchSpec, taken: Taken, response: dict[str, Any] | None, error: dict[str, str] | None) -> bytes:
    line = {
        "id": f"batch_req_{job_id_of(spec.id, taken.line, 0)}",
        "custom_id": taken.custom_id,
        "response": response,
        "error": error,
    }
    return orjson.dumps(line) + b"\n"


def _anthropic(taken: Taken, result: dict[str, Any]) -> bytes:
    return orjson.dumps({"custom_id": taken.custom_id, "result": result}) + b"\n"
