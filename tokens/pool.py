"""The pool of tokens that all workers share. It lives in Redis; a `TokenPool` is one process' hands on it.

Keys, all under `Keys.pool(name)`. Every verb is one script in `scripts/` and decides by Redis' own clock.

| name | type | holds | changed by |
|---|---|---|---|
| `tokens` | set | ids of all tokens | put, drop |
| `token:<id>` | hash | the facts of a token and its two secrets, sealed if keys are configured | every verb |
| `ready` | zset | tokens to lend, in the order of lending: tier, leases in flight, least recently used | every verb |
| `resting` | zset | cooling, exhausted and quarantined tokens, by the time (ms) they come back | release, lease |
| `stale` | zset | tokens that need a refresh first, by the time (ms) of the next try | release, lease, put, refresh |
| `token:<id>:calls` | string | calls an anonymous identity has left; see `sources/anonymous.py` | lease |
| `leases` | zset | lease ids, `<token>:<epoch>:<switch>:<nonce>`, by their end (ms) | lease, renew, release |
| `stats` | hash | counters `<name>:<tier>` | lease, release, put |
| `refill` | hash | who refills and until when (ms), passes done, what the sources can give | refill |

None has a TTL: the pool outlives every process, and a refresh token must never expire out of it.
"""

import asyncio
import itertools
import logging
import math
import secrets
import time
from collections.abc import AsyncIterator, Collection, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Final

import httpx
import structlog

from proto.errors import ErrorCode, GatewayError
from proto.jobs import Lane
from proto.keys import Keys
from store.connection import Store, StoreError
from store.logs import start_apart
from tokens.borrowing import Borrowing
from tokens.credentials import Sealer, SealError
from tokens.lease import Lease
from tokens.outcomes import Verdict
from tokens.refill import RefillReport, refill
from tokens.refresh import Refreshed, Refresher
from tokens.settings import TokenSettings
from tokens.sources import configured_sources
from tokens.sources.base import TokenSource
from tokens.sources.firebase import TIMEOUT
from tokens.stats import Health, PoolStats, pool_stats
from tokens.tiers import Tiers
from tokens.verbs import Granted, Reason, Refused, Switch, TokenRow, Verbs
from tokens.waiting import Turns, refusal

log = structlog.get_logger()

#: What the lender of a borrowed token is told.
_LENDER_WANTS: Final = (Verdict.RATE_LIMITED, Verdict.QUOTA, Verdict.BLOCKED, Verdict.UNAUTHORIZED)
#: Seconds after which a waiter looks again although nobody in this process gave anything back; others may have.
LOOK_BUSY: Final = 0.25
LOOK_COOLING: Final = 5.0
#: Seconds between two questions while Redis is away.
LOOK_AWAY: Final = 0.5
#: Seconds between refills that a low pool triggers in one process.
REFILL_PAUSE: Final = 5.0
#: Seconds that closing waits for running refreshes.
CLOSING: Final = 15.0


