"""What the upstream can answer instead of a stream, and what each answer means (`docs/protocol.md` 1.8 and 6).

Nothing above this module sees an HTTP status or an exception of httpx.
"""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Final, Literal, TypeAlias

import httpx

from proto.errors import ErrorCode, GatewayError

#: What a failure says about the token that was used.
TokenWord: TypeAlias = Literal["ok", "rate_limited", "unauthorized", "quota", "blocked", "neutral"]

#: A request of more bytes than this that the edge refuses without a reason was refused for its size.
LARGE_REQUEST: Final = 4 * 1024 * 1024
#: Seconds; a `Retry-After` beyond it is taken for this.
LONGEST_RETRY_AFTER: Final = 31 * 24 * 3600.0
#: Characters of the upstream's own words that a client may see.
MAX_DISPLAY_MESSAGE: Final = 500

_QUOTA_TEXT: Final = re.compile(r"no remaining quota|no ai requests remaining", re.IGNORECASE)
_MODEL_TEXT: Final = re.compile(
    r"\bmodel\b.{0,200}\bnot\s+(allowed|permitted|available|supported)\b", re.IGNORECASE | re.DOTALL
)


class Blame(StrEnum):
    """Who has to change something before the same request can succeed."""

    TOKEN = "token"  # noqa: S105  # not a secret
    UPSTREAM = "upstream"
    REQUEST = "request"
    NETWORK = "network"


class UpstreamError(GatewayError):
    """The upstream did not give a complete answer.

    Args:
        code: the row of the error table.
        message: one sentence for the client.
        blame: who is at fault.
        retryable: the same request, with the same token, may succeed soon.
        token: what it says about the token; anything but `neutral` is to be told to the pool.
        retry_after: seconds the upstream asked us to wait.
    """

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        *,
        blame: Blame,
        retryable: bool = False,
        token: TokenWord = "neutral",  # noqa: S107  # not a secret
        retry_after: float | None = None,
    ) -> None:
        super().__init__(code, message, retry_after=retry_after)
        self.blame = blame
        self.retryable = retryable
        self.token = token
        #: The HTTP status, of an answer that was a refusal and no stream.
        self.status: int | None = None

    @property
    def another_token_may_help(self) -> bool:
        """Whether the request is worth trying with a different token; a blocked account is final for the job."""
        return self.token in ("rate_limited", "unauthorized", "quota")


def refusal(response: httpx.Response, body: bytes, *, request_size: int, now: float) -> UpstreamError:
    """What an answer that is no event stream means.

    Args:
        response: its status and headers; the body is not read here.
        body: the beginning of the body.
        request_size: bytes of the request's body.
        now: Unix time, for a `Retry-After` that is a date.
    """
    status = response.status_code
    details = _json_object(body)
    text = body.decode("utf-8", "replace")
    retry_after = parse_retry_after(response.headers.get("retry-after"), now)
    match status:
        case 400 if _MODEL_TEXT.search(_error_text(details)):
            return UpstreamError(
                ErrorCode.MODEL_NOT_FOUND, "The upstream does not offer this model.", blame=Blame.REQUEST
            )
        case 401:
            return UpstreamError(
                ErrorCode.UPSTREAM_AUTH,
                "The upstream refused the gateway's credentials.",
                blame=Blame.TOKEN,
                token="unauthorized",  # noqa: S106  # not a secret
            )
        case 403 if details is not None or "json" in response.headers.get("content-type", ""):
            return UpstreamError(
                ErrorCode.ACCOUNT_BLOCKED,
                "The upstream has blocked the gateway's account.",
                blame=Blame.TOKEN,
                token="blocked",  # noqa: S106  # not a secret
            )
        case 403 if request_size > LARGE_REQUEST:
            return too_large()
        case 403:
            return UpstreamError(
                ErrorCode.UPSTREAM_REJECTED,
                "The upstream's edge rejected the request before it reached the service.",
                blame=Blame.UPSTREAM,
            )
        case 408:
            return UpstreamError(
                ErrorCode.UPSTREAM_TIMEOUT,
                "The upstream timed out.",
                blame=Blame.UPSTREAM,
                retryable=True,
                retry_after=retry_after,
            )
        case 413:
            return too_large()
        case 429 if response.headers.get("x-warp-error-code") == "OUT_OF_CREDITS" or _QUOTA_TEXT.search(text):
            return UpstreamError(
                ErrorCode.QUOTA,
                _display_message(details) or "The gateway's upstream account has no credits left.",
                blame=Blame.TOKEN,
                token="quota",  # noqa: S106  # not a secret
                retry_after=retry_after,
            )
        case 429:
            return UpstreamError(
                ErrorCode.OVERLOADED,
                "The upstream is overloaded.",
                blame=Blame.TOKEN,
                token="rate_limited",  # noqa: S106  # not a secret
                retry_after=retry_after,
            )
        case _ if 400 <= status < 500:
            return UpstreamError(
                ErrorCode.UPSTREAM_BAD_REQUEST,
                f"The upstream did not accept the gateway's request (status {status}).",
                blame=Blame.REQUEST,
            )
        case _ if status >= 500:
            return UpstreamError(
                ErrorCode.UPSTREAM_ERROR,
                f"The upstream failed (status {status}).",
                blame=Blame.UPSTREAM,
                retryable=True,
                retry_after=retry_after,
            )
        case _:
            return protocol_error(f"The upstream answered with something else than an event stream (status {status}).")


def failure(error: httpx.HTTPError, *, answered: bool) -> UpstreamError:
    """What a broken connection means, before the response's headers or after them."""
    if isinstance(error, httpx.ReadTimeout):
        return UpstreamError(ErrorCode.UPSTREAM_IDLE, "The upstream fell silent.", blame=Blame.UPSTREAM)
    if answered:
        return truncated()
    return UpstreamError(
        ErrorCode.UPSTREAM_UNREACHABLE,
        "The upstream could not be reached, or hung up before it answered.",
        blame=Blame.NETWORK,
        retryable=True,
    )


def truncated() -> UpstreamError:
    """The stream ended without its `finished` event."""
    return UpstreamError(
        ErrorCode.UPSTREAM_TRUNCATED,
        "The upstream's answer broke off.",
        blame=Blame.UPSTREAM,
        retryable=True,
    )


def too_large() -> UpstreamError:
    """The request is bigger than the upstream takes."""
    return UpstreamError(
        ErrorCode.UPSTREAM_TOO_LARGE, "The conversation is too large for the upstream.", blame=Blame.REQUEST
    )


def protocol_error(message: str) -> UpstreamError:
    """The upstream said something that cannot be read."""
    return UpstreamError(ErrorCode.UPSTREAM_PROTOCOL, message, blame=Blame.UPSTREAM)


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Seconds from a `Retry-After` header, a number or a date; None when it says nothing that can be read."""
    if value is None:
        return None
    value = value.strip()
    try:
        seconds = float(value) if value[:1].isdecimal() else _timestamp(value) - now
    except (ValueError, OverflowError):
        return None
    return None if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def _timestamp(date: str) -> float:
    parsed = parsedate_to_datetime(date)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def _json_object(body: bytes) -> Mapping[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _error_text(details: Mapping[str, Any] | None) -> str:
    text = details.get("error") if details else None
    return text if isinstance(text, str) else ""


def _display_message(details: Mapping[str, Any] | None) -> str:
    """The one text the upstream writes for its users; anything unprintable in it becomes a space."""
    text = details.get("userDisplayMessage") if details else None
    if not isinstance(text, str):
        return ""
    return "".join(char if char.isprintable() else " " for char in text[:MAX_DISPLAY_MESSAGE]).strip()
