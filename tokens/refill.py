"""Keeping the pool filled: what a pass does, and the decisions it takes, which are pure."""

import asyncio
import secrets
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from tokens.credentials import Credential, Kind
from tokens.refresh import Refreshed
from tokens.sources.added import Added
from tokens.sources.base import LendingSource, SourceError, TokenSource
from tokens.stats import pool_stats, usable_rows
from tokens.verbs import State, TokenRow

if TYPE_CHECKING:
    from tokens.pool import TokenPool

log = structlog.get_logger()

#: Seconds a pass may hold the lock, and what it gives the sources and the refreshes; what takes longer goes on alone.
LOCK: Final = 20.0
PATIENCE: Final = 4.0
#: Seconds between looks at a pass that another process does.
LOOK: Final = 0.1
_NOT_REFRESHED: Final = (State.DEAD, State.WITHDRAWN, State.QUARANTINED, State.PAUSED)
#: How long a withdrawn token is remembered; until then an operator may bring it back, rotated token and all.
REMEMBER: Final = 30 * 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class RefillReport:
    """What one pass did; `ours` is False when another process did it and this one only waited."""

    reason: str
    ours: bool
    created: int = 0
    refreshed: int = 0
    unrefreshed: int = 0
    withdrawn: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a pass will do to the tokens it found."""

    refresh: list[TokenRow]
    withdraw: list[str]
    drop: list[str]


def plan(
    rows: Sequence[TokenRow], standing: Mapping[str, set[str]], borrowed: set[str], now: int, window: float
) -> Plan:
    """Decide on all tokens.

    Args:
        rows: the pool.
        standing: by name of a standing source the ids it lists. What it no longer lists is withdrawn; a token that
            died while listed stays as it is, else the same credential would join again as new.
        borrowed: names of this process' other sources; their dead are dropped. Tokens of sources unknown here are
            somebody else's to judge.
        now: Unix ms by Redis' clock.
        window: seconds before the end of a bearer at which it is refreshed.
    """
    unlisted = [row for row in rows if row.source in standing and row.token_id not in standing[row.source]]
    # An anonymous identity is never made anew, so it stays as it is, and says why.
    dead = [row for row in rows if row.state is State.DEAD and row.source in borrowed and row.kind != Kind.ANONYMOUS]
    dead += [row for row in unlisted if row.state is State.DEAD]
    forgotten = [row for row in rows if row.state is State.WITHDRAWN and now - row.withdrawn > REMEMBER]
    gone = {row.token_id for row in unlisted}
    paused_or_gone = (State.DEAD, State.WITHDRAWN, State.PAUSED)
    return Plan(
        refresh=[row for row in rows if row.token_id not in gone and wants_refresh(row, now, window)],
        withdraw=[row.token_id for row in unlisted if row.state not in paused_or_gone],
        drop=[row.token_id for row in (*dead, *forgotten)],
    )


def wants_refresh(row: TokenRow, now: int, window: float) -> bool:
    """Whether to refresh now: its bearer is of no use, or ends within the window or up to half as much earlier.

    How much earlier is the token's own and new with each generation, so that tokens of one age do not go all at once.
    """
    if not row.refreshable or row.state in _NOT_REFRESHED or row.not_before > now:
        return False
    if row.stale:
        return True
    jitter = zlib.crc32(f"{row.token_id}:{row.generation}".encode()) / 2**32
    return 0 < row.expires <= now + window * (1 + jitter / 2) * 1000


def lacking(rows: Sequence[TokenRow], target: int, tier: int) -> int:
    """How many tokens to ask a source of this tier for; resting ones count, for they come back.

    Those of worse tiers do not: they stand in, and are no reason to leave a better tier alone.
    """
    return max(0, target - sum(row.tier <= tier for row in usable_rows(rows)))


async def refill(pool: "TokenPool", reason: str) -> RefillReport:
    """One pass: the sources' tokens join, those of no more use leave, what runs out is refreshed.

    Only one process does it at a time; the others wait until that one is done.

    Raises:
        StoreError: Redis is away.
    """
    owner, seen = secrets.token_hex(8), -1
    while True:
        told, passes = await pool.verbs.refill_begin(owner, LOCK, seen)
        if told == "done":
            return RefillReport(reason, ours=False)
        if told == "mine":
            break
        seen = passes
        await asyncio.sleep(LOOK)
    capacity = sum(source.capacity for source in pool.sources)
    try:
        capacity += sum(row.source == Added.name for row in (await pool.verbs.snapshot()).rows)
        return await _pass(pool, reason, capacity)
    finally:
        await asyncio.shield(pool.verbs.refill_end(owner, capacity))
        pool.turns.wake_all()


async def _pass(pool: "TokenPool", reason: str, capacity: int) -> RefillReport:
    await pool.refresher.offer_rotated()
    due = pool.tiers.due()
    # Standing sources give all they have, so none waits for another; the others are asked in order, for what lacks.
    steady = [source for source in due if source.standing]
    told = await asyncio.gather(*[_ask(pool, source) for source in steady])
    standing = {source.name: listed for source, (_, listed) in zip(steady, told, strict=True) if listed}
    created = sum(joined for joined, _ in told)
    for source in due:
        if not source.standing:
            created += (await _ask(pool, source))[0]
    # What was lent to this deployment is given back when it dies, which is `tokens/borrowing.py`'s to do.
    borrowed = {each.name for each in pool.sources if not each.standing and not isinstance(each, LendingSource)}
    snapshot = await pool.verbs.snapshot()
    todo = plan(snapshot.rows, standing, borrowed, snapshot.now, pool.settings.refresh_window)
    withdrawn = await pool.verbs.withdraw(todo.withdraw)
    dropped = await pool.verbs.drop(todo.drop)
    refreshed = await _refresh_all(pool, todo.refresh)
    report = RefillReport(
        reason,
        ours=True,
        created=created,
        refreshed=refreshed,
        unrefreshed=len(todo.refresh) - refreshed,
        withdrawn=withdrawn,
        dropped=dropped,
    )
    snapshot = await pool.verbs.snapshot()
    pool.tiers.lending(min((row.tier for row in usable_rows(snapshot.rows)), default=None))
    stats = pool_stats(snapshot._replace(capacity=capacity or snapshot.capacity), pool.settings.pool_target)
    pool.tell_health(stats)
    changed = created or todo.refresh or withdrawn or dropped
    (log.info if changed else log.debug)(
        "pool.refilled", reason=reason, size=stats.size, ready=stats.ready, created=created, refreshed=refreshed,
        unrefreshed=report.unrefreshed, withdrawn=withdrawn, dropped=dropped, health=stats.health,
    )  # fmt: skip
    return report


async def _ask(pool: "TokenPool", source: TokenSource) -> tuple[int, set[str]]:
    """How many tokens joined, and the ids of all that the source gave."""
    rows = (await pool.verbs.snapshot()).rows
    wanted = source.capacity if source.standing else lacking(rows, pool.settings.pool_target, source.tier)
    if wanted == 0:
        return 0, set()
    try:
        async with asyncio.timeout(PATIENCE):
            credentials = await _acquire(source, wanted, rows)
    except (SourceError, TimeoutError) as error:
        pool.tiers.failed(source, str(error) or f"no answer within {PATIENCE:g} s")
        return 0, set()
    pool.tiers.worked(source)
    told = await asyncio.gather(*[pool.verbs.put(each, source.tier, source.name) for each in credentials])
    if "created" in told:
        pool.turns.wake_all()
    return told.count("created"), {each.token_id for each in credentials}


async def _acquire(source: TokenSource, wanted: int, rows: Sequence[TokenRow]) -> Sequence[Credential]:
    if isinstance(source, LendingSource):
        return await source.borrow(wanted, [row.token_id for row in rows if row.source == source.name])
    return await source.acquire(wanted)


async def _refresh_all(pool: "TokenPool", rows: Sequence[TokenRow]) -> int:
    """How many were refreshed in time; slow ones go on by themselves."""
    if not rows:
        return 0
    tasks = [asyncio.create_task(pool.refresher.refresh(row.token_id, row.generation)) for row in rows]
    done, late = await asyncio.wait(tasks, timeout=PATIENCE)
    for task in late:
        task.cancel()  # the waiting, not the refresh
    await asyncio.gather(*late, return_exceptions=True)
    return sum(task.exception() is None and task.result() is Refreshed.YES for task in done)
