"""OpenAI's Responses: the chat route of its own shape, and what clients try before it."""

from typing import NoReturn

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.errors import dialect_of
from api.replies import json_reply
from api.routes.chat import answer_chat
from api.request_id import request_id_of
from proto.errors import ErrorCode, GatewayError

router = APIRouter()


@router.post("/v1/responses")
async def responses(request: Request) -> Response:
    """OpenAI Responses."""
    return await answer_chat(request, "responses")


@router.get("/v1/responses")
async def websocket(request: Request) -> Response:
    """Codex asks for a websocket first, and falls back to POST at once when the answer is 426 (`client-apis.md` 3)."""
    if request.headers.get("upgrade", "").lower() != "websocket":
        raise GatewayError(ErrorCode.METHOD_NOT_ALLOWED, "GET /v1/responses is not served here: use POST.")
    error = GatewayError(ErrorCode.UPGRADE_REFUSED, "There is no websocket here: use POST /v1/responses.")
    reply = dialect_of(request).error(error, request_id_of(request))
    return json_reply(reply.body, status=reply.status, headers=reply.headers)


@router.post("/v1/responses/{rest:path}")
async def not_served(request: Request, rest: str) -> NoReturn:
    """`compact`, `input_tokens`, and `cancel` of an answer."""
    raise GatewayError(ErrorCode.NOT_FOUND, f"POST /v1/responses/{rest} is not served here.")
