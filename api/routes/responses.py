"""OpenAI's Responses, and what clients try before it."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.routes.chat import answer_chat
from proto.errors import ErrorCode, GatewayError

router = APIRouter()


@router.post("/v1/responses")
async def responses(request: Request) -> Response:
    """OpenAI Responses."""
    return await answer_chat(request, "responses")


@router.get("/v1/responses")
async def websocket(request: Request) -> Response:
    """Codex asks for a websocket first, and goes over to POST at once when the answer is 426 (`client-apis.md` 3)."""
    if request.headers.get("upgrade", "").lower() == "websocket":
        raise GatewayError(ErrorCode.NO_WEBSOCKET, "There is no websocket here: use POST /v1/responses.")
    raise GatewayError(ErrorCode.METHOD_NOT_ALLOWED, "GET /v1/responses is not served here: use POST.")


@router.post("/v1/responses/{rest:path}")
async def not_served(rest: str) -> Response:
    """Among them `compact`, `input_tokens` and `cancel`."""
    raise GatewayError(ErrorCode.NOT_FOUND, f"POST /v1/responses/{rest} is not served here.")
