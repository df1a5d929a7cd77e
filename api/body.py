"""Reading a request's body: bounded, and JSON or a clear 4xx."""

from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

from proto.errors import BadRequestError, ErrorCode, GatewayError

#: How far beyond the limit a body is still read (and dropped), so that its sender gets to see the answer.
DRAIN_FACTOR = 8


async def read_json(request: Request, limit: int) -> Any:
    """The decoded body.

    Raises:
        GatewayError: REQUEST_TOO_LARGE above `limit` bytes.
        BadRequestError: not JSON, or not an object.
        ClientDisconnect: the client left meanwhile.
    """
    body = await _read(request, limit)
    try:
        decoded = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequestError(f"The request body is not valid JSON: {error}") from error
    if not isinstance(decoded, dict):
        raise BadRequestError("The request body must be a JSON object.")
    return decoded


async def _read(request: Request, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        else:
            chunks.clear()
        if size > limit * DRAIN_FACTOR:
            break
    if size > limit:
        raise GatewayError(ErrorCode.REQUEST_TOO_LARGE, f"The request body is larger than {limit} bytes.")
    return b"".join(chunks)


__all__ = ["ClientDisconnect", "read_json"]
