"""What log and trace tell of each answered request: what was asked for and how it went, nothing of what was said."""

import time
from typing import Any, Final

import structlog
from starlette.types import Message, Scope

from proto.jobs import ReplyHeader
from store import tracing
from store.tracing import Kind, Span

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
        self._job_id: str | None = None
        self._span = _span_of(scope) if tracing.on() else None
        #: The headers by which its job belongs to the request's trace; empty without one.
        self.trace: dict[str, str] = self._span.trace if self._span else {}
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
        self._job_id = header.id_seed

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
        if self._span is not None:
            self._end(self._span)

    def _end(self, span: Span) -> None:
        if self.route is not None:
            span.name(f"{self._scope['method']} {self.route}")
        span.set(
            {
                "http.route": self.route,
                "http.response.status_code": self.status,
                "http.response.body.size": self._bytes,
                "gen_ai.request.model": self._chat.get("model"),
                "warp2api.dialect": self._chat.get("dialect"),
                "warp2api.stream": self._chat.get("stream"),
                "warp2api.job.id": self._job_id,
                "warp2api.complete": self._complete,
            }
        )
        if self._first_byte is not None:
            span.event("first_byte", tracing.now() - time.monotonic() + self._first_byte)
        span.end(error=str(self.status) if self.status >= 500 else None)


def _span_of(scope: Scope) -> Span | None:
    """The request's span, in its client's trace if there is one."""
    if scope["path"] in POLLED:
        return None
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    parent = {name: headers[name] for name in tracing.HEADERS if name in headers}
    return tracing.begin(scope["method"], parent, Kind.SERVER, attributes={"http.request.method": scope["method"]})
