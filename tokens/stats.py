"""The pool in numbers: what `/healthz`, metrics and `doctor` show."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tokens.verbs import Snapshot, State, TokenRow

COUNTERS: Final = (
    "requests",
    "tokens_created",
    "refreshes",
    "rate_limited",
    "switches",
    "successful_switches",
)


class Health(StrEnum):
    """How the pool is doing, in one word."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    DOWN = "down"
    NOT_CONFIGURED = "not_configured"


@dataclass(frozen=True, slots=True)
class PoolStats:
    """`pool_stats` of `/healthz`. `target` is the configured one, or less where the sources cannot give as much."""

    size: int
    target: int
    ready: int
    requests: int
    tokens_created: int
    refreshes: int
    rate_limited: int
    switches: int
    successful_switches: int
    health: Health


def pool_stats(snapshot: Snapshot, pool_target: int) -> PoolStats:
    """Counts only; tokens that are dead, withdrawn or paused are not part of the size."""
    usable = usable_rows(snapshot.rows)
    ready = sum(row.state is State.READY for row in usable)
    capacity = pool_target if snapshot.capacity is None else snapshot.capacity
    target = min(pool_target, capacity)
    totals = {name: total(snapshot, name) for name in COUNTERS}
    return PoolStats(
        size=len(usable), target=target, ready=ready, health=health(len(snapshot.rows), ready, target), **totals
    )


def health(known: int, ready: int, target: int) -> Health:
    """Healthy from half of the target on, the mark below which a refill is triggered."""
    if known == 0:
        return Health.NOT_CONFIGURED
    if ready == 0:
        return Health.DOWN
    return Health.HEALTHY if ready * 2 >= target else Health.DEGRADED


def total(snapshot: Snapshot, name: str) -> int:
    """A counter over all tiers."""
    return sum(by_tier(snapshot, name).values())


def by_tier(snapshot: Snapshot, name: str) -> dict[int, int]:
    """A counter for each tier; tier 0 holds what no token could be named for."""
    split = ((*key.partition(":"), value) for key, value in snapshot.counters.items())
    return {int(tier): value for counter, _, tier, value in split if counter == name}


def usable_rows(rows: Iterable[TokenRow]) -> list[TokenRow]:
    """Those that can be lent, now or later."""
    return [row for row in rows if row.state not in (State.DEAD, State.WITHDRAWN, State.PAUSED)]
