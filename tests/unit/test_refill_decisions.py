"""What a refill decides, without a store and without a clock."""

from itertools import pairwise
from typing import Any

import pytest

from tokens.refill import REMEMBER, lacking, plan, wants_refresh
from tokens.stats import Health, by_tier, health, pool_stats, total
from tokens.verbs import Snapshot, State, TokenRow

NOW = 1_800_000_000_000
WINDOW = 300.0


def row(token_id: str = "tk-a", **facts: Any) -> TokenRow:
    known: dict[str, Any] = {
        "tier": 3, "source": "own", "kind": "firebase", "account": "", "state": State.READY, "cause": "",
        "in_flight": 0, "expires": NOW + 3_600_000, "rests_until": 0, "generation": 1, "refreshable": True,
        "stale": False, "not_before": 0, "strikes": 0, "withdrawn": 0,
    }  # fmt: skip
    return TokenRow(token_id=token_id, **{**known, **facts})


# Refreshing


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ({}, False),
        ({"expires": NOW + 299_000}, True),
        ({"expires": NOW - 1}, True),
        ({"expires": NOW + 451_000}, False),
        ({"expires": 0}, False),
        ({"stale": True, "state": State.STALE, "expires": 0}, True),
        ({"stale": True, "state": State.STALE, "not_before": NOW + 1}, False),
        ({"stale": True, "state": State.STALE, "not_before": NOW}, True),
        ({"stale": True, "state": State.COOLING}, True),
        ({"expires": NOW + 1000, "refreshable": False}, False),
        ({"expires": NOW + 1000, "state": State.DEAD}, False),
        ({"expires": NOW + 1000, "state": State.WITHDRAWN}, False),
        ({"expires": NOW + 1000, "state": State.QUARANTINED}, False),
        ({"expires": NOW + 1000, "state": State.COOLING}, True),
        ({"expires": NOW + 1000, "state": State.EXHAUSTED}, True),
    ],
)
def test_what_is_refreshed(facts: dict[str, Any], wanted: bool) -> None:
    assert wants_refresh(row(**facts), NOW, WINDOW) is wanted


def test_tokens_of_one_age_are_not_refreshed_at_once() -> None:
    rows = [row(f"tk-{i}", expires=NOW + 600_000) for i in range(200)]
    due_by_second = [sum(wants_refresh(each, NOW + at * 1000, WINDOW) for each in rows) for at in range(120, 310, 15)]
    assert due_by_second[0] == 0
    assert due_by_second[-1] == 200
    steps = [after - before for before, after in pairwise(due_by_second)]
    assert max(steps) < 40


def test_the_spread_is_new_with_each_generation() -> None:
    facts = {"expires": NOW + 375_000}
    assert len({wants_refresh(row(generation=n, **facts), NOW, WINDOW) for n in range(20)}) == 2


# Leaving


def test_a_live_token_that_is_not_listed_any_more_is_withdrawn() -> None:
    rows = [row("tk-kept"), row("tk-gone"), row("tk-resting", state=State.COOLING)]
    decided = plan(rows, {"own": {"tk-kept"}}, set(), NOW, WINDOW)
    assert decided.withdraw == ["tk-gone", "tk-resting"]
    assert decided.drop == []


def test_a_dead_token_stays_known_while_listed() -> None:
    dead = row(state=State.DEAD)
    assert plan([dead], {"own": {"tk-a"}}, set(), NOW, WINDOW).drop == []
    assert plan([dead], {"own": {"tk-b"}}, set(), NOW, WINDOW).drop == ["tk-a"]


def test_dead_borrowed_tokens_are_dropped() -> None:
    rows = [row("tk-dead", state=State.DEAD, source="lender"), row("tk-live", source="lender")]
    decided = plan(rows, {}, {"lender"}, NOW, WINDOW)
    assert (decided.drop, decided.withdraw) == (["tk-dead"], [])


def test_tokens_of_sources_unknown_here_are_left_alone() -> None:
    rows = [row(source="elsewhere"), row("tk-b", state=State.DEAD, source="elsewhere")]
    decided = plan(rows, {"own": {"tk-c"}}, {"lender"}, NOW, WINDOW)
    assert (decided.drop, decided.withdraw) == ([], [])


def test_withdrawn_tokens_are_remembered_for_long_but_not_forever() -> None:
    fresh = row("tk-fresh", state=State.WITHDRAWN, withdrawn=NOW - REMEMBER + 1)
    old = row("tk-old", state=State.WITHDRAWN, withdrawn=NOW - REMEMBER - 1)
    decided = plan([fresh, old], {"own": {"tk-a"}}, set(), NOW, WINDOW)
    assert (decided.drop, decided.withdraw, decided.refresh) == (["tk-old"], [], [])


def test_what_leaves_is_not_refreshed() -> None:
    assert plan([row(expires=NOW + 1000)], {"own": {"tk-b"}}, set(), NOW, WINDOW).refresh == []


# Joining


@pytest.mark.parametrize(
    ("states", "missing"),
    [
        ([], 3),
        ([State.READY], 2),
        ([State.READY, State.COOLING, State.EXHAUSTED], 0),
        ([State.DEAD, State.WITHDRAWN, State.READY], 2),
        ([State.READY] * 5, 0),
    ],
)
def test_how_many_are_missing(states: list[State], missing: int) -> None:
    assert lacking([row(f"tk-{i}", state=state) for i, state in enumerate(states)], 3, tier=3) == missing


def test_tokens_of_worse_tiers_only_stand_in() -> None:
    rows = [row("tk-a", tier=3), row("tk-b", tier=3), row("tk-c", tier=1)]
    assert [lacking(rows, 3, tier) for tier in (1, 2, 3)] == [2, 2, 0]


# Statistics


@pytest.mark.parametrize(
    ("known", "ready", "target", "word"),
    [
        (0, 0, 0, Health.NOT_CONFIGURED),
        (1, 0, 1, Health.DOWN),
        (3, 1, 3, Health.DEGRADED),
        (3, 2, 3, Health.HEALTHY),
        (1, 1, 1, Health.HEALTHY),
    ],
)
def test_health(known: int, ready: int, target: int, word: Health) -> None:
    assert health(known, ready, target) is word


def test_counters_are_summed_over_tiers() -> None:
    snapshot = Snapshot(NOW, {"requests:3": 5, "requests:1": 2, "switches:0": 1}, 1, 0, [row()])
    assert total(snapshot, "requests") == 7
    assert by_tier(snapshot, "requests") == {3: 5, 1: 2}
    stats = pool_stats(snapshot, 3)
    assert (stats.size, stats.target, stats.ready, stats.switches, stats.refreshes) == (1, 1, 1, 1, 0)
