"""What can go wrong, once: the codes, what each dialect shows for them, and the exceptions that carry them.

`docs/protocol.md` 6 shows the rows in a table: what goes wrong upstream, then the gateway's own refusals.
"""

from enum import StrEnum
from typing import NamedTuple


class ErrorCode(StrEnum):
    """One code for each row of the error table. The value is what the log and the job's record show."""

    NOT_CONFIGURED = "not_configured"
    UPSTREAM_AUTH = "upstream_auth"
    REFRESH_FAILED = "refresh_failed"
    ACCOUNT_BLOCKED = "account_blocked"
    UPSTREAM_REJECTED = "upstream_rejected"
    UPSTREAM_TOO_LARGE = "upstream_too_large"
    MODEL_NOT_FOUND = "model_not_found"
    UPSTREAM_BAD_REQUEST = "upstream_bad_request"
    UPSTREAM_TIMEOUT = "upstream_timeout"
    QUOTA = "quota"
    OVERLOADED = "overloaded"
    UPSTREAM_ERROR = "upstream_error"
    UPSTREAM_INTERNAL = "upstream_internal"
    UPSTREAM_OTHER = "upstream_other"
    UPSTREAM_UNREACHABLE = "upstream_unreachable"
    UPSTREAM_PROTOCOL = "upstream_protocol"
    UPSTREAM_TRUNCATED = "upstream_truncated"
    UPSTREAM_IDLE = "upstream_idle"
    CONTEXT_EXCEEDED = "context_exceeded"
    MODEL_UNAVAILABLE = "model_unavailable"
    BYOK_INVALID = "byok_invalid"
    TOOL_UNAVAILABLE = "tool_unavailable"
    EMPTY_ANSWER = "empty_answer"
    CANCELLED = "cancelled"
    DEADLINE = "deadline"
    INTERRUPTED = "interrupted"
    INTERNAL = "internal"
    # The front door's own refusals: never in a log.
    INVALID_REQUEST = "invalid_request"
    MISSING_FIELD = "missing_field"
    UNSUPPORTED_VALUE = "unsupported_value"
    INVALID_API_KEY = "invalid_api_key"
    NOT_PERMITTED = "not_permitted"
    NOT_FOUND = "not_found"
    JOB_NOT_FOUND = "job_not_found"
    JOB_GONE = "job_gone"
    FILE_NOT_FOUND = "file_not_found"
    BATCH_NOT_FOUND = "batch_not_found"
    NOT_KEPT = "not_kept"
    PREVIOUS_NOT_KEPT = "previous_not_kept"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    NO_WEBSOCKET = "no_websocket"
    REQUEST_TOO_LARGE = "request_too_large"
    REQUEST_TIMEOUT = "request_timeout"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    RATE_LIMITED = "rate_limited"
    QUEUE_FULL = "queue_full"
    UNAVAILABLE = "unavailable"


class ErrorRow(NamedTuple):
    """How one code looks to OpenAI clients (status, type, code) and to Anthropic clients (status, type)."""

    openai_status: int
    openai_type: str
    openai_code: str | None
    anthropic_status: int
    anthropic_type: str


_E = ErrorCode

