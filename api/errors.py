"""Every failure leaves in the dialect of its route, with a request id and without a traceback."""

import structlog
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.replies import json_reply
from api.request_id import id_headers, request_id_of
from proto.dialects import dialect_at
from proto.dialects.base import Dialect, Vendor
from proto.errors import ErrorCode, GatewayError
from proto.events import Failed

log = structlog.get_logger()

_HTTP_CODES = {404: ErrorCode.NOT_FOUND, 405: ErrorCode.METHOD_NOT_ALLOWED}


def dialect_of(request: Request) -> Dialect:
    """The dialect in which a route's errors are told: that of its path, elsewhere one of the asking SDK's vendor."""
    return dialect_at(request.url.path, vendor_of(request))


def vendor_of(request: Request) -> Vendor:
    """Whose SDK asks: Anthropic's all send a version."""
    return Vendor.ANTHROPIC if "anthropic-version" in request.headers else Vendor.OPENAI


def error_reply(request: Request, dialect: Dialect, error: GatewayError | Failed) -> Response:
    """The answer that tells a failure before the first byte."""
    reply = dialect.error(error, request_id_of(request))
    headers = dict(reply.headers)
    if error.code in (ErrorCode.REQUEST_TOO_LARGE, ErrorCode.REQUEST_TIMEOUT):
        headers["connection"] = "close"  # what is still coming of the body would be read, however much it is
    return json_reply(reply.body, status=reply.status, headers=headers)


def install(app: FastAPI) -> None:
    """Route every exception through `error_reply`."""

    async def on_gateway_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, GatewayError)  # noqa: S101  # registered for this class alone
        log.info("request.refused", code=error.code, param=error.param)
        return error_reply(request, dialect_of(request), error)

    async def on_http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class alone
        code = _HTTP_CODES.get(error.status_code, ErrorCode.INVALID_REQUEST)
        message = f"{request.method} {request.url.path} is not served here: {error.detail}."
        reply = error_reply(request, dialect_of(request), GatewayError(code, message))
        reply.headers.update(error.headers or {})  # with a 405, the methods that are served
        return reply

    async def on_bug(request: Request, error: Exception) -> Response:
        request_id = request_id_of(request)
        log.error("request.failed", path=request.url.path, exc_info=error)
        failure = GatewayError(ErrorCode.INTERNAL, f"The gateway failed; its log names request {request_id}.")
        reply = error_reply(request, dialect_of(request), failure)
        # This answer is made outside the middleware that gives every other one its id.
        reply.headers.update(id_headers(request_id))
        return reply

    app.add_exception_handler(GatewayError, on_gateway_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, on_bug)