class TokenPool:
    """Lends tokens to the jobs of one process. Close it with `aclose`; `open_pool` does."""

    def __init__(self, store: Store, keys: Keys, settings: TokenSettings, sources: Sequence[TokenSource]) -> None:
        self.settings = settings
        self.sources = sources
        self.tiers = Tiers(sources)
        self.turns = Turns()
        sealer = Sealer([key.get_secret_value() for key in settings.token_encryption_key])
        self.verbs = Verbs(store, keys, sealer)
        self.refresher = Refresher(self.verbs, sources, self.turns.wake_all)
        capacity = sum(source.capacity for source in sources)
        self._configured = capacity > 0
        self._target = min(settings.pool_target, capacity)
        self._can_borrow = any(source.capacity for source in sources if not source.standing)
        self._held: dict[str, Lease] = {}
        self._process = secrets.token_hex(6)
        self.borrowing = Borrowing(store, keys, self.verbs, sources, self._process)
        self._health: tuple[Health, int, int] | None = None
        self._asked = itertools.count()
        self._tasks: set[asyncio.Task[None]] = set()
        self._refilling: asyncio.Task[None] | None = None
        self._refill_again = 0.0

    def lease(
        self, lane: Lane, exclude: Collection[str] = (), deadline: float = math.inf, wanted: str = ""
    ) -> "HeldLease":
        """A token for one request, as `async with`; see `acquire` for the arguments and what it raises."""
        return HeldLease(self, lane, exclude, deadline, wanted)

    async def acquire(
        self, lane: Lane, exclude: Collection[str] = (), deadline: float = math.inf, wanted: str = ""
    ) -> Lease:
        """Lend the best token; `release` it. While all of them cool or are busy, wait for the first.

        Args:
            lane: a batch lease never takes the last free share.
            exclude: ids of the tokens that failed this job; lent again only when there is no other.
            deadline: until when waiting makes sense, by the event loop's clock.
            wanted: id of a token to be preferred to all others, if it is ready and free now.

        Raises:
            GatewayError: OVERLOADED, QUOTA, NOT_CONFIGURED, UPSTREAM_AUTH, REFRESH_FAILED or ACCOUNT_BLOCKED.
            StoreError: Redis was away until the deadline.
        """
        switch = Switch.FIRST if exclude else Switch.NO
        refilling: asyncio.Task[None] | None = None
        while True:
            refilled = refilling is not None and refilling.done()
            given = self.turns.given
            answer = await self._ask_patiently(lane, switch, exclude, deadline, wanted)
            if isinstance(answer, Granted):
                return self._lend(answer, switch)
            switch = Switch.AGAIN if exclude else Switch.NO
            if refilling is None and self._refill_helps(answer):
                refilling = self._refill_soon(answer.reason)
            if (refilling is not None and not refilled) or answer.reason in (Reason.BUSY, Reason.REFRESHING):
                needed, look = 0.0, LOOK_BUSY
            elif answer.reason is Reason.COOLING:
                needed, look = answer.wait, min(answer.wait + 0.001, LOOK_COOLING)
            else:
                raise refusal(answer, configured=self._configured)
            left = deadline - asyncio.get_running_loop().time()
            if left <= needed:
                raise refusal(answer, configured=self._configured)
            if self.turns.given == given:
                await self.turns.wait(min(look, left))

    async def release(self, lease: Lease) -> None:
        """Give a lease back with what its holder learned. A second time does nothing; cancelling does not stop it."""
        if lease.released:
            return
        lease.released = True
        self._held.pop(lease.id, None)
        await asyncio.shield(self._spawn(self._give_back(lease)))

    async def renew_all(self) -> list[Lease]:
        """Extend all leases of this process; call it a few times in each `TOKEN_LEASE`. Those lost are returned.

        Raises:
            StoreError: Redis is away.
        """
        if not self._held:
            return []
        lost_ids = await self.verbs.renew(tuple(self._held), self.settings.token_lease)
        lost = [lease for lease in map(self._held.get, lost_ids) if lease is not None]
        for lease in lost:
            lease.lost = True
            log.warning("token.lease_lost", token=lease.token_id)
        return lost

    async def refresh_now(self, token_id: str, generation: int = -1) -> Refreshed:
        """Refresh a token that was refused (`lease.token_id`, `lease.generation`), once for all who ask.

        On `Refreshed.YES` the job may lease again; the token need not be excluded.

        Raises:
            GatewayError: NOT_CONFIGURED if the stored secrets cannot be opened.
            StoreError: Redis is away.
        """
        try:
            return await self.refresher.refresh(token_id, generation)
        except SealError as error:
            raise GatewayError(ErrorCode.NOT_CONFIGURED, f"The gateway's {error}.") from error

    async def refill(self, reason: str) -> RefillReport:
        """One pass over the sources; see `tokens/refill.py`."""
        return await refill(self, reason)

    async def pool_stats(self) -> PoolStats:
        """Counts for `/healthz`.

        Raises:
            StoreError: Redis is away.
        """
        return pool_stats(await self.verbs.snapshot(), self.settings.pool_target)

    async def describe(self) -> list[TokenRow]:
        """Every token, masked, for the operator.

        Raises:
            StoreError: Redis is away.
        """
        return (await self.verbs.snapshot()).rows

    def tell_health(self, stats: PoolStats) -> None:
        """Log how the pool is when that has changed since this process last said it."""
        told = (stats.health, stats.ready, stats.target)
        if told != self._health:
            self._health = told
            (log.info if stats.health is Health.HEALTHY else log.warning)(
                "pool.health", health=stats.health, ready=stats.ready, target=stats.target, size=stats.size
            )

    async def aclose(self) -> None:
        """Let what is being given back or refreshed end. Leases still held come back by their TTL."""
        if self._refilling is not None:
            self._refilling.cancel()
            await asyncio.gather(self._refilling, return_exceptions=True)
        await self.refresher.aclose(CLOSING)
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.borrowing.stop()

    async def _ask_patiently(
        self, lane: Lane, switch: Switch, exclude: Collection[str], deadline: float, wanted: str
    ) -> Granted | Refused:
        """Ask; while Redis is away, ask again: a job that was accepted does not end because of that."""
        while True:
            try:
                return await self._ask(lane, switch, exclude, wanted)
            except StoreError:
                if asyncio.get_running_loop().time() + LOOK_AWAY >= deadline:
                    raise
                await asyncio.sleep(LOOK_AWAY)

    async def _ask(self, lane: Lane, switch: Switch, exclude: Collection[str], wanted: str) -> Granted | Refused:
        """One round trip. A lease that is granted while its asker is being cancelled is given back."""
        nonce = f"{self._process}{next(self._asked):x}"
        settings = self.settings
        asked = asyncio.ensure_future(
            self.verbs.lease(
                nonce, settings.token_lease, lane, settings.token_concurrency, switch, tuple(exclude), wanted
            )
        )
        try:
            return await asyncio.shield(asked)
        except asyncio.CancelledError:
            asked.add_done_callback(self._give_back_unwanted)
            raise
        except SealError as error:
            raise GatewayError(ErrorCode.NOT_CONFIGURED, f"The gateway's {error}.") from error

    def _lend(self, granted: Granted, switch: Switch) -> Lease:
        lease = Lease(granted)
        self._held[lease.id] = lease
        if switch is not Switch.NO:
            log.info("pool.switched_to_standby", token=lease.token_id, tier=lease.tier)
        if granted.ready * 2 < self._target and (granted.due or self._can_borrow):
            self._refill_low()
        return lease

    async def _give_back(self, lease: Lease) -> None:
        outcome = lease.learned
        try:
            stands, cause = await self.verbs.release(lease.id, outcome)
        except StoreError:
            # It comes back by its TTL; what was learned, the next job learns again.
            log.warning("token.release_failed", token=lease.token_id, outcome=outcome.verdict)
            return
        self.turns.wake_one()
        if outcome.verdict in _LENDER_WANTS and self.borrowing.lends(lease.tier):
            self._spawn(self.borrowing.report(lease.token_id, lease.tier, outcome))
        if outcome.verdict is Verdict.BLOCKED:
            log.error("token.account_blocked", token=lease.token_id, tier=lease.tier)
        elif outcome.verdict not in (Verdict.OK, Verdict.NEUTRAL):
            log.warning(
                "token.limited",
                token=lease.token_id,
                outcome=outcome.verdict,
                rest=outcome.rest,
                stands=stands,
                cause=cause,
            )

    def _give_back_unwanted(self, asked: "asyncio.Future[Granted | Refused]") -> None:
        if not asked.cancelled() and asked.exception() is None and isinstance(granted := asked.result(), Granted):
            self._spawn(self._give_back(Lease(granted)))

    def _refill_helps(self, answer: Refused) -> bool:
        """A merely busy or cooling pool is not empty; one with tokens to refresh or to borrow is."""
        if answer.due > 0:
            return True
        if answer.reason is Reason.EMPTY:
            return self._configured
        low_on_hope = answer.reason in (Reason.DEAD, Reason.QUARANTINED, Reason.EXHAUSTED)
        return (low_on_hope or self._can_borrow) and time.monotonic() >= self._refill_again

    def _refill_low(self) -> None:
        if time.monotonic() >= self._refill_again:
            self._refill_soon("low")

    def _refill_soon(self, reason: str) -> asyncio.Task[None]:
        """The refill that runs in this process, started if there is none."""
        if self._refilling is None or self._refilling.done():
            self._refilling = start_apart(self._refill_logged(reason), name="pool-refill")
        return self._refilling

    async def _refill_logged(self, reason: str) -> None:
        try:
            await refill(self, reason)
        except (StoreError, SealError) as error:
            log.warning("pool.refill_failed", reason=reason, error=str(error))
        finally:
            self._refill_again = time.monotonic() + REFILL_PAUSE
            self.turns.wake_all()

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


