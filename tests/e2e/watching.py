"""A client of the live monitor."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE = 25.0
Message = dict[str, Any]


class Watch:
    """One connection; everything that came is kept."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.messages: list[Message] = []

    async def say(self, **message: Any) -> None:
        """Send one message."""
        await self.socket.send(json.dumps(message))

    async def next(self) -> Message:
        """The next message."""
        message: Message = json.loads(await self.socket.recv())
        self.messages.append(message)
        return message

    async def until(self, event: str, holds: Callable[[Message], object] = lambda _: True) -> Message:
        """The next message of a kind of which something holds."""
        async with asyncio.timeout(PATIENCE):
            while True:
                message = await self.next()
                if message["event"] == event and holds(message):
                    return message

    async def job(self, job_id: str, holds: Callable[[Message], object]) -> Message:
        """What was last told of a job of which something holds, as soon as that is told.

        What has been told already counts: two steps of a job may come in one message.
        """
        async with asyncio.timeout(PATIENCE):
            while not (said := [job for job in self.said_of(job_id) if holds(job)]):
                await self.next()
            return said[-1]

    def said_of(self, job_id: str) -> list[Message]:
        """All that was told of a job, in order."""
        lists = [message["jobs"] for message in self.messages if message["event"] in ("jobs", "history")]
        return [job for jobs in lists for job in jobs if job["id"] == job_id]

    async def closed(self) -> int | None:
        """The code that the connection was closed with."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    await self.next()
        except ConnectionClosed as error:
            return error.rcvd.code if error.rcvd else None


@asynccontextmanager
async def watching(url: str, **hello: Any) -> AsyncIterator[Watch]:
    """A connection that has said hello."""
    async with connected(url) as watch:
        await watch.say(type="hello", **hello)
        yield watch


@asynccontextmanager
async def connected(url: str, **options: Any) -> AsyncIterator[Watch]:
    """A connection that has said nothing yet."""
    async with connect(url.replace("http", "ws", 1) + "/ws", proxy=None, max_size=None, **options) as socket:
        yield Watch(socket)
