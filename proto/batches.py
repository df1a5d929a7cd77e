"""A batch: what is fixed when it is made, and what its record tells as it runs.

A batch is its input in storage, one JSON object a line, and a record in Redis; its results are *parts* in storage,
each a piece of JSONL that is written once and never changed.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec


class BatchKind(StrEnum):
    """Which vendor's batch API made it; that decides how its lines and results look."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"


class BatchStatus(StrEnum):
    """Where a batch stands, in OpenAI's words. The last four are final."""

    VALIDATING = "validating"
    IN_PROGRESS = "in_progress"
    FINALIZING = "finalizing"
    CANCELLING = "cancelling"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


FINAL_STATUSES: Final = (BatchStatus.COMPLETED, BatchStatus.FAILED, BatchStatus.EXPIRED, BatchStatus.CANCELLED)


class BatchSpec(msgspec.Struct, frozen=True):
    """What is fixed when a batch is made.

    `endpoint` is the path its lines are for. `input_file` is the id of the uploaded file, empty where there is none;
    `input_key` and `input_bytes` are the input in storage. `created` and `expires` are in Unix milliseconds.
    `output_ttl`: seconds that the files of results are to live, None for as long as others do. `coalesce`: lines that
    ask the same and run at the same time may share one answer.
    """

    id: str
    client: str
    kind: BatchKind
    endpoint: str
    input_key: str
    input_bytes: int
    created: int
    expires: int
    input_file: str = ""
    metadata: dict[str, str] | None = None
    output_ttl: int | None = None
    coalesce: bool = False

    @property
    def output_file(self) -> str:
        """The id its file of results gets if there are any; their parts lie in the folder of that name."""
        return f"file-{self.id.rpartition('_')[2]}-output"

    @property
    def error_file(self) -> str:
        """Likewise of the lines that failed."""
        return f"file-{self.id.rpartition('_')[2]}-errors"


class Counts(NamedTuple):
    """How the requests of a batch ended so far. `total` is 0 until the input was looked through."""

    total: int = 0
    succeeded: int = 0
    errored: int = 0
    cancelled: int = 0
    expired: int = 0

    @property
    def ended(self) -> int:
        """How many have an outcome."""
        return self.succeeded + self.errored + self.cancelled + self.expired


class Part(msgspec.Struct, frozen=True):
    """A piece of results in storage: whole lines."""

    key: str
    bytes: int
    lines: int


class Refused(msgspec.Struct, frozen=True, array_like=True):
    """Why no job can be made of a line: what a `BadRequestError` says."""

    code: str
    message: str
    param: str | None = None


class Mate(msgspec.Struct, frozen=True, array_like=True):
    """A line that shares the job of another one, which asks the same."""

    line: int
    custom_id: str


class Taken(msgspec.Struct, frozen=True, array_like=True):
    """A line that was taken from the input: with a job now, or waiting to run again.

    `line` counts from 1; `offset` and `length` are its place in the input, in bytes. `run` counts its jobs from 1,
    `faults` those that failed for a reason of their own. `mates` get what becomes of it as well; `request` is a digest
    of what it asks, where lines may share.
    """

    job: str
    line: int
    offset: int
    length: int
    custom_id: str
    run: int = 1
    faults: int = 0
    refused: Refused | None = None
    mates: tuple[Mate, ...] = ()
    request: str = ""

    def each(self) -> list["Taken"]:
        """The line, and its mates as if each had the job for itself: the lines that are to have a result."""
        alone = msgspec.structs.replace(self, mates=())
        return [
            alone,
            *[msgspec.structs.replace(alone, line=mate.line, custom_id=mate.custom_id) for mate in self.mates],
        ]


class LineError(msgspec.Struct, frozen=True):
    """What is wrong with an input file. `line` counts from 1, None for the file as a whole."""

    code: str
    message: str
    param: str | None = None
    line: int | None = None


class Batch(NamedTuple):
    """A batch as its record tells it.

    `times`: when it came to each status (Unix ms), `in_progress` and so on. `line` and `offset`: how many lines of the
    input were taken, and where the next begins. `closing`: the final status that it will get instead of `completed`.
    `output_file`, `error_file`: ids of its results' files, empty where there are none (yet); `out_parts`, `err_parts`:
    how many parts each has so far.
    """

    spec: BatchSpec
    status: BatchStatus
    times: Mapping[BatchStatus, int]
    counts: Counts
    errors: list[LineError]
    line: int
    offset: int
    closing: BatchStatus | None
    output_file: str
    error_file: str
    out_parts: int = 0
    err_parts: int = 0

    @property
    def ended_at(self) -> int | None:
        """When it came to its final status (Unix ms)."""
        return self.times.get(self.status) if self.status in FINAL_STATUSES else None


_encoder = msgspec.json.Encoder()
_spec_decoder = msgspec.json.Decoder(BatchSpec)
_part_decoder = msgspec.json.Decoder(Part)
_taken_decoder = msgspec.json.Decoder(Taken)
_errors_decoder = msgspec.json.Decoder(list[LineError])


def encode_spec(spec: BatchSpec) -> bytes:
    """The stored form."""
    return _encoder.encode(spec)


def encode_part(part: Part) -> bytes:
    """The stored form."""
    return _encoder.encode(part)


def decode_part(data: bytes) -> Part:
    """Raises:
    msgspec.ValidationError: the bytes are not a part of this or the previous release.
    """
    return _part_decoder.decode(data)


def encode_taken(taken: Taken) -> bytes:
    """The stored form: a JSON array, whose first element scripts read."""
    return _encoder.encode(taken)


def decode_taken(data: bytes) -> Taken:
    """Raises:
    msgspec.ValidationError: the bytes are not a taken line of this or the previous release.
    """
    return _taken_decoder.decode(data)


def encode_errors(errors: list[LineError]) -> bytes:
    """The stored form."""
    return _encoder.encode(errors)


def new_record(spec: BatchSpec, status: BatchStatus, total: int = 0) -> dict[str, str | int | bytes]:
    """The fields of a batch's record as it is made; all later ones are written by the scripts of `store/`."""
    fields: dict[str, str | int | bytes] = {
        "spec": encode_spec(spec),
        "client": spec.client,
        "expires": spec.expires,
        "status": status,
        "total": total,
    }
    if status is not BatchStatus.VALIDATING:
        fields[f"{status}_at"] = spec.created
    return fields


def read_record(fields: Mapping[bytes, bytes]) -> Batch:
    """A batch's record, from all fields of its hash.

    Raises:
        KeyError: they are not a batch's.
        msgspec.ValidationError: nor of this or the previous release.
    """

    def number(name: str) -> int:
        return int(fields.get(name.encode(), b"0"))

    def text(name: str) -> str:
        return fields.get(name.encode(), b"").decode()

    closing = text("closing")
    return Batch(
        spec=_spec_decoder.decode(fields[b"spec"]),
        status=BatchStatus(text("status")),
        times={status: number(f"{status}_at") for status in BatchStatus if f"{status}_at".encode() in fields},
        counts=Counts(*[number(name) for name in Counts._fields]),
        errors=_errors_decoder.decode(fields.get(b"errors", b"[]")),
        line=number("line"),
        offset=number("offset"),
        closing=BatchStatus(closing) if closing else None,
        output_file=text("output_file"),
        error_file=text("error_file"),
        out_parts=number("out_parts"),
        err_parts=number("err_parts"),
    )