class HeldLease:
    """What `TokenPool.lease` gives to `async with`; the lease ends with the block, however that ends."""

    def __init__(self, pool: TokenPool, lane: Lane, exclude: Collection[str], deadline: float, wanted: str) -> None:
        self._pool = pool
        self._wish = (lane, exclude, deadline, wanted)
        self._lease: Lease | None = None

    async def __aenter__(self) -> Lease:
        self._lease = await self._pool.acquire(*self._wish)
        return self._lease

    async def __aexit__(self, *_: object) -> None:
        if self._lease is not None:
            await self._pool.release(self._lease)


@asynccontextmanager
async def open_pool(
    settings: TokenSettings, store: Store, keys: Keys, *, borrows: bool = True
) -> AsyncIterator[TokenPool]:
    """A process' pool with the sources its settings name. The first refill is the caller's, or the first lease's.

    A process that `borrows` takes its turns in renewing borrowed tokens, and gives them back if it is the last to go.
    """
    _mask_query_in_logs()
    async with httpx.AsyncClient(timeout=TIMEOUT) as http:
        pool = TokenPool(store, keys, settings, configured_sources(settings, http, store, keys))
        if borrows:
            pool.borrowing.start()
        try:
            yield pool
        finally:
            await pool.aclose()


def _mask_query_in_logs() -> None:
    """Httpx logs each request's URL, and the token endpoint's carries the web key."""
    logger = logging.getLogger("httpx")
    if _without_query not in logger.filters:
        logger.addFilter(_without_query)


def _without_query(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):
        record.args = tuple(arg.copy_with(query=None) if isinstance(arg, httpx.URL) else arg for arg in record.args)
    return True
