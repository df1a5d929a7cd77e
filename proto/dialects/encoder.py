"""What every dialect's answers share: the sorting of events, why an answer ended, ids, and errors."""

import hashlib
import math
from abc import ABC, abstractmethod
from typing import assert_never

from proto.conversation import CALL_ID
from proto.dialects.common import arguments_text
from proto.errors import ERROR_TABLE, ErrorCode, ErrorRow, GatewayError
from proto.events import (
    Event,
    Failed,
    Finished,
    FinishReason,
    Reasoning,
    Restarted,
    Revised,
    Started,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)
from proto.jobs import ReplyHeader


class Encoder(ABC):
    """A `StreamEncoder` but for the frames themselves: knows which events show, the usage, and the open calls.

    What a stream has sent cannot be taken back, so `Restarted` and `Revised` give no frames; what stands before the
    former has shown nothing, and is forgotten. Nor does `ToolResult` give any, though the call it answers is no longer
    open when the answer ends.
    """

    def __init__(self, header: ReplyHeader) -> None:
        self.header = header
        self.usage: Usage | None = None
        self._open_calls: set[str] = set()

    def feed(self, event: Event) -> list[bytes]:
        match event:
            case Text():
                return self.text(event.text) if event.text else []
            case Reasoning():
                return self.reasoning(event.text) if event.text else []
            case ToolCall():
                self._open_calls.add(event.id)
                return self.tool_call(event)
            case Usage():
                self.usage = event
                return []
            case ToolResult():
                self._open_calls.discard(event.call_id)
                return []
            case Restarted():
                self.usage = None
                self._open_calls.clear()
                return []
            case Started() | Revised():
                return []
            case Finished():
                return self.finished(finish_reason(event, open_calls=bool(self._open_calls)), event)
            case Failed():
                return self.failed(event)
            case _:
                assert_never(event)

    @abstractmethod
    def text(self, text: str) -> list[bytes]: ...

    @abstractmethod
    def reasoning(self, text: str) -> list[bytes]: ...

    @abstractmethod
    def tool_call(self, call: ToolCall) -> list[bytes]: ...

    @abstractmethod
    def finished(self, reason: FinishReason, finished: Finished) -> list[bytes]: ...

    @abstractmethod
    def failed(self, failed: Failed) -> list[bytes]: ...


def finish_reason(finished: Finished | None, *, open_calls: bool) -> FinishReason:
    """Why the answer ended, as a client must see it: open calls wait for it, whatever the upstream said."""
    reason = finished.reason if finished else FinishReason.STOP
    if reason is FinishReason.LENGTH:
        return reason
    if open_calls:
        return FinishReason.TOOL_CALLS
    return FinishReason.STOP if reason is FinishReason.TOOL_CALLS else reason


def client_call_id(id_seed: str, call_id: str) -> str:
    """The id a client sees for the upstream's `call_id`: the same one when clients can take it."""
    if CALL_ID.fullmatch(call_id):
        return call_id
    return "call_" + digest(id_seed, call_id)[:24]


def call_arguments(call: ToolCall) -> str:
    """A call's arguments as every dialect tells them: the text of one JSON object, empty for what is none."""
    return arguments_text(call.arguments, "arguments")


def digest(*words: str) -> str:
    """Hexadecimal digits that follow from `words` alone."""
    return hashlib.blake2s("\0".join(words).encode()).hexdigest()


def error_row(error: GatewayError | Failed) -> ErrorRow:
    return ERROR_TABLE[error.code]


def retry_headers(error: GatewayError | Failed) -> dict[str, str]:
    """`Retry-After` in whole seconds, never sooner than asked. Credits that are spent do not come back by trying again,
    which SDKs would do after any 429.
    """
    headers = {} if error.retry_after is None else {"Retry-After": str(max(0, math.ceil(error.retry_after)))}
    if error.code is ErrorCode.QUOTA:
        headers["x-should-retry"] = "false"
    return headers
