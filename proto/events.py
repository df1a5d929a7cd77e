"""What can happen in an answer: the closed union of events a job's log is made of.

Events travel as compact JSON arrays, `["text","Hello",0]`, so that a log can be read with any Redis client.
A new field goes last and has a default: a log written by the previous release must still decode.
"""

from enum import StrEnum
from typing import TypeAlias

import msgspec

from proto.errors import ErrorCode


class FinishReason(StrEnum):
    """Why an answer ended well (`docs/protocol.md` 4.7); the dialects have their own words for each."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    STOP_SEQUENCE = "stop_sequence"


class Started(msgspec.Struct, frozen=True, array_like=True, tag="started"):
    """The upstream took the request. Not output: nothing is visible to the client yet."""

    conversation_id: str = ""
    request_id: str = ""


class Text(msgspec.Struct, frozen=True, array_like=True, tag="text"):
    """A piece of the answer. `message` numbers the upstream message it belongs to, from 0."""

    text: str
    message: int = 0


class Reasoning(msgspec.Struct, frozen=True, array_like=True, tag="reasoning"):
    """A piece of visible reasoning; `message` as in `Text`, from the same counter."""

    text: str
    message: int = 0


class ToolCall(msgspec.Struct, frozen=True, array_like=True, tag="tool_call"):
    """A whole call of one of the client's tools. `arguments` is the text of one JSON object."""

    id: str
    name: str
    arguments: str


class ToolResult(msgspec.Struct, frozen=True, array_like=True, tag="tool_result"):
    """The upstream answered one of its own calls (for instance: cancelled it), so it is no longer open.

    Streams ignore it; folding takes the call out of the open ones.
    """

    call_id: str
    text: str = ""
    is_error: bool = False


class Usage(msgspec.Struct, frozen=True, array_like=True, tag="usage"):
    """Tokens of the whole answer. `input` leaves cached tokens out; `estimated` marks our own counts."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0
    credits: float = 0.0
    estimated: bool = False


class Restarted(msgspec.Struct, frozen=True, array_like=True, tag="restarted"):
    """Another attempt begins: folding forgets what stands before this entry."""

    attempt: int


class Revised(msgspec.Struct, frozen=True, array_like=True, tag="revised"):
    """The upstream rewrote or rolled back message `message`: folding replaces its text.

    What a stream has sent cannot be taken back, so streams ignore it.
    """

    message: int
    text: str


class Finished(msgspec.Struct, frozen=True, array_like=True, tag="finished"):
    """The answer is complete. Terminal."""

    reason: FinishReason
    stop_sequence: str | None = None


class Failed(msgspec.Struct, frozen=True, array_like=True, tag="failed"):
    """The job ended without a complete answer. Terminal. `retry_after` is in seconds."""

    code: ErrorCode
    message: str
    retry_after: float | None = None


Event: TypeAlias = Started | Text | Reasoning | ToolCall | ToolResult | Usage | Restarted | Revised | Finished | Failed
Output: TypeAlias = Text | Reasoning | ToolCall
Terminal: TypeAlias = Finished | Failed

OUTPUT_KINDS = (Text, Reasoning, ToolCall)
TERMINAL_KINDS = (Finished, Failed)

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(list[Event])


def encode_events(events: list[Event]) -> bytes:
    """The bytes of one log entry: all events of one flush of one job, in order."""
    return _encoder.encode(events)


def decode_events(entry: bytes) -> list[Event]:
    """Read one log entry back.

    Raises:
        msgspec.DecodeError: the bytes are not a list of events.
    """
    return _decoder.decode(entry)
