"""What stands in every answer's headers and in every line of the log about a request: its id, taken from the client if
it sent a sane one, and more.
"""

import re
import secrets

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.answered import Answered
from store.tracing import trace_id

_SANE = re.compile(r"[A-Za-z0-9._-]{1,128}")


def request_id_of(request: Request) -> str:
    """The id of the request being served."""
    request_id: str = request.scope["state"]["request_id"]
    return request_id


def id_headers(request_id: str) -> dict[str, str]:
    """The id under the names that OpenAI's and Anthropic's SDKs look for."""
    return {"x-request-id": request_id, "request-id": request_id}


def answer_headers(request: Request) -> dict[str, str]:
    """What the answer's headers will say besides, whichever answer it becomes; to be added to."""
    headers: dict[str, str] = request.scope["state"]["answer_headers"]
    return headers


def answered_of(request: Request) -> Answered:
    """What the log will tell of the request being served."""
    answered: Answered = request.scope["state"]["answered"]
    return answered


class RequestIdMiddleware:
    """Puts the id in the request's state, in `X-Request-Id` and `request-id` (Anthropic's name) of the answer, and in
    the lines of the log until the request is answered; the last of them says that it is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        offered = Headers(scope=scope).get("x-client-request-id", "")
        request_id = offered if _SANE.fullmatch(offered) else f"req_{secrets.token_hex(12)}"
        besides: dict[str, str] = {}
        answered = Answered(scope)
        scope.setdefault("state", {}).update(request_id=request_id, answer_headers=besides, answered=answered)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        if answered.trace:
            structlog.contextvars.bind_contextvars(trace_id=trace_id(answered.trace))

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(id_headers(request_id) | besides)
            await send(message)
            answered.saw(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            answered.tell()
