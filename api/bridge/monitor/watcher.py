"""One watcher: what it may and wants to see, and the bounded queue of what it is to be sent."""

import asyncio
from typing import Any, Final

import orjson

from api.bridge.monitor.wishes import Filter, Kind
from proto.clients import Client, Right

#: Messages, and their bytes, that may wait for a watcher before it counts as too slow.
MOST_MESSAGES: Final = 200
MOST_BYTES: Final = 16 * 1024 * 1024

#: Why a connection is closed by us.
NO_HELLO: Final = 4400
BAD_KEY: Final = 4401
NOT_PERMITTED: Final = 4403
TOO_SLOW: Final = 4408


class Watcher:
    """Somebody who watches. `offer` never waits: one whose queue is full is closed."""

    def __init__(self, client: Client, wants: Filter) -> None:
        self.client = client
        self.wants = wants
        #: Whether it has been told what there is; only then what changes makes sense.
        self.told_history = False
        #: Ids of the jobs it follows.
        self.opened: set[str] = set()
        #: Set once the connection is over: the code to close it with, None if the other side has gone.
        self.closing: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(MOST_MESSAGES)
        self._bytes = 0

    @property
    def sees_content(self) -> bool:
        """Whether it may see what was said."""
        return Right.CONTENT in self.client.rights

    def wants_kind(self, kind: Kind) -> bool:
        """Whether it asked for messages of this kind."""
        return kind in self.wants.kinds

    def offer(self, message: dict[str, Any]) -> None:
        """Send a message, behind those that wait; if too many do, close the connection."""
        data = orjson.dumps(message)
        if self._queue.full() or self._bytes + len(data) > MOST_BYTES:
            self.close(TOO_SLOW)
            return
        self._bytes += len(data)
        self._queue.put_nowait(data)

    @property
    def lags(self) -> bool:
        """Whether so much waits that what can wait should."""
        return self._queue.qsize() > MOST_MESSAGES / 4 or self._bytes > MOST_BYTES / 4

    def close(self, code: int | None) -> None:
        """End the connection; the first reason counts."""
        if not self.closing.done():
            self.closing.set_result(code)

    async def next(self) -> str:
        """The next message to be sent."""
        data = await self._queue.get()
        self._bytes -= len(data)
        return data.decode()
