"""A chat as a job: what is stored at admission, and the words all rooms use for it."""

from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from proto.conversation import Conversation

CHAT_TASK = "warp2api.chat"
REFILL_TASK = "warp2api.refill"


class Lane(StrEnum):
    """Which queue a job waits in; the value is the Celery queue's name."""

    INTERACTIVE = "interactive"
    BATCH = "batch"


CONTROL_QUEUE = "control"


class Status(StrEnum):
    """Where a job stands. The last three are terminal."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


TERMINAL_STATUSES = (Status.FINISHED, Status.FAILED, Status.CANCELLED)


class ReplyHeader(msgspec.Struct, frozen=True):
    """All that an encoder knows besides the log; written at admission and kept as long as the log.

    `id_seed` is the job id, from which every id of the answer derives. `created` is in Unix seconds.
    `input_tokens` is our estimate. `extra` belongs to the dialect (echoed fields, tool-name map).
    """

    dialect: str
    model: str
    id_seed: str
    created: int
    stream: bool = False
    include_usage: bool = False
    input_tokens: int = 0
    ignored: list[str] = []
    extra: dict[str, Any] = {}


class Origin(msgspec.Struct, frozen=True):
    """Where a job comes from, for the logs and traces of those who run it.

    `request_id` is that of the request which made it; `trace` the W3C headers (`traceparent`, `tracestate`) of the
    trace it is part of. Both are empty when there is none.
    """

    request_id: str = ""
    trace: dict[str, str] = {}


NO_ORIGIN = Origin()


class ChatJob(msgspec.Struct, frozen=True):
    """The payload a worker needs; deleted with the terminal event.

    `deadline` is in Unix milliseconds, 0 for none; `input_tokens` is the estimate also in the reply header; `keep_for`
    names the client for which the answer is kept as one that a later request may go on from, empty for none.
    """

    id: str
    conversation: Conversation
    lane: Lane = Lane.INTERACTIVE
    deadline: int = 0
    input_tokens: int = 0
    keep_for: str = ""
    origin: Origin = NO_ORIGIN


class ChatMessage(NamedTuple):
    """What the broker carries for a chat; `attempt` is the number its next claim will get."""

    job_id: str
    lane: Lane
    attempt: int = 1


_encoder = msgspec.msgpack.Encoder()
_job_decoder = msgspec.msgpack.Decoder(ChatJob)
_header_decoder = msgspec.msgpack.Decoder(ReplyHeader)


def encode(record: ChatJob | ReplyHeader) -> bytes:
    """The stored form of either record."""
    return _encoder.encode(record)


def decode_job(data: bytes) -> ChatJob:
    """Raises:
    msgspec.ValidationError: the bytes are not a job of this or the previous release.
    """
    return _job_decoder.decode(data)


def decode_header(data: bytes) -> ReplyHeader:
    """Raises:
    msgspec.ValidationError: the bytes are not a reply header of this or the previous release.
    """
    return _header_decoder.decode(data)
