"""A client that speaks HTTP by hand, in ways no library would."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

#: Seconds until a server that has to hang up counts as one that does not.
PATIENCE = 30.0


@contextlib.asynccontextmanager
async def connection(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a port of this machine; it is over when the block ends, whatever was left to send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def to_the_end(reader: asyncio.StreamReader) -> bytes:
    """What comes until the server hangs up; of an answer that a reset overtakes, what had come before it."""
    async with asyncio.timeout(PATIENCE):
        said = b""
        with contextlib.suppress(ConnectionError):  # a reset, or a broken pipe where some was left to send
            while more := await reader.read(65536):
                said += more
        return said
