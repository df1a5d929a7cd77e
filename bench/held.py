"""Streams that are held open: many chats whose answers go on until the client leaves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

#: Chats that are begun at once: opening a thousand is not to look like a thousand that wait.
OPENING: Final = 64
#: Seconds for one chat's first output.
PATIENCE: Final = 60.0


class HeldStreams:
    """Open streams, and how many bytes they have brought."""

    def __init__(self) -> None:
        self.bytes = 0
        #: How many have ended, which none should.
        self.ended = 0


class _Stream(asyncio.Protocol):
    """One chat. It reads and counts, and costs as little as it can."""

    def __init__(self, request: bytes, held: HeldStreams) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = request
        self._held = held

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # of a TCP connection
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._held.bytes += len(data)
        # The headers wait for the first output.
        if not self.opened.done():
            if data.startswith(b"HTTP/1.1 200"):
                self.opened.set_result(None)
            else:
                self.opened.set_exception(RuntimeError(f"the gateway answered {data[:200]!r}"))
        if data.endswith(b"\r\n0\r\n\r\n"):
            self._held.ended += 1

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionError("the gateway closed the connection"))


@asynccontextmanager
async def hold_streams(port: int, streams: int, request: bytes) -> AsyncIterator[HeldStreams]:
    """So many streams for the length of the block, each of which has had its first output.

    Raises:
        RuntimeError: the gateway refused one.
        TimeoutError: one had no output within a minute.
    """
    held = HeldStreams()
    gate = asyncio.Semaphore(OPENING)
    transports: list[asyncio.BaseTransport] = []

    async def open_one() -> None:
        async with gate, asyncio.timeout(PATIENCE):
            transport, stream = await asyncio.get_running_loop().create_connection(
                lambda: _Stream(request, held), "127.0.0.1", port
            )
            transports.append(transport)
            await stream.opened

    try:
        await asyncio.gather(*[open_one() for _ in range(streams)])
        yield held
    finally:
        for transport in transports:
            transport.close()
