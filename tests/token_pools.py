"""What the tests of the token pool share: a source that does as it is told, and short words for what jobs do."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from proto.errors import GatewayError
from proto.jobs import Lane
from proto.keys import Keys
from store.connection import Store
from tokens.credentials import Credential, Kind, Secret, token_id
from tokens.lease import Lease
from tokens.outcomes import Outcome
from tokens.pool import TokenPool
from tokens.settings import TokenSettings
from tokens.sources.base import RefreshError, RefreshVerdict
from tokens.verbs import TokenRow

INTERACTIVE, BATCH = Lane.INTERACTIVE, Lane.BATCH
KEYS = Keys("pool-test")


class ListedSource:
    """A source for tests: gives what it is told, refreshes as it is told."""

    def __init__(self, *credentials: Credential, tier: int = 3, name: str = "listed", standing: bool = True) -> None:
        self.credentials = list(credentials)
        self.tier = tier
        self.name = name
        self.standing = standing
        self.refreshes = 0
        self.verdict: RefreshVerdict | None = None

    @property
    def capacity(self) -> int:
        return len(self.credentials)

    async def acquire(self, n: int) -> Sequence[Credential]:
        return self.credentials[:n]

    async def refresh(self, credential: Credential) -> Credential:
        self.refreshes += 1
        if self.verdict is not None:
            raise RefreshError(self.verdict, "as told")
        return Credential(
            credential.token_id, credential.kind, Secret(f"bearer-{self.refreshes}"), credential.refresh_token
        )


def api_key(name: str) -> Credential:
    return Credential(token_id(Kind.API_KEY, name), Kind.API_KEY, Secret(f"wk-{name}"))


def firebase(name: str, bearer: str = "bearer-0", expires: int = 0) -> Credential:
    return Credential(token_id(Kind.FIREBASE, name), Kind.FIREBASE, Secret(bearer), Secret(f"refresh-{name}"), expires)


def settings(**values: Any) -> TokenSettings:
    return TokenSettings(_env_file=None, **values)


MakePool = Callable[..., Awaitable[TokenPool]]


async def row(pool: TokenPool, name: str = "") -> TokenRow:
    rows = await pool.describe()
    return next(each for each in rows if not name or each.token_id == name)


async def end_rest(store: Store, token: str) -> None:
    """Let a resting token's time be over."""
    await store.command("HSET", KEYS.pool(f"token:{token}"), "rest_until", 1)
    await store.command("ZADD", KEYS.pool("resting"), 1, token)


async def use(pool: TokenPool, outcome: Outcome, lane: Lane = INTERACTIVE, **wish: Any) -> Lease:
    async with pool.lease(lane, deadline=soon(), **wish) as lease:
        lease.outcome(outcome)
    return lease


def soon(seconds: float = 30) -> float:
    return asyncio.get_running_loop().time() + seconds


async def refused(pool: TokenPool, lane: Lane = INTERACTIVE, within: float = 0.0) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        await pool.acquire(lane, deadline=soon(within))
    return caught.value
