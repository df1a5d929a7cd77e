"""Keeping what was borrowed, and giving it back: by one process of the deployment at a time, at the end by the last.

| name under `Keys.pool` | type | holds |
|---|---|---|
| `processes` | zset | processes that use the pool, by the time (ms) at which they count as gone |
| `renewing` | string with TTL | who renews this time |
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import structlog

from proto.keys import Keys
from store.connection import Store, StoreError
from tokens.credentials import Credential, SealError
from tokens.outcomes import Outcome, Verdict
from tokens.sources.base import LendingSource, SourceError, TokenSource
from tokens.verbs import ABSENT, PRESENT, State, Verbs

log = structlog.get_logger()

#: Seconds between two rounds of one process; a silent one counts as gone after `GONE`.
ROUND: Final = 10.0
GONE: Final = 35.0
#: Seconds for which the lender is not told the same of a token again: a hundred chats are refused at once.
TOLD: Final = 1.0
#: Seconds that giving back may take at the end.
PATIENCE: Final = 4.0


class Borrowing:
    """One process' part in it; without a source that lends it does nothing."""

    def __init__(self, store: Store, keys: Keys, verbs: Verbs, sources: Sequence[TokenSource], process: str) -> None:
        self._store = store
        self._verbs = verbs
        self._keys = [keys.pool("processes"), keys.pool("renewing")]
        self._lenders = {source.name: source for source in sources if isinstance(source, LendingSource)}
        self._tiers = {source.tier: source for source in self._lenders.values()}
        self._process = process
        self._told: dict[tuple[str, Verdict], float] = {}
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Count this process among those that use the pool, and take turns in renewing."""
        if self._lenders:
            self._running = asyncio.create_task(self._run(), name="borrowing")

    async def stop(self) -> None:
        """Leave; whoever is the last gives everything back."""
        if self._running is None:
            return
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        try:
            async with asyncio.timeout(PATIENCE):
                if await self._store.run(ABSENT, self._keys[:1], [self._process]) == 0:
                    await self.give_back_all()
        except (StoreError, SealError, TimeoutError) as error:
            log.warning("pool.not_given_back", error=str(error) or type(error).__name__)

    def lends(self, tier: int) -> bool:
        """Whether the tokens of a tier are borrowed."""
        return tier in self._tiers

    async def report(self, token_id: str, tier: int, outcome: Outcome) -> None:
        """Tell the lender what was learned of its token; if it cannot be told, it learns by itself."""
        key, now = (token_id, outcome.verdict), time.monotonic()
        if now - self._told.get(key, -TOLD) < TOLD:
            return
        self._told[key] = now
        try:
            for credential in await self._verbs.credentials([token_id]):
                await self._tiers[tier].report(credential, outcome)
        except (StoreError, SealError, SourceError) as error:
            log.warning("pool.report_failed", token=token_id, error=str(error))

    async def round(self) -> None:
        """Renew everything; what is lost leaves the pool, and what died in it is given back."""
        rows = (await self._verbs.snapshot()).rows
        for name, lender in self._lenders.items():
            mine = [row for row in rows if row.source == name]
            dead = [row.token_id for row in mine if row.state is State.DEAD]
            kept = [row.token_id for row in mine if row.state is not State.DEAD]
            try:
                if dead:
                    await lender.give_back(await self._verbs.credentials(dead))
                    await self._verbs.drop(dead)
                lost = await lender.renew(await self._verbs.credentials(kept)) if kept else ()
            except SourceError as error:
                log.warning("pool.renew_failed", source=name, tokens=len(mine), error=str(error))
                continue
            if lost:
                log.warning("pool.borrowed_lost", source=name, tokens=list(lost))
                await self._verbs.drop(lost)

    async def give_back_all(self) -> None:
        """Return what the deployment holds."""
        rows = (await self._verbs.snapshot()).rows
        for name, lender in self._lenders.items():
            mine = [row.token_id for row in rows if row.source == name]
            if not mine:
                continue
            credentials: list[Credential] = await self._verbs.credentials(mine)
            await self._verbs.drop(mine)
            try:
                await lender.give_back(credentials)
            except SourceError as error:
                log.warning("pool.not_given_back", source=name, error=str(error))
            else:
                log.info("pool.given_back", source=name, tokens=len(mine))

    async def _run(self) -> None:
        while True:
            try:
                if await self._store.run(PRESENT, self._keys, [self._process, round(GONE * 1000), round(ROUND * 900)]):
                    await self.round()
            except (StoreError, SealError) as error:
                log.warning("pool.renew_failed", error=str(error))
            await asyncio.sleep(ROUND)
