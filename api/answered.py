"""The line that the log has of each answered request: what was asked for and how it went, nothing of what was said."""

import time
from typing import Any, Final

import structlog
from starlette.types import Message, Scope

from proto.jobs import ReplyHeader

log = structlog.get_logger()

#: Routes that monitors and load balancers ask again and again; their lines are for debugging alone.
POLLED: Final = frozenset({"/", "/healthz", "/readyz", "/metrics"})
#: Characters of a model's name: it is the client's own text.
MAX_NAME: Final = 100


class Answered:
    """What is seen of one request's answer as it leaves."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._began = time.monotonic()
        self._first_byte: float | None = None
        self._bytes = 0
        self._complete = False
        self._chat: dict[str, Any] = {}
        #: The answer's HTTP status; 500 for one that never began.
        self.status = 500

    @property
    def route(self) -> str | None:
        """The route's path as it is declared, without anybody's ids; None if none served the request."""
        path: str | None = getattr(self._scope.get("route"), "path", None)
        return path

    def answers(self, header: ReplyHeader) -> None:
        """The request is answered by a job with this reply header."""
        self._chat = {"dialect": header.dialect, "model": header.model[:MAX_NAME], "stream": header.stream}

    def saw(self, message: Message) -> None:
        """Note a message of the answer that was sent."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message["type"] == "http.response.body":
            size = len(message.get("body", b""))
            if size and self._first_byte is None:
                self._first_byte = time.monotonic()
            self._bytes += size
            self._complete = not message.get("more_body", False)

    def tell(self) -> None:
        """Write the line; an answer that is not `complete` was cut, most often by its client."""
        first_byte = None if self._first_byte is None else round(self._first_byte - self._began, 3)
        (log.debug if self.route in POLLED else log.info)(
            "request.answered",
            method=self._scope["method"],
            route=self.route,
            status=self.status,
            **self._chat,
            seconds=round(time.monotonic() - self._began, 3),
            first_byte=first_byte,
            bytes=self._bytes,
            complete=self._complete,
        )
