"""httpx's own HTTP/2, the slower of the two stacks (`workers/transport.py`).

httpcore never sends RST_STREAM, so the only way to end one of its streams is to close its connection, and what exceeds
the server's stream limit waits. Hence a connection for each open stream.
"""

import ssl
import urllib.request
from collections.abc import AsyncIterator
from typing import Final

import httpx

#: Connections kept for the next stream.
MAX_IDLE: Final = 16


class HttpxTransport(httpx.AsyncBaseTransport):
    """httpx's own HTTP/2 to one server, a connection to each open stream: one closed early takes its connection along.

    Args:
        ssl_context: what to trust.
    """

    def __init__(self, ssl_context: ssl.SSLContext) -> None:
        self._ssl_context = ssl_context
        self._idle: list[httpx.AsyncHTTPTransport] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; returns when the response's headers are there."""
        connection = self._idle.pop() if self._idle else self._connection(request.url)
        try:
            response = await connection.handle_async_request(request)
        except BaseException:
            await connection.aclose()
            raise
        response.stream = _HttpxBody(response.stream, connection, self._idle)
        return response

    async def aclose(self) -> None:
        """Close the connections that carry no stream; the others close with theirs."""
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.aclose()

    def _connection(self, url: httpx.URL) -> httpx.AsyncHTTPTransport:
        return httpx.AsyncHTTPTransport(
            verify=self._ssl_context,
            http2=True,
            proxy=_environment_proxy(url),
        )


class _HttpxBody(httpx.AsyncByteStream):
    """The body of one response; its connection may be used again once it was read to its end."""

    def __init__(
        self,
        body: httpx.SyncByteStream | httpx.AsyncByteStream,
        connection: httpx.AsyncHTTPTransport,
        idle: list[httpx.AsyncHTTPTransport],
    ) -> None:
        assert isinstance(body, httpx.AsyncByteStream)  # noqa: S101 - an async transport's
        self._body = body
        self._chunks = aiter(body)
        self._connection = connection
        self._idle = idle
        self._ended = False
        self._closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._chunks)
        except StopAsyncIteration:
            self._ended = True
            raise

    async def aclose(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            await self._body.aclose()
        finally:
            if self._ended and len(self._idle) < MAX_IDLE:
                self._idle.append(self._connection)
            else:
                await self._connection.aclose()


def _environment_proxy(url: httpx.URL) -> str | None:
    """The proxy the environment names for a URL, by the same variables as httpx and pyreqwest read."""
    if urllib.request.proxy_bypass(url.host):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"
