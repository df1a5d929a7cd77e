"""What is tried again, and with which token: only while nothing is visible, and never without a bound."""

import asyncio
import random
from typing import Final

from proto.errors import ErrorCode
from proto.events import Failed
from tokens import outcomes
from tokens.lease import Lease
from tokens.outcomes import Outcome
from tokens.pool import TokenPool
from tokens.refresh import Refreshed
from workers.errors import Blame, TokenWord, UpstreamError

#: Tries again after trouble that no token is to blame for (`docs/protocol.md` 6), by code where one is fewer.
MAX_RETRIES: Final = 2
_FEWER: Final = {ErrorCode.UPSTREAM_TIMEOUT: 1, ErrorCode.MODEL_UNAVAILABLE: 1, ErrorCode.UPSTREAM_INTERNAL: 1}
#: Seconds before the first such try; doubled before the next, with jitter, and never longer than the upstream asks for.
FIRST_PAUSE: Final = 0.25
LONGEST_PAUSE: Final = 5.0

#: What a failure told inside the stream says of the token, where it says anything.
_TOKEN_OF: Final[dict[ErrorCode, TokenWord]] = {ErrorCode.QUOTA: "quota", ErrorCode.OVERLOADED: "rate_limited"}
_PASSING: Final = {ErrorCode.UPSTREAM_INTERNAL, ErrorCode.UPSTREAM_TRUNCATED, ErrorCode.MODEL_UNAVAILABLE}


def error_of(failed: Failed) -> UpstreamError:
    """A failure that the upstream told inside its stream, as the error that an HTTP status would have been."""
    token = _TOKEN_OF.get(failed.code, "neutral")
    return UpstreamError(
        failed.code,
        failed.message,
        blame=Blame.UPSTREAM if token == "neutral" else Blame.TOKEN,  # noqa: S105  # not a secret
        retryable=failed.code in _PASSING,
        token=token,
        retry_after=failed.retry_after,
    )


def outcome_of(error: UpstreamError) -> Outcome:
    """What the pool is to learn about the token that was used."""
    match error.token:
        case "rate_limited":
            return outcomes.rate_limited(error.retry_after)
        case "quota":
            return outcomes.quota(error.retry_after)
        case "unauthorized":
            return outcomes.UNAUTHORIZED
        case "blocked":
            return outcomes.BLOCKED
        case "ok":
            return outcomes.OK
        case "neutral":
            return outcomes.NEUTRAL


class Retries:
    """What one job has tried so far, and whether it may try again."""

    def __init__(self) -> None:
        #: Tokens that failed this job; the pool lends them again only when there is no other.
        self.tried: list[str] = []
        self._refreshed: set[str] = set()
        self._repeated = 0

    async def permit(self, error: UpstreamError, lease: Lease, pool: TokenPool) -> bool:
        """Prepare another try after `error`; False when there is to be none.

        A token's fault moves the job to the next token at once. A refused token is refreshed first, once a job.
        """
        if error.another_token_may_help:
            if error.token != "unauthorized" or not await self._refresh(lease, pool):  # noqa: S105  # not a secret
                self.tried.append(lease.token_id)
            return True
        if not error.retryable or self._repeated >= _FEWER.get(error.code, MAX_RETRIES):
            return False
        await asyncio.sleep(_pause(self._repeated, error.retry_after))
        self._repeated += 1
        return True

    async def _refresh(self, lease: Lease, pool: TokenPool) -> bool:
        if lease.token_id in self._refreshed:
            return False
        self._refreshed.add(lease.token_id)
        return await pool.refresh_now(lease.token_id, lease.generation) is Refreshed.YES


def _pause(repeated: int, asked: float | None) -> float:
    backoff = FIRST_PAUSE * (1 << repeated) * random.uniform(0.7, 1.3)  # noqa: S311  # jitter
    return min(max(backoff, asked or 0.0), LONGEST_PAUSE)
