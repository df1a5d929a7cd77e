"""The wire to the upstream, as a thing that can be cut and stalled: a TCP proxy that forwards bytes."""

import asyncio
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class Wire:
    """Forwards connections to `target` (a URL); open it with `async with`."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._pairs: dict[asyncio.Task[None], tuple[asyncio.StreamWriter, ...]] = {}
        self._server: asyncio.Server
        self.url = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self._flowing.set()
        self.cut()
        await asyncio.gather(*self._pairs, return_exceptions=True)

    def cut(self) -> None:
        """Break every connection, as a network does: with a reset, in the middle of whatever it carried."""
        for writers in self._pairs.values():
            for writer in writers:
                writer.transport.abort()

    async def stall(self, seconds: float) -> None:
        """Carry nothing for a while; what was sent meanwhile comes afterwards."""
        self._flowing.clear()
        try:
            await asyncio.sleep(seconds)
        finally:
            self._flowing.set()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._pairs[task] = (writer,)
        try:
            up_reader, up_writer = await asyncio.open_connection(self._host, self._port)
            self._pairs[task] = (writer, up_writer)
            ways = (self._pump(reader, up_writer), self._pump(up_reader, writer))
            await asyncio.gather(*ways)
        except OSError:
            pass  # either side has gone: so has the other
        finally:
            for each in self._pairs.pop(task):
                each.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._flowing.wait()
            writer.write(data)
            await writer.drain()
        # One side is done: an early leaver must be felt at the other end at once.
        raise ConnectionResetError
