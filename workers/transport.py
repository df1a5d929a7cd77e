"""The HTTP stacks that can carry upstream streams, both behind httpx's client API.

What is asked of either: chunks are handed on as they arrive, closing a stream early tells the upstream at once (or it
would go on generating, and charging), and no stream waits for another one. Neither library does that by itself:

* pyreqwest fills a buffer before it hands anything on, keeps one HTTP/2 connection per client and queues what exceeds
  the server's stream limit, lets a few unread streams use up the connection's window, loses a cancellation that comes
  together with a chunk, and cannot abort a request that waits for its response headers, whatever is cancelled, dropped
  or closed: only the headers or its own read timeout reset such a stream (`docs/reliability.md` has the measurements).
* httpx: see `workers/httpx_transport.py`.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Final, NamedTuple

import httpx
from pyreqwest import exceptions
from pyreqwest.bytes import Bytes
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.request import StreamRequest
from pyreqwest.response import Response

from workers.httpx_transport import HttpxTransport
from workers.settings import UpstreamSettings

#: Seconds between HTTP/2 pings while streams are open, and for the answer (`docs/protocol.md` 1.4).
PING_INTERVAL: Final = 60.0
PING_TIMEOUT: Final = 15.0
#: Bytes one stream may have unread. The connection's window holds that for all its streams, so that one which nobody
#: reads (its job waits for the store) cannot hold up its neighbours.
STREAM_WINDOW: Final = 128 * 1024
#: The largest window HTTP/2 knows.
MAX_WINDOW: Final = 2**31 - 1

#: httpx's headers that belong to the connection, or that pyreqwest derives from the URL and the body.
_NOT_FORWARDED: Final = frozenset(
    {b"connection", b"host", b"content-length", b"transfer-encoding", b"keep-alive", b"proxy-connection", b"upgrade"}
)
#: Where hyper says that no connection was made; pyreqwest calls much else a connect error as well.
_NOT_CONNECTED: Final = "client error (Connect)"


def build_client(settings: UpstreamSettings, *, ca_file: Path | None = None) -> httpx.AsyncClient:
    """The worker's one client towards the upstream: no cookies, no redirects, no compression.

    Args:
        settings: chooses the stack.
        ca_file: certificates to trust besides the system's; `SSL_CERT_FILE` and the proxy variables count as well.
    """
    transport: httpx.AsyncBaseTransport
    if settings.warp_transport == "pyreqwest":
        transport = PyreqwestTransport(streams_per_connection=settings.streams_per_connection, ca_file=ca_file)
    else:
        ssl_context = httpx.create_ssl_context()
        if ca_file:
            ssl_context.load_verify_locations(cafile=ca_file)
        transport = HttpxTransport(ssl_context)
    return httpx.AsyncClient(
        transport=transport,
        timeout=httpx.Timeout(None, connect=settings.upstream_connect_timeout, read=settings.upstream_idle_timeout),
        headers={"accept-encoding": "identity"},
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
    )


class _Timeouts(NamedTuple):
    """Seconds, as pyreqwest wants them: fixed when a client is built."""

    connect: float | None
    read: float | None


@dataclass(eq=False)
class _Lane:
    """One pyreqwest client, which is one HTTP/2 connection, and how many streams it carries."""

    client: Client
    timeouts: _Timeouts
    open: int = 0


class PyreqwestTransport(httpx.AsyncBaseTransport):
    """Streams over as many HTTP/2 connections as they need; HTTP/1.1 to servers that do not speak HTTP/2.

    The read timeout is an idle timeout: it bounds the wait for the response's headers (connecting included) and then
    for each chunk. httpx's write and pool timeouts have no meaning here.

    Args:
        streams_per_connection: open streams at which another connection is made.
        ca_file: PEM file of certificates to trust besides the system's.
        prior_knowledge: speak HTTP/2 without asking, also over plain TCP.
    """

    def __init__(
        self,
        *,
        streams_per_connection: int = 100,
        ca_file: Path | None = None,
        prior_knowledge: bool = False,
    ) -> None:
        self._limit = streams_per_connection
        self._certificates = _read_pem(ca_file) if ca_file else None
        self._prior_knowledge = prior_knowledge
        self._lanes: list[_Lane] = []
        self._abandoned: set[asyncio.Future[None]] = set()

    @property
    def connections(self) -> int:
        """How many connections take new streams."""
        return len(self._lanes)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; returns when the response's headers are there."""
        content = await request.aread()
        timeout = request.extensions.get("timeout", {})
        lane = self._acquire(_Timeouts(timeout.get("connect"), timeout.get("read")))
        try:
            sending = (
                lane.client.request(request.method, str(request.url))
                .headers(_forwarded(request.headers.raw))
                .body_bytes(content)
                .streamed_read_buffer_limit(0)
                .build_streamed()
            )
            answering = asyncio.ensure_future(_answer(sending))
            response = await asyncio.shield(answering)
        except asyncio.CancelledError:
            self._abandon(answering, sending, lane)
            raise
        except exceptions.PyreqwestError as error:
            self._release(lane)
            raise _translated(error, request, answered=False) from error
        except BaseException:
            self._release(lane)
            raise
        return httpx.Response(
            response.status,
            headers=list(response.headers.items()),
            stream=_PyreqwestBody(response, sending, request, self, lane),
            extensions={"http_version": response.version.removesuffix(".0").encode("ascii")},
        )

    async def aclose(self) -> None:
        """Close the connections that carry no stream; the others close with their last one."""
        self._lanes.clear()
        for abandoned in self._abandoned:
            abandoned.cancel()
        await asyncio.gather(*self._abandoned, return_exceptions=True)

    def _acquire(self, timeouts: _Timeouts) -> _Lane:
        lane = min(
            (lane for lane in self._lanes if lane.timeouts == timeouts), key=lambda lane: lane.open, default=None
        )
        if lane is None or lane.open >= self._limit:
            self._lanes = [other for other in self._lanes if other.open or other.timeouts == timeouts]
            lane = _Lane(self._build_client(timeouts), timeouts)
            self._lanes.append(lane)
        lane.open += 1
        return lane

    def _release(self, lane: _Lane) -> None:
        """Give a stream's place back, and retire a connection when the others would be half full without it.

        Streams spread evenly, so no connection falls idle by itself: the retired one takes no new streams, and
        closes with its last one, when nothing refers to its client any more.
        """
        lane.open -= 1
        lanes = [other for other in self._lanes if other.timeouts == lane.timeouts]
        if len(lanes) > 1 and 2 * sum(other.open for other in lanes) <= (len(lanes) - 1) * self._limit:
            self._lanes.remove(min(lanes, key=lambda other: other.open))

    def _abandon(self, answering: asyncio.Future[Response], sending: StreamRequest, lane: _Lane) -> None:
        """Nobody waits for these headers any more: reset the stream when they come, and count it as open until then."""

        async def reset() -> None:
            try:
                await answering
                await sending.__aexit__(None, None, None)
            except exceptions.PyreqwestError:
                pass  # it ended by itself
            finally:
                self._release(lane)

        task = asyncio.ensure_future(reset())
        self._abandoned.add(task)
        task.add_done_callback(self._abandoned.discard)

    def _build_client(self, timeouts: _Timeouts) -> Client:
        builder = (
            ClientBuilder()
            .http2(True)
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(min(STREAM_WINDOW * self._limit, MAX_WINDOW))
            .http2_keep_alive_interval(timedelta(seconds=PING_INTERVAL))
            .http2_keep_alive_timeout(timedelta(seconds=PING_TIMEOUT))
            .follow_redirects(False)
            .referer(False)
            .gzip(False)
            .brotli(False)
            .zstd(False)
            .deflate(False)
        )
        if self._prior_knowledge:
            builder = builder.http2_prior_knowledge()
        if self._certificates:
            builder = builder.add_root_certificate_pem(self._certificates)
        if timeouts.connect is not None:
            builder = builder.connect_timeout(timedelta(seconds=timeouts.connect))
        if timeouts.read is not None:
            builder = builder.read_timeout(timedelta(seconds=timeouts.read))
        return builder.build()


