"""A job's record: all that is known of it besides its log."""

from typing import Final, NamedTuple

from proto.clients import Leaving
from proto.jobs import Lane, ReplyHeader, Status, decode_header
from proto.keys import Keys
from store.connection import Call

_FIELDS: Final = (
    "status",
    "client",
    "lane",
    "header",
    "attempt",
    "seq",
    "drain",
    "keep",
    "cancel",
    "admitted",
    "enqueued",
    "claimed",
    "first",
    "ended",
    "worker",
    "code",
    "input",
    "output",
)


class Record(NamedTuple):
    """What is known of a job besides its log. Times are in Unix milliseconds, None for what has not happened.

    `enqueued`, `claimed`, `first_output` and `worker` are those of the latest attempt; `cancelling`: its worker was
    told to stop; `code` says how it ended: a finish reason or an error code. The tokens are those of the whole answer,
    None until it has ended and if nobody counted them.
    """

    status: Status
    client: str
    lane: Lane
    header: ReplyHeader
    attempts: int
    seq: int
    leaving: Leaving
    keep: bool
    cancelling: bool
    admitted: int
    enqueued: int
    claimed: int | None
    first_output: int | None
    ended: int | None
    worker: str
    code: str
    input_tokens: int | None
    output_tokens: int | None


def record_call(keys: Keys, job_id: str) -> Call:
    """The command that asks for a job's record; read its reply with `read_record`."""
    return Call(("HMGET", keys.record(job_id), *_FIELDS))


def read_record(row: list[bytes | None]) -> Record | None:
    """What the reply tells; None if there is no such job, or no longer."""
    if not row[0]:
        return None
    known = {name: value for name, value in zip(_FIELDS, row, strict=True) if value is not None}

    def number(name: str) -> int | None:
        return int(known[name]) if name in known else None

    return Record(
        status=Status(known["status"].decode()),
        client=known["client"].decode(),
        lane=Lane(known["lane"].decode()),
        header=decode_header(known["header"]),
        attempts=int(known["attempt"]),
        seq=int(known["seq"]),
        leaving=Leaving.DRAIN if known.get("drain") == b"1" else Leaving.CANCEL,
        keep=known.get("keep") == b"1",
        cancelling="cancel" in known,
        admitted=int(known["admitted"]),
        enqueued=int(known["enqueued"]),
        claimed=number("claimed"),
        first_output=number("first"),
        ended=number("ended"),
        worker=known.get("worker", b"").decode(),
        code=known.get("code", b"").decode(),
        input_tokens=number("input"),
        output_tokens=number("output"),
    )
