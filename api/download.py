"""Sending a file, or the range of it that is asked for: a download that broke off goes on where it was."""

import re
from collections.abc import AsyncGenerator, Mapping
from typing import NamedTuple

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from proto.errors import GatewayError
from store.files import File, Files

log = structlog.get_logger()

_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})")


class ByteRange(NamedTuple):
    """From `start` up to `end`."""

    start: int
    end: int


class Pieces(Response):
    """A body in pieces, each asked for when the client has taken the one before.

    A body that cannot be completed is broken off, which its `content-length` shows the client.
    """

    def __init__(
        self, first: bytes, rest: AsyncGenerator[bytes, None], status: int, headers: Mapping[str, str], media_type: str
    ) -> None:
        self.status_code = status
        self.media_type = media_type
        self.background = None
        self._first = first
        self._rest = rest
        self.init_headers(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the headers and the pieces."""
        request = Request(scope, receive)
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": self._first, "more_body": True})
            async for piece in self._rest:
                if await request.is_disconnected():
                    return
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except GatewayError as error:
            log.warning("download.broken", code=error.code)
        finally:
            await self._rest.aclose()


async def send_file(request: Request, files: Files, file: File, media_type: str) -> Response:
    """The answer with a file's content.

    Raises:
        GatewayError: it cannot be read.
    """
    asked = range_of(request.headers.get("range"), file.bytes)
    start, end = asked or (0, file.bytes)
    if asked is not None and start == end:
        return Response(status_code=416, headers={"content-range": f"bytes */{file.bytes}"})
    headers = {"accept-ranges": "bytes", "content-length": str(end - start)}
    if asked is not None:
        headers["content-range"] = f"bytes {start}-{end - 1}/{file.bytes}"
    rest = files.content(file.id, start, end)
    first = await anext(rest, b"")
    return Pieces(first, rest, 200 if asked is None else 206, headers, media_type)


def range_of(header: str | None, size: int) -> ByteRange | None:
    """The one range that a `Range` header asks for; None for the whole, also if it asks in another way.

    A range that begins behind the end is empty.
    """
    asked = _RANGE.fullmatch(header or "")
    if asked is None:
        return None
    start, last = int(asked[1]), int(asked[2]) if asked[2] else size - 1
    if asked[2] and last < start:
        return None
    return ByteRange(min(start, size), min(last + 1, size))
