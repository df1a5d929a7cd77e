"""An error as OpenAI's clients know it, the same on all of OpenAI's routes."""

from typing import Any

from proto.dialects.base import ErrorReply
from proto.dialects.encoder import error_row, retry_headers
from proto.errors import GatewayError
from proto.events import Failed


def error_body(error: GatewayError | Failed) -> dict[str, Any]:
    """The body of an error, which is also what a broken Chat Completions stream ends with."""
    row = error_row(error)
    param = error.param if isinstance(error, GatewayError) else None
    return {"error": {"message": error.message, "type": row.openai_type, "param": param, "code": row.openai_code}}


def error_reply(error: GatewayError | Failed) -> ErrorReply:
    """The answer before the first byte."""
    return ErrorReply(error_row(error).openai_status, error_body(error), retry_headers(error))
