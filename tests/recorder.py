"""A proxy between a client and the gateway that keeps what went by: who asked what, when, and how it was answered."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

#: Seconds for what is waited for to happen: a client's program may take ten to start.
PATIENCE: Final = 60.0
#: Headers that belong to one connection, not to the message.
_HOP: Final = frozenset({"connection", "host", "keep-alive", "transfer-encoding", "upgrade"})
_HOP_RAW: Final = frozenset(name.encode() for name in _HOP)
_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "DELETE"]


@dataclass
class Exchange:
    """One request, and how it was answered; status None until then. `at` is in seconds of the monotonic clock."""

    at: float
    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes
    status: int | None = None
    answer_headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The client key it came with, in whichever header."""
        headers = dict(self.headers)
        return headers.get("x-api-key") or headers.get("authorization", "").partition(" ")[2]

    @property
    def json(self) -> Any:
        """Its body, decoded."""
        return json.loads(self.body)


@dataclass
class Recorder:
    """Everything that went by, oldest first."""

    url: str
    target: str
    exchanges: list[Exchange] = field(default_factory=list)
    _answered: threading.Condition = field(default_factory=threading.Condition)

    def of(self, key: str) -> list[Exchange]:
        """The chats asked with a key: its POST requests."""
        return [each for each in self.exchanges if each.key == key and each.method == "POST"]

    def answered(self, exchange: Exchange, answer: httpx.Response) -> None:
        """The headers of an answer have come."""
        with self._answered:
            exchange.status, exchange.answer_headers = answer.status_code, answer.headers
            self._answered.notify_all()

    def wait_for(self, key: str, status: int) -> None:
        """Return once a chat of this key was answered so.

        Raises:
            TimeoutError: none was.
        """
        with self._answered:
            if not self._answered.wait_for(lambda: any(each.status == status for each in self.of(key)), PATIENCE):
                raise TimeoutError(f"no chat of {key} was answered {status}")


@contextmanager
def run_recorder(target: str) -> Iterator[Recorder]:
    """Record what goes to `target`, on a port of its own, until the block ends."""
    recorder = Recorder("", target)
    config = uvicorn.Config(_forwarder(recorder), port=0, log_level="error", lifespan="on", timeout_graceful_shutdown=1)
    listener = config.bind_socket()
    recorder.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), name="recorder")
    thread.start()
    try:
        yield recorder
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listener.close()


def _forwarder(recorder: Recorder) -> Starlette:
    # A client of its own for each request: a broken one then spoils no other.
    async def forward(request: Request) -> Response:
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        headers = [(key, value) for key, value in request.headers.items() if key not in _HOP]
        exchange = Exchange(time.monotonic(), request.method, path, request.headers.items(), await request.body())
        recorder.exchanges.append(exchange)
        client = httpx.AsyncClient(base_url=recorder.target, timeout=None, trust_env=False)
        outgoing = client.build_request(request.method, path, headers=headers, content=exchange.body)
        answer = await client.send(outgoing, stream=True)
        recorder.answered(exchange, answer)
        reply = StreamingResponse(_passed_on(client, answer), answer.status_code)
        reply.raw_headers = [(key.lower(), value) for key, value in answer.headers.raw if key.lower() not in _HOP_RAW]
        return reply

    return Starlette(routes=[Route("/{path:path}", forward, methods=_METHODS)])


async def _passed_on(client: httpx.AsyncClient, answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()
        await client.aclose()
