"""Beside OpenAI's Responses: the answers that are kept of it, and what clients try before it."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.replies import json_reply
from api.services import services_of
from proto.errors import BadRequestError, ErrorCode, GatewayError

router = APIRouter()


@router.get("/v1/responses", include_in_schema=False)
async def websocket(request: Request) -> Response:
    """Codex asks for a websocket first, and goes over to POST at once when the answer is 426 (`docs/responses.md`)."""
    if request.headers.get("upgrade", "").lower() == "websocket":
        raise GatewayError(ErrorCode.NO_WEBSOCKET, "There is no websocket here: use POST /v1/responses.")
    raise GatewayError(ErrorCode.METHOD_NOT_ALLOWED, "GET /v1/responses is not served here: use POST.")


@router.get("/v1/responses/{response_id}")
async def retrieve(request: Request, response_id: str) -> Response:
    """An answer that is kept."""
    services = services_of(request)
    client = services.client_keys.client(request.headers)
    if request.query_params.get("stream") == "true":
        message = "stream: not supported; a stream goes on at /v1/jobs/{id}/events"
        raise BadRequestError(message, param="stream", code=ErrorCode.UNSUPPORTED_VALUE)
    return json_reply(await services.kept.get(client.name, response_id))


@router.delete("/v1/responses/{response_id}")
async def delete(request: Request, response_id: str) -> Response:
    """Forget an answer that is kept."""
    services = services_of(request)
    client = services.client_keys.client(request.headers)
    await services.kept.delete(client.name, response_id)
    return json_reply({"id": response_id, "object": "response", "deleted": True})


@router.api_route("/v1/responses/{rest:path}", methods=["GET", "POST", "DELETE"], include_in_schema=False)
async def not_served(request: Request) -> Response:
    """Among them `compact`, `input_tokens`, `cancel` and `input_items`: not there, whatever the method."""
    raise GatewayError(ErrorCode.NOT_FOUND, f"{request.method} {request.url.path} is not served here.")