class _PyreqwestBody(httpx.AsyncByteStream):
    """The body of one response; closing it resets the stream unless it had ended."""

    def __init__(
        self,
        response: Response,
        sending: StreamRequest,
        request: httpx.Request,
        transport: PyreqwestTransport,
        lane: _Lane,
    ) -> None:
        self._read_chunk = response.body_reader.read_chunk
        self._sending = sending
        self._request = request
        self._transport = transport
        self._lane: _Lane | None = lane

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._lane is None:
            raise httpx.StreamClosed
        try:
            chunk = await unless_cancelled(self._read_chunk)
        except exceptions.PyreqwestError as error:
            raise _translated(error, self._request, answered=True) from error
        if chunk is None:
            raise StopAsyncIteration
        return chunk.to_bytes()

    async def aclose(self) -> None:
        lane, self._lane = self._lane, None
        if lane is None:
            return
        try:
            await self._sending.__aexit__(None, None, None)
        finally:
            self._transport._release(lane)


async def _answer(sending: StreamRequest) -> Response:
    return await sending.__aenter__()


async def unless_cancelled(read_chunk: Callable[[], Awaitable[Bytes | None]]) -> Bytes | None:
    """Await pyreqwest's reader, which returns what has just arrived even when it was cancelled meanwhile.

    Raises:
        asyncio.CancelledError: this task was cancelled while it waited, whatever the reader made of it.
    """
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  # asyncio runs coroutines in tasks
    cancelled = task.cancelling()
    try:
        chunk = await read_chunk()
    except exceptions.PyreqwestError as error:
        if task.cancelling() > cancelled:
            raise asyncio.CancelledError from error
        raise
    if task.cancelling() > cancelled:
        raise asyncio.CancelledError
    return chunk


