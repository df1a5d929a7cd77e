"""Waiting for a token, and what a job is told when there is no use in it."""

import asyncio
import math
from collections import deque
from typing import Final

from proto.errors import ErrorCode, GatewayError
from tokens.sources.base import RefreshVerdict
from tokens.verbs import Reason, Refused

NOT_CONFIGURED: Final = (
    "No upstream credentials are configured: set WARP_API_KEY, or WARP_REFRESH_TOKEN with WARP_FIREBASE_API_KEY, "
    "or WARP_JWT."
)
REFRESH_NOT_CONFIGURED: Final = "WARP_REFRESH_TOKEN can only be used when WARP_FIREBASE_API_KEY is set as well."


class Turns:
    """Who in this process waits for a token.

    `given` counts wakes, so that none between asking and waiting is missed.
    """

    def __init__(self) -> None:
        self.given = 0
        self.waiting: deque[asyncio.Future[None]] = deque()

    def wake_one(self) -> None:
        """A share came back: the longest waiter's turn."""
        self.given += 1
        while self.waiting:
            turn = self.waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def wake_all(self) -> None:
        """The pool has changed: everybody's turn."""
        self.given += 1
        for turn in self.waiting:
            if not turn.done():
                turn.set_result(None)
        self.waiting.clear()

    async def wait(self, seconds: float) -> None:
        """Until it is this waiter's turn, or the time is up."""
        turn = asyncio.get_running_loop().create_future()
        self.waiting.append(turn)
        try:
            await asyncio.wait([turn], timeout=seconds)
        finally:
            if not turn.done():
                self.waiting.remove(turn)
                turn.cancel()


def refusal(refused: Refused, *, configured: bool) -> GatewayError:
    """The error for a job that no token can be had for."""
    retry_after = float(max(1, math.ceil(refused.wait)))
    match refused.reason:
        case Reason.BUSY:
            return GatewayError(ErrorCode.OVERLOADED, "All upstream accounts are busy.", retry_after=1)
        case Reason.COOLING:
            return GatewayError(
                ErrorCode.OVERLOADED, "All upstream accounts are rate limited.", retry_after=retry_after
            )
        case Reason.STALE | Reason.REFRESHING:
            if refused.detail == RefreshVerdict.CONFIG:
                return GatewayError(ErrorCode.NOT_CONFIGURED, REFRESH_NOT_CONFIGURED)
            if refused.detail == RefreshVerdict.SEALED:
                return GatewayError(ErrorCode.NOT_CONFIGURED, "No key in TOKEN_ENCRYPTION_KEY opens the stored tokens.")
            return GatewayError(
                ErrorCode.REFRESH_FAILED, "The upstream login could not be renewed just now.", retry_after=retry_after
            )
        case Reason.QUARANTINED:
            return GatewayError(
                ErrorCode.UPSTREAM_AUTH, "The upstream refuses the gateway's credentials.", retry_after=retry_after
            )
        case Reason.EXHAUSTED:
            return GatewayError(ErrorCode.QUOTA, "The upstream accounts have used up their credits.")
        case Reason.DEAD:
            if refused.detail == "blocked":
                return GatewayError(ErrorCode.ACCOUNT_BLOCKED, "The upstream has blocked the gateway's account.")
            return GatewayError(ErrorCode.UPSTREAM_AUTH, "The gateway's upstream accounts need a new login.")
        case Reason.PAUSED:
            return GatewayError(ErrorCode.UNAVAILABLE, "The operator has paused the upstream accounts.", retry_after=30)
        case Reason.EMPTY:
            if configured:
                return GatewayError(ErrorCode.REFRESH_FAILED, "No source of upstream accounts answers.", retry_after=5)
            return GatewayError(ErrorCode.NOT_CONFIGURED, NOT_CONFIGURED)
