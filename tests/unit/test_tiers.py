"""Which tiers are asked when, and what is said of it, by a clock of the test's own."""

from structlog.testing import capture_logs

from tests.token_pools import ListedSource, api_key
from tokens.tiers import LONGEST_PAUSE, PAUSE, Tiers

NEAR = ListedSource(api_key("a"), tier=1, name="near", standing=False)
EDGE = ListedSource(api_key("b"), tier=2, name="edge", standing=False)
OWN = ListedSource(api_key("c"), tier=3, name="own")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def names(tiers: Tiers) -> list[str]:
    return [source.name for source in tiers.due()]


def test_tiers_are_asked_in_order() -> None:
    assert names(Tiers([OWN, NEAR, EDGE])) == ["near", "edge", "own"]


def test_a_tier_that_failed_rests_for_growing_pauses_and_then_comes_last() -> None:
    clock = Clock()
    tiers = Tiers([NEAR, EDGE, OWN], clock)
    pause = PAUSE
    for _ in range(20):
        tiers.failed(NEAR, "away")
        clock.now += pause - 0.1
        assert names(tiers) == ["edge", "own"]
        clock.now += 0.1
        assert names(tiers) == ["edge", "own", "near"]
        pause = min(LONGEST_PAUSE, pause * 2)
    assert pause == LONGEST_PAUSE
    tiers.worked(NEAR)
    assert names(tiers) == ["near", "edge", "own"]


def test_falling_back_is_said_once_for_each_failure() -> None:
    clock = Clock()
    tiers = Tiers([NEAR, EDGE, OWN], clock)
    with capture_logs() as logs:
        tiers.lending(3)
        for _ in range(3):
            tiers.failed(NEAR, "away")
            tiers.lending(3)
        tiers.lending(2)
        tiers.lending(2)
        tiers.lending(1)
        tiers.lending(None)
        tiers.worked(NEAR)
        tiers.worked(NEAR)
    assert [each["event"] for each in logs] == [
        "pool.acquire_fresh_token_failed",
        "pool.fell_back_to_tier",
        "pool.acquire_fresh_token_failed",
        "pool.acquire_fresh_token_failed",
        "pool.fell_back_to_tier",
        "pool.tier_recovered",
    ]
    fell = [each for each in logs if each["event"] == "pool.fell_back_to_tier"]
    assert [(each["from_tier"], each["tier"], each["error"]) for each in fell] == [(1, 3, "away"), (1, 2, "away")]
