"""What a dialect is, for the rooms that use one without caring which."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from proto.conversation import Conversation
from proto.errors import GatewayError
from proto.events import Event, Failed
from proto.jobs import ReplyHeader


class Vendor(StrEnum):
    """Whose SDKs speak a dialect: their habits outside the chat itself, such as headers and lists of models."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"


class ErrorReply(NamedTuple):
    """An error before the first byte: an HTTP status with a body in the dialect."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]


class ParsedRequest(NamedTuple):
    """The client's request, understood.

    `requested_model` is the name the answer echoes, `ignored` the fields that had no effect,
    `extra` what the dialect wants back in its reply header.
    """

    conversation: Conversation
    requested_model: str
    stream: bool
    include_usage: bool
    ignored: list[str]
    extra: dict[str, Any]


class StreamEncoder(Protocol):
    """Turns one job's events into SSE frames: each a whole event (`data:` lines and blank line) in bytes."""

    def opening(self) -> list[bytes]:
        """The frames that stand before any event; they follow from the reply header alone."""
        ...

    def feed(self, event: Event) -> list[bytes]:
        """The frames for one event, possibly none. After a terminal event the stream is complete."""
        ...

    def keepalive(self) -> bytes:
        """A frame that resets the clients' idle timers and changes nothing."""
        ...


class Dialect(Protocol):
    """One client API. All that is served at `path` and below it is told in the dialect."""

    name: str
    path: str
    vendor: Vendor

    def parse(self, body: Any, resolve_model: Callable[[str], str]) -> ParsedRequest:
        """Understand a decoded JSON body; `resolve_model` is the alias table.

        Raises:
            BadRequestError: with the field at fault in `param`.
        """
        ...

    def stream(self, header: ReplyHeader) -> StreamEncoder:
        """A fresh encoder for one reading of the log, from its start."""
        ...

    def whole(self, header: ReplyHeader, events: list[Event]) -> dict[str, Any]:
        """The response body of a job whose log ends in `Finished`."""
        ...

    def error(self, error: GatewayError | Failed, request_id: str) -> ErrorReply:
        """The status and body of a failure that is told before the first byte."""
        ...