ERROR_TABLE: dict[ErrorCode, ErrorRow] = {
    _E.NOT_CONFIGURED: ErrorRow(503, "server_error", "upstream_not_configured", 503, "api_error"),
    _E.UPSTREAM_AUTH: ErrorRow(503, "server_error", "upstream_auth", 503, "api_error"),
    _E.REFRESH_FAILED: ErrorRow(503, "server_error", None, 503, "api_error"),
    _E.ACCOUNT_BLOCKED: ErrorRow(503, "server_error", "upstream_account_blocked", 503, "api_error"),
    _E.UPSTREAM_REJECTED: ErrorRow(502, "server_error", "upstream_rejected", 502, "api_error"),
    _E.UPSTREAM_TOO_LARGE: ErrorRow(413, "invalid_request_error", "request_too_large", 413, "request_too_large"),
    _E.MODEL_NOT_FOUND: ErrorRow(404, "invalid_request_error", "model_not_found", 404, "not_found_error"),
    _E.UPSTREAM_BAD_REQUEST: ErrorRow(502, "server_error", "upstream_bad_request", 502, "api_error"),
    _E.UPSTREAM_TIMEOUT: ErrorRow(504, "server_error", "upstream_timeout", 504, "timeout_error"),
    _E.QUOTA: ErrorRow(429, "insufficient_quota", "insufficient_quota", 429, "rate_limit_error"),
    _E.OVERLOADED: ErrorRow(503, "service_unavailable_error", "server_is_overloaded", 529, "overloaded_error"),
    _E.UPSTREAM_ERROR: ErrorRow(502, "server_error", "upstream_error", 502, "api_error"),
    _E.UPSTREAM_INTERNAL: ErrorRow(502, "server_error", "upstream_error", 502, "api_error"),
    _E.UPSTREAM_OTHER: ErrorRow(502, "server_error", "upstream_error", 502, "api_error"),
    _E.UPSTREAM_UNREACHABLE: ErrorRow(502, "server_error", "upstream_unreachable", 502, "api_error"),
    _E.UPSTREAM_PROTOCOL: ErrorRow(502, "server_error", "upstream_protocol", 502, "api_error"),
    _E.UPSTREAM_TRUNCATED: ErrorRow(502, "server_error", "upstream_truncated", 502, "api_error"),
    _E.UPSTREAM_IDLE: ErrorRow(504, "server_error", "upstream_timeout", 504, "timeout_error"),
    _E.CONTEXT_EXCEEDED: ErrorRow(
        400, "invalid_request_error", "context_length_exceeded", 400, "invalid_request_error"
    ),
    _E.MODEL_UNAVAILABLE: ErrorRow(503, "server_error", "model_unavailable", 529, "overloaded_error"),
    _E.BYOK_INVALID: ErrorRow(503, "server_error", "upstream_byok_invalid", 503, "api_error"),
    _E.TOOL_UNAVAILABLE: ErrorRow(502, "server_error", "tool_unavailable", 502, "api_error"),
    _E.EMPTY_ANSWER: ErrorRow(502, "server_error", "empty_answer", 502, "api_error"),
    _E.CANCELLED: ErrorRow(499, "server_error", "cancelled", 499, "api_error"),
    _E.DEADLINE: ErrorRow(504, "server_error", "deadline", 504, "timeout_error"),
    _E.INTERRUPTED: ErrorRow(502, "server_error", "interrupted", 502, "api_error"),
    _E.INTERNAL: ErrorRow(500, "server_error", None, 500, "api_error"),
    _E.INVALID_REQUEST: ErrorRow(400, "invalid_request_error", None, 400, "invalid_request_error"),
    _E.MISSING_FIELD: ErrorRow(
        400, "invalid_request_error", "missing_required_parameter", 400, "invalid_request_error"
    ),
    _E.UNSUPPORTED_VALUE: ErrorRow(400, "invalid_request_error", "unsupported_value", 400, "invalid_request_error"),
    _E.INVALID_API_KEY: ErrorRow(401, "invalid_request_error", "invalid_api_key", 401, "authentication_error"),
    _E.NOT_PERMITTED: ErrorRow(403, "invalid_request_error", "not_permitted", 403, "permission_error"),
    _E.NOT_FOUND: ErrorRow(404, "invalid_request_error", "unknown_url", 404, "not_found_error"),
    _E.JOB_NOT_FOUND: ErrorRow(404, "invalid_request_error", "job_not_found", 404, "not_found_error"),
    _E.JOB_GONE: ErrorRow(410, "invalid_request_error", "job_gone", 410, "not_found_error"),
    _E.FILE_NOT_FOUND: ErrorRow(404, "invalid_request_error", "file_not_found", 404, "not_found_error"),
    _E.BATCH_NOT_FOUND: ErrorRow(404, "invalid_request_error", "batch_not_found", 404, "not_found_error"),
    _E.NOT_KEPT: ErrorRow(404, "invalid_request_error", None, 404, "not_found_error"),
    _E.PREVIOUS_NOT_KEPT: ErrorRow(
        400, "invalid_request_error", "previous_response_not_found", 400, "invalid_request_error"
    ),
    _E.METHOD_NOT_ALLOWED: ErrorRow(405, "invalid_request_error", "method_not_supported", 405, "invalid_request_error"),
    _E.NO_WEBSOCKET: ErrorRow(426, "invalid_request_error", "no_websocket", 426, "invalid_request_error"),
    _E.REQUEST_TOO_LARGE: ErrorRow(413, "invalid_request_error", "request_too_large", 413, "request_too_large"),
    # The one refusal whose status every SDK tries again, as it should: a body that stalled may well arrive next time.
    _E.REQUEST_TIMEOUT: ErrorRow(408, "invalid_request_error", "request_timeout", 408, "timeout_error"),
    # 422 and not 409, which every SDK tries again.
    _E.IDEMPOTENCY_KEY_REUSED: ErrorRow(
        422, "invalid_request_error", "idempotency_key_reused", 422, "invalid_request_error"
    ),
    _E.RATE_LIMITED: ErrorRow(429, "rate_limit_error", "rate_limit_exceeded", 429, "rate_limit_error"),
    _E.QUEUE_FULL: ErrorRow(503, "service_unavailable_error", "server_is_overloaded", 529, "overloaded_error"),
    _E.UNAVAILABLE: ErrorRow(503, "server_error", "unavailable", 503, "api_error"),
}


class GatewayError(Exception):
    """Anything a client may be told. Foreign exceptions become one of these at one seam, with their cause.

    Args:
        code: the row of the error table.
        message: one sentence for the client; never a secret, a prompt or a raw upstream body.
        param: the request field at fault, as the client wrote it (`messages[2].content`).
        retry_after: seconds after which trying again makes sense.
    """

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        *,
        param: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
        self.retry_after = retry_after


class BadRequestError(GatewayError):
    """The client's request cannot be served as written; `param` names the field."""

    def __init__(self, message: str, *, param: str | None = None, code: ErrorCode = ErrorCode.INVALID_REQUEST) -> None:
        super().__init__(code, message, param=param)
