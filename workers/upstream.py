"""The upstream, as the worker sees it: a request's bytes in, `ResponseEvent`s out, every failure an `UpstreamError`.

    async with upstream.open(body, lease.authorization) as answer:
        async for events in answer:
            ...

Leaving the block, for whatever reason, closes the stream at once: the upstream stops generating. That is why this is
a context manager and not a generator, which would close whenever the garbage collector finds it.
"""

import asyncio
import platform
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from typing import Final

import httpx

from proto.codec import parse_response_event
from proto.errors import GatewayError
from proto.warp.response_pb2 import ResponseEvent
from workers.errors import UpstreamError, failure, protocol_error, refusal, too_large, truncated
from workers.settings import UpstreamSettings
from workers.sse import SSESplitter
from workers.tap import Exchange

PATH: Final = "/ai/multi-agent"

#: Bytes of a request's body; the upstream's edge refuses much larger ones with a page that says nothing.
MAX_BODY: Final = 8 * 1000 * 1000
#: Bytes of a refusal that are read, and seconds they may take.
MAX_REFUSAL: Final = 16 * 1024
REFUSAL_TIMEOUT: Final = 10.0
#: Seconds given to a finished stream to end by itself, so that its connection can be used again.
END_TIMEOUT: Final = 1.0


class Upstream:
    """The one endpoint.

    Args:
        client: from `build_client`; closing it is the caller's business.
        settings: where the upstream is, and what to say about ourselves.
    """

    def __init__(self, client: httpx.AsyncClient, settings: UpstreamSettings) -> None:
        self._client = client
        self._url = httpx.URL(settings.warp_base_url + PATH)
        self._headers = request_headers(settings)

    @asynccontextmanager
    async def open(self, body: bytes, authorization: str, exchange: Exchange | None = None) -> AsyncIterator["Answer"]:
        """Send a serialized `Request`; inside the block its answer can be read.

        Args:
            body: the message's bytes.
            authorization: the whole header, `Bearer ...`.
            exchange: is told what goes up and comes down, while somebody watches that.

        Raises:
            UpstreamError: the upstream cannot be reached or does not answer with a stream.
        """
        if len(body) > MAX_BODY:
            raise too_large()
        if exchange is not None and exchange.watched:
            exchange.asked(body)
        request = self._client.build_request(
            "POST", self._url, content=body, headers={**self._headers, "authorization": authorization}
        )
        try:
            response = await self._client.send(request, stream=True)
        except httpx.HTTPError as error:
            raise failure(error, answered=False) from error
        try:
            if not _is_event_stream(response):
                said = await _beginning(response)
                if exchange is not None and exchange.watched:
                    exchange.refused(response.status_code, said)
                refused = refusal(response, said, request_size=len(body), now=time.time())
                refused.status = response.status_code
                raise refused
            yield Answer(response, exchange)
        finally:
            await response.aclose()


class Answer:
    """The events of one answer, in lists of what arrived together; each list is read from the network when asked for.

    Ends after `finished`. Anything else is an `UpstreamError`, raised after the events that came before it.
    """

    def __init__(self, response: httpx.Response, exchange: Exchange | None) -> None:
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - an async client's
        self.status = response.status_code
        self._chunks = aiter(response.stream)
        self._exchange = exchange
        self._splitter = SSESplitter()
        self._finished = False
        self._error: UpstreamError | None = None

    def __aiter__(self) -> AsyncIterator[list[ResponseEvent]]:
        return self

    async def __anext__(self) -> list[ResponseEvent]:
        while self._error is None:
            if self._finished:
                await self._read_to_end()
                raise StopAsyncIteration
            try:
                chunk = await anext(self._chunks)
            except StopAsyncIteration:
                self._error = truncated()
            except httpx.HTTPError as error:
                self._error = failure(error, answered=True)
                self._error.__cause__ = error
            else:
                if events := self._parse(chunk):
                    return events
        raise self._error

    def _parse(self, chunk: bytes) -> list[ResponseEvent]:
        events: list[ResponseEvent] = []
        try:
            lines = self._splitter.feed(chunk)
            if self._exchange is not None and self._exchange.watched:
                self._exchange.heard(lines)
            for data in lines:
                event = parse_response_event(data)
                if event is not None:
                    events.append(event)
                    if event.HasField("finished"):
                        self._finished = True
                        break
        except GatewayError as error:
            self._error = protocol_error(error.message)
            self._error.__cause__ = error
        return events

    async def _read_to_end(self) -> None:
        """Take what follows the last event, which should be nothing; whatever goes wrong no longer matters."""
        with suppress(httpx.HTTPError, TimeoutError):
            async with asyncio.timeout(END_TIMEOUT):
                while await anext(self._chunks, None) is not None:
                    pass


def request_headers(settings: UpstreamSettings) -> dict[str, str]:
    """All headers but the credential (`docs/protocol.md` 1.2): what we send, what we take, and what we are."""
    headers = {
        "content-type": "application/x-protobuf",
        "accept": "text/event-stream",
        "user-agent": f"warp2api/{version('warp2api')}",
        "x-warp-client-id": settings.warp_client_id,
        "x-warp-client-version": settings.warp_client_version,
        **_platform_headers(),
    }
    return {name: _printable(value) for name, value in headers.items() if value}


def _platform_headers() -> dict[str, str]:
    system = platform.system()
    if system == "Linux":
        release: dict[str, str] = {}
        with suppress(OSError):  # a bare container may not say what it is
            release = platform.freedesktop_os_release()
        return {
            "x-warp-os-category": "Linux",
            "x-warp-os-name": release.get("NAME", "Linux"),
            "x-warp-os-version": release.get("VERSION_ID", ""),
            "x-warp-os-linux-kernel-version": platform.release(),
        }
    category = "macOS" if system == "Darwin" else system
    version_ = platform.mac_ver()[0] if system == "Darwin" else platform.version()
    return {"x-warp-os-category": category, "x-warp-os-name": category, "x-warp-os-version": version_}


def _printable(value: str) -> str:
    return "".join(char for char in value if " " <= char <= "~").strip()


def _is_event_stream(response: httpx.Response) -> bool:
    kind = response.headers.get("content-type", "").partition(";")[0]
    return response.status_code == httpx.codes.OK and kind.strip().lower() == "text/event-stream"


async def _beginning(response: httpx.Response) -> bytes:
    """The first bytes of a refusal: enough to tell what it is, and never more, however long or slow it comes."""
    assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - an async client's
    body = bytearray()
    with suppress(httpx.HTTPError, TimeoutError):
        async with asyncio.timeout(REFUSAL_TIMEOUT):
            async for chunk in response.stream:
                body += chunk
                if len(body) >= MAX_REFUSAL:
                    break
    return bytes(body[:MAX_REFUSAL])
