"""An upstream for transport tests: it streams, holds, breaks off, and tells what it saw.

`/<mode>/<key>/...` is a stream; `/wait/<key>/<what>/<count>` answers once that many were seen, so that tests need no
clock; `/open/<key>` lets the held ones go on.
"""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from proto.warp.response_pb2 import ResponseEvent

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

INIT = ResponseEvent(init=ResponseEvent.StreamInit(conversation_id="c", request_id="r"))
FINISHED = ResponseEvent(finished=ResponseEvent.StreamFinished(done=ResponseEvent.StreamFinished.Done()))
FLOOD = 1024 * 1024


def frame(event: ResponseEvent) -> bytes:
    return b"data: " + urlsafe_b64encode(event.SerializeToString()) + b"\n\n"


class Seen:
    """What happened under one key. `open` and `peak` count streams, `closed` those the client left."""

    def __init__(self) -> None:
        self.counts = {"open": 0, "peak": 0, "closed": 0, "done": 0}
        self.gate = asyncio.Event()
        self._changed = asyncio.Condition()

    async def count(self, what: str, step: int = 1) -> None:
        async with self._changed:
            self.counts[what] += step
            self.counts["peak"] = max(self.counts["peak"], self.counts["open"])
            self._changed.notify_all()

    async def wait(self, what: str, count: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self.counts[what] >= count)


seen: defaultdict[str, Seen] = defaultdict(Seen)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    mode, key, *rest = scope["path"].strip("/").split("/")
    here = seen[key]
    match mode:
        case "wait":
            await here.wait(rest[0], int(rest[1]))
            await answer(send, here.counts)
        case "open":
            here.gate.set()
            await answer(send, here.counts)
        case "echo":
            headers = [[name.decode(), value.decode()] for name, value in scope["headers"]]
            await answer(
                send,
                {"headers": headers, "version": scope["http_version"], "body": len(await body(receive))},
                extra=[(b"set-cookie", b"a=b; Path=/")],
            )
        case "refuse":
            await answer(send, {"error": "Unauthorized: User not in context"}, status=int(rest[0]))
        case _:
            await body(receive)
            await here.count("open")
            try:
                await stream(mode, here, receive, send)
            finally:
                await here.count("open", -1)


async def stream(mode: str, here: Seen, receive: Receive, send: Send) -> None:
    async def part(data: bytes, *, more: bool = True) -> None:
        await send({"type": "http.response.body", "body": data, "more_body": more})

    gone = asyncio.ensure_future(left(receive))
    if mode == "mute" and await gate_or_gone(here, gone):
        return
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await part(frame(INIT))
    if mode == "break":
        raise ConnectionError("broken on purpose")
    if mode == "flood":
        await part(b": " + b"x" * FLOOD + b"\n\n")
    if mode == "mute":
        await gone
        await here.count("closed")
        return
    if mode != "cut" and await gate_or_gone(here, gone):
        return
    await part(frame(FINISHED) if mode != "cut" else b"", more=False)
    gone.cancel()
    await here.count("done")


async def gate_or_gone(here: Seen, gone: asyncio.Future[None]) -> bool:
    """Wait until the gate opens (False) or the client leaves (True)."""
    gate = asyncio.ensure_future(opened(here))
    await asyncio.wait([gate, gone], return_when=asyncio.FIRST_COMPLETED)
    gate.cancel()
    if gone.done():
        await here.count("closed")
    return gone.done()


async def opened(here: Seen) -> None:
    await here.gate.wait()


async def left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def body(receive: Receive) -> bytes:
    data = bytearray()
    while True:
        message = await receive()
        data += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(data)


async def answer(send: Send, value: Any, *, status: int = 200, extra: list[tuple[bytes, bytes]] | None = None) -> None:
    headers = [(b"content-type", b"application/json"), *(extra or [])]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(value).encode()})
