"""The pool as a table for people. Pure: rows in, a rich table out."""

from typing import Final

from rich.table import Table
from rich.text import Text

from tokens.stats import PoolStats
from tokens.verbs import State, TokenRow

_STYLES: Final = {
    State.READY: "green",
    State.COOLING: "yellow",
    State.STALE: "yellow",
    State.QUARANTINED: "yellow",
    State.EXHAUSTED: "red",
    State.DEAD: "bold red",
    State.WITHDRAWN: "dim",
    State.PAUSED: "cyan",
}


def token_table(rows: list[TokenRow], stats: PoolStats, now: int, concurrency: int) -> Table:
    """All tokens and, below, the pool in one line.

    Args:
        rows: the tokens.
        stats: the pool's counts.
        now: Unix ms by Redis' clock.
        concurrency: leases a token may have at once; 0 for no limit.
    """
    table = Table(caption=summary(stats), caption_justify="left", box=None, pad_edge=False, header_style="bold")
    for title in ("TOKEN", "TIER", "ACCOUNT", "STATE", "IN FLIGHT", "EXPIRES", "LIMITS", "LAST ERROR"):
        table.add_column(title, no_wrap=title != "LAST ERROR", justify="right" if title == "IN FLIGHT" else "left")
    for row in rows:
        table.add_row(
            row.token_id,
            f"{row.tier} {row.source}",
            row.account or "-",
            Text(row.state, _STYLES[row.state]),
            f"{row.in_flight}/{concurrency}" if concurrency else str(row.in_flight),
            "never" if row.expires == 0 else when(row.expires - now),
            limits(row, now),
            last_error(row, now),
        )
    return table


def summary(stats: PoolStats) -> str:
    """`pool_stats` as one sentence."""
    return (
        f"{stats.health}: {stats.ready} of {stats.target} ready, {stats.size} in the pool; "
        f"{stats.requests} requests, {stats.rate_limited} rate limited, "
        f"{stats.successful_switches} of {stats.switches} switches successful, {stats.refreshes} refreshes"
    )


def limits(row: TokenRow, now: int) -> str:
    """How long a token rests, if it does."""
    if row.state in (State.COOLING, State.EXHAUSTED, State.QUARANTINED):
        return f"back {when(row.rests_until - now)}"
    if row.state is State.STALE and row.not_before > now:
        return f"refresh {when(row.not_before - now)}"
    return "-"


def last_error(row: TokenRow, now: int) -> str:
    """The latest bad word about a token and how long ago, and the cause of its state where that is another."""
    if not row.last:
        return row.cause or "-"
    told = f"{row.last} {when(row.last_at - now)}"
    return told if row.cause in row.last else f"{row.cause}, {told}"


def when(milliseconds: int) -> str:
    """A distance in time as people say it."""
    seconds = abs(milliseconds) / 1000
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            amount = f"{seconds / size:.0f} {unit}"
            break
    else:
        amount = f"{seconds:.0f} s"
    return f"in {amount}" if milliseconds > 0 else f"{amount} ago"
