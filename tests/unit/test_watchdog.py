"""When a consumer counts as stalled. The loop's pauses are of no length; looks are counted."""

from collections.abc import Iterator

from store.broker import BrokerError
from workers.watchdog import LOOKS, Watchdog


class Scene:
    """What the watchdog sees at each look: whether a message waits, or that the broker is away."""

    def __init__(self, *looks: bool | None, taken_at: int = -1) -> None:
        self.watchdog = Watchdog(self._waiting, self._give_up)
        self.looked = 0
        self.given_up_after: int | None = None
        self._looks: Iterator[bool | None] = iter(looks)
        self._taken_at = taken_at

    async def _waiting(self) -> bool:
        self.looked += 1
        if self.looked == self._taken_at:
            with self.watchdog.took():
                assert self.watchdog.in_hand == 1
        look = next(self._looks, True)  # at the end it always stalls, so that the run ends
        if look is None:
            raise BrokerError
        return look

    async def _give_up(self) -> None:
        self.given_up_after = self.looked


async def looks_until_given_up(scene: Scene) -> int | None:
    await scene.watchdog.run(look_every=0)
    return scene.given_up_after


async def test_messages_that_wait_and_none_that_comes_are_a_stall() -> None:
    assert await looks_until_given_up(Scene(True, True, True)) == LOOKS


async def test_an_idle_worker_is_not_stalled() -> None:
    assert await looks_until_given_up(Scene(False, False, False, False, True, True, False)) == 7 + LOOKS


async def test_a_broker_that_is_away_is_no_stall() -> None:
    assert await looks_until_given_up(Scene(True, True, None, True, True, None)) == 6 + LOOKS


async def test_a_message_taken_begins_the_count_anew() -> None:
    # Taken at the second look: the third then finds news and does not even ask.
    assert await looks_until_given_up(Scene(True, True, taken_at=2)) == 2 + LOOKS
