"""Reading a request's body: bounded in size and time, and JSON or a clear 4xx."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request

from api.settings import ApiSettings
from proto.errors import BadRequestError, ErrorCode, GatewayError
from proto.json_body import decode_json

#: How far beyond the limit a body is still read (and dropped), so that its sender gets to see the answer.
DRAIN_FACTOR = 8
_JSON_TYPE = re.compile(r"application/([\w.-]+\+)?json", re.IGNORECASE)


async def read_json(request: Request, settings: ApiSettings) -> Any:
    """The decoded body.

    Raises:
        GatewayError: REQUEST_TOO_LARGE above `MAX_BODY` bytes, REQUEST_TIMEOUT after `CLIENT_TIMEOUT` seconds.
        BadRequestError: as `decode_json`, or another content type.
        ClientDisconnect: the client left meanwhile.
    """
    check_type(request.headers.get("content-type"))
    return decode_json(await read_bytes(request, settings))


def check_type(content_type: str | None) -> None:
    """Refuse what a web page of anywhere may send without asking first: text and forms, whatever they hold.

    Raises:
        BadRequestError: it is not JSON.
    """
    kind = (content_type or "application/json").partition(";")[0].strip()
    if not _JSON_TYPE.fullmatch(kind):
        raise BadRequestError(f"The Content-Type must be application/json, not {kind[:40]!r}.")


async def body_pieces(request: Request, limit: int, patience: float) -> AsyncIterator[bytes]:
    """A large body as it comes, up to `limit` bytes; nothing of it is kept, and it is read no faster than it is taken.

    Raises:
        GatewayError: REQUEST_TOO_LARGE, or REQUEST_TIMEOUT when nothing came for `patience` seconds.
        ClientDisconnect: the client left meanwhile.
    """
    size, stream = 0, request.stream()
    while size <= limit * 2:
        try:
            async with asyncio.timeout(patience):
                piece = await anext(stream, None)
        except TimeoutError:
            message = f"Nothing of the request body arrived for {patience:g} seconds."
            raise GatewayError(ErrorCode.REQUEST_TIMEOUT, message) from None
        if piece is None:
            break
        size += len(piece)
        if size <= limit:
            yield piece
    if size > limit:
        raise GatewayError(ErrorCode.REQUEST_TOO_LARGE, f"The request body is larger than {limit} bytes.")


async def read_bytes(request: Request, settings: ApiSettings) -> bytes:
    """The body as it came.

    Raises:
        GatewayError: REQUEST_TOO_LARGE above `MAX_BODY` bytes, REQUEST_TIMEOUT after `CLIENT_TIMEOUT` seconds.
        ClientDisconnect: the client left meanwhile.
    """
    limit = settings.max_body
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(settings.client_timeout):
            async for chunk in request.stream():
                size += len(chunk)
                if size <= limit:
                    chunks.append(chunk)
                else:
                    chunks.clear()
                if size > limit * DRAIN_FACTOR:
                    break
    except TimeoutError:
        if size <= limit:
            message = f"The request body did not arrive within {settings.client_timeout:g} seconds."
            raise GatewayError(ErrorCode.REQUEST_TIMEOUT, message) from None
    if size > limit:
        raise GatewayError(ErrorCode.REQUEST_TOO_LARGE, f"The request body is larger than {limit} bytes.")
    return b"".join(chunks)
