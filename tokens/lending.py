"""Lending this deployment's tokens to other deployments: what the pool service does, without its HTTP.

A lend is an ordinary lease of the pool with a longer life, so the service remembers nothing: it can be restarted, or
run twice, and what a dead borrower held comes back by its TTL.
"""

import itertools
import secrets
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from proto.jobs import Lane
from tokens.credentials import fingerprint
from tokens.outcomes import NEUTRAL, Outcome
from tokens.pool import TokenPool
from tokens.refresh import Refreshed
from tokens.sources.added import Added
from tokens.sources.own_account import OwnAccount
from tokens.verbs import Granted, Lent, Reason, Switch

#: Sources whose tokens may be lent: the operator's own accounts. What was borrowed is its lender's to lend, and an
#: anonymous identity's few calls are counted where they are made.
LENDABLE: Final = frozenset({OwnAccount.name, Added.name})


class Lend(NamedTuple):
    """A token in a borrower's hands, by the lease it is held with."""

    lease_id: str
    token: Lent


class Lending:
    """Lends from a pool. `ttl` is the seconds a lend lives without being renewed."""

    def __init__(self, pool: TokenPool, ttl: float) -> None:
        self._pool = pool
        self.ttl = ttl
        self._process = secrets.token_hex(6)
        self._asked = itertools.count()

    async def lend(self, n: int, other: Collection[str]) -> list[Lend]:
        """Up to n different tokens other than those named, the least used first; an empty pool is filled first.

        Raises:
            StoreError: Redis is away.
            SealError: a token's secret cannot be opened with the configured keys.
        """
        passed = set(other)
        passed |= {row.token_id for row in await self._pool.describe() if row.source not in LENDABLE}
        lends: list[Lend] = []
        filled = False
        while len(lends) < n:
            granted = await self._pool.verbs.lease(
                f"{self._process}{next(self._asked):x}",
                self.ttl, Lane.INTERACTIVE, self._pool.settings.token_concurrency, Switch.NO, tuple(passed),
            )  # fmt: skip
            if isinstance(granted, Granted):
                (lent,) = await self._pool.verbs.lent([granted.lease_id])
                if granted.token_id in passed or lent is None:
                    await self.release([granted.lease_id])
                    break
                passed.add(granted.token_id)
                lends.append(Lend(granted.lease_id, lent))
            elif filled or granted.reason not in (Reason.EMPTY, Reason.STALE):
                break
            else:
                filled = True
                await self._pool.refill("lend")
        return lends

    async def renew(self, lease_ids: Sequence[str]) -> list[str]:
        """Keep these leases; the ids of those that are over."""
        return await self._pool.verbs.renew(lease_ids, self.ttl) if lease_ids else []

    async def outcome(self, lease_id: str, outcome: Outcome) -> str | None:
        """Learn what the upstream made of a token; where it stands now ('' unchanged), None if the lease is over."""
        stands, _ = await self._pool.verbs.release(lease_id, outcome, keep=True)
        return None if stands == "gone" else stands

    async def refresh(self, lease_id: str, refused: str) -> tuple[Refreshed, Lent | None]:
        """The bearer that there is instead of the one whose fingerprint is given; refreshed only if it is the same.

        The token is None if the lease is over.
        """
        (lent,) = await self._pool.verbs.lent([lease_id])
        if lent is None or fingerprint(lent.bearer.reveal()) != refused:
            return Refreshed.YES, lent
        if not lent.refreshable:
            return Refreshed.NEVER, lent
        told = await self._pool.refresh_now(lent.token_id, lent.generation)
        (lent,) = await self._pool.verbs.lent([lease_id])
        return told, lent

    async def release(self, lease_ids: Sequence[str]) -> int:
        """End these leases; how many were still running."""
        told = [await self._pool.verbs.release(lease_id, NEUTRAL) for lease_id in lease_ids]
        return sum(stands != "gone" for stands, _ in told)
