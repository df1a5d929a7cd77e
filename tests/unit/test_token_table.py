"""The operator's table: what stands in it, and what never does."""

from typing import Any

import pytest
from rich.console import Console

from cli.token_desk import guess
from cli.token_table import last_error, limits, token_table, when
from tests.unit.test_refill_decisions import NOW, row
from tokens.stats import Health, PoolStats
from tokens.verbs import State

STATS = PoolStats(3, 3, 1, 9, 3, 2, 1, 1, 1, Health.DEGRADED)


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [(12_300, "in 12 s"), (0, "0 s ago"), (-90_000, "2 min ago"), (3_600_000, "in 1 h"), (-3 * 86_400_000, "3 d ago")],
)
def test_times(milliseconds: int, words: str) -> None:
    assert when(milliseconds) == words


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "-"),
        ({"state": State.COOLING, "rests_until": NOW + 12_000}, "back in 12 s"),
        ({"state": State.READY, "rests_until": NOW - 12_000}, "-"),
        ({"state": State.STALE, "not_before": NOW + 15_000}, "refresh in 15 s"),
    ],
)
def test_limits(facts: dict[str, Any], words: str) -> None:
    assert limits(row(**facts), NOW) == words


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "-"),
        ({"cause": "blocked", "last": "blocked", "last_at": NOW - 1000}, "blocked 1 s ago"),
        ({"last": "rate_limited", "last_at": NOW - 61_000}, "rate_limited 1 min ago"),
        ({"cause": "expired"}, "expired"),
        ({"cause": "config", "last": "quota", "last_at": NOW - 5000}, "config, quota 5 s ago"),
        ({"cause": "login", "last": "refresh: login", "last_at": NOW}, "refresh: login 0 s ago"),
    ],
)
def test_last_errors(facts: dict[str, Any], words: str) -> None:
    assert last_error(row(**facts), NOW) == words


def test_the_table() -> None:
    rows = [row("tk-one", account="ac-ada", in_flight=2), row("tk-two", state=State.PAUSED, expires=0, tier=1)]
    console = Console(width=160, record=True, file=None)
    with console.capture() as shown:
        console.print(token_table(rows, STATS, NOW, 8))
    lines = shown.get().splitlines()
    assert " ".join(lines[0].split()) == "TOKEN TIER ACCOUNT STATE IN FLIGHT EXPIRES LIMITS LAST ERROR"
    assert lines[1].split() == ["tk-one", "3", "own", "ac-ada", "ready", "2/8", "in", "1", "h", "-", "-"]
    assert lines[2].split() == ["tk-two", "1", "own", "-", "paused", "0/8", "never", "-", "-"]
    assert lines[3].startswith("degraded: 1 of 3 ready")


@pytest.mark.parametrize(
    ("secret", "kind"), [("wk-1.ab", "api_key"), ("eyJh.eyJz.c2ln", "jwt"), ("AMf-vBx", "refresh_token")]
)
def test_a_secret_is_recognised_by_how_it_looks(secret: str, kind: str) -> None:
    assert guess(secret) == kind