def _forwarded(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in headers
        if name.lower() not in _NOT_FORWARDED
    ]


def _translated(error: exceptions.PyreqwestError, request: httpx.Request, *, answered: bool) -> httpx.TransportError:
    """The httpx exception for one of pyreqwest's, whose classes say little: its causes tell what happened."""
    causes = _causes(error)
    connecting = not answered and _NOT_CONNECTED in causes
    message = ": ".join([error.message, *causes[-1:]])
    kind: type[httpx.TransportError]
    if isinstance(error, exceptions.PoolTimeoutError):
        kind = httpx.PoolTimeout
    elif isinstance(error, exceptions.RequestTimeoutError):
        kind = httpx.ConnectTimeout if connecting else httpx.ReadTimeout
    elif connecting:
        kind = httpx.ConnectError
    elif isinstance(error, exceptions.DecodeError):
        kind = httpx.RemoteProtocolError
    elif isinstance(error, exceptions.BuilderError):
        kind = httpx.LocalProtocolError
    elif isinstance(error, exceptions.WriteError):
        kind = httpx.WriteError
    else:
        kind = httpx.ReadError
    return kind(message, request=request)


def _causes(error: exceptions.PyreqwestError) -> list[str]:
    if not isinstance(error, exceptions.DetailedPyreqwestError):
        return []
    return [cause["message"] for cause in error.details["causes"] or []]


def _read_pem(path: Path) -> bytes:
    """The certificates in a file.

    Raises:
        ssl.SSLError: there is none; pyreqwest would take that without a word.
        OSError: the file cannot be read.
    """
    ssl.create_default_context().load_verify_locations(cafile=path)
    return path.read_bytes()
