"""The two kinds of answer: a JSON body, and an event stream."""

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, NamedTuple

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


def json_reply(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A whole JSON answer."""
    return Response(orjson.dumps(body), status, headers, media_type="application/json")


class Frames(NamedTuple):
    """Encoded frames to send in one go; `last` lets the end of the body leave with them, in the same write."""

    data: bytes
    last: bool = False


class EventStream(Response):
    """Server-sent events from a generator of encoded frames; `close` runs once it is over, whatever ended it.

    It does not watch for the client's leaving: the request does that from before the headers on, and then ends the
    generator. That is what a ready-made response class would do again, at the price of three tasks a stream.
    """

    media_type = "text/event-stream"

    def __init__(
        self, frames: AsyncGenerator[Frames, None], headers: Mapping[str, str], close: Callable[[], None]
    ) -> None:
        self.status_code = 200
        self.background = None
        self._frames = frames
        self._close = close
        self.init_headers({**headers, "cache-control": "no-cache", "x-accel-buffering": "no"})

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the headers, then each batch of frames as it comes."""
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for frames in self._frames:
                await send({"type": "http.response.body", "body": frames.data, "more_body": not frames.last})
        finally:
            await self._frames.aclose()
            self._close()
