"""Protobuf and JSON, each from the other, for any message of Warp's schema; any client key opens these.

The paths under `/api` have the JSON that an earlier bridge had (`docs/protocol.md` 5.2).
"""

import asyncio
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.body import read_bytes, read_json
from api.bridge import codec
from api.bridge.services import bridge_of
from api.replies import json_reply

router = APIRouter()

PROTOBUF: Final = "application/x-protobuf"
#: What a body of bytes may be called.
_BYTES: Final = frozenset({PROTOBUF, "application/protobuf", "application/octet-stream"})


@router.post("/encode")
@router.post("/api/encode")
async def encode(request: Request) -> Response:
    """A message in JSON to its bytes: as base64 in JSON, or raw if `Accept` asks for protobuf."""
    bridge = bridge_of(request)
    bridge.client_keys.any_client(request.headers)
    body = await read_json(request, bridge.settings)
    name = codec.type_asked_for(_asked(request, body), codec.REQUEST)
    data = await asyncio.to_thread(codec.encoded, name, codec.packet_of(body))
    if _media_types(request.headers.get("accept", "")) & _BYTES:
        return Response(data, media_type=PROTOBUF)
    return json_reply({"protobuf_bytes": codec.to_base64(data), "size": len(data), "message_type": name})


@router.post("/decode")
@router.post("/api/decode")
async def decode(request: Request) -> Response:
    """A message's bytes to JSON: from base64 in JSON, or raw, as `Content-Type` says."""
    bridge = bridge_of(request)
    bridge.client_keys.any_client(request.headers)
    if _media_types(request.headers.get("content-type", "")) & _BYTES:
        data, given = await read_bytes(request, bridge.settings), _asked(request, {})
    else:
        body = await read_json(request, bridge.settings)
        data, given = codec.from_base64(body.get("protobuf_bytes"), "protobuf_bytes"), _asked(request, body)
    name = codec.type_asked_for(given, codec.REQUEST)
    return json_reply({**await asyncio.to_thread(codec.shown, name, data), "message_type": name})


@router.post("/api/stream-decode")
async def stream_decode(request: Request) -> Response:
    """The chunks of a stream to JSON, one by one and together."""
    bridge = bridge_of(request)
    bridge.client_keys.any_client(request.headers)
    body = await read_json(request, bridge.settings)
    name = codec.type_asked_for(_asked(request, body), codec.EVENT)
    return json_reply(await asyncio.to_thread(codec.shown_chunks, name, body.get("protobuf_chunks")))


@router.get("/schemas")
async def schemas(request: Request) -> Response:
    """All messages and their fields, or with `message_type` that one."""
    bridge_of(request).client_keys.any_client(request.headers)
    given = _asked(request, {})
    return json_reply(codec.schemas() if given is None else codec.schema(codec.type_asked_for(given, "")))


@router.get("/api/schemas")
async def first_fields(request: Request) -> Response:
    """All messages, each with its first ten fields."""
    bridge_of(request).client_keys.any_client(request.headers)
    return json_reply(codec.schemas(codec.FIRST_FIELDS))


def _asked(request: Request, body: dict[str, Any]) -> Any:
    return body.get("message_type", request.query_params.get("message_type"))


def _media_types(header: str) -> set[str]:
    return {part.partition(";")[0].strip().lower() for part in header.split(",")}
