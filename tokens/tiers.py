"""Which tiers are asked now: one that failed is left alone for growing pauses, and what it meant is said once."""

import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from tokens.sources.base import TokenSource

log = structlog.get_logger()

#: Seconds before a source that failed is asked again, doubled with each failure in a row, and the longest.
PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 600.0


class Tiers:
    """What this process remembers of its sources."""

    def __init__(self, sources: Sequence[TokenSource], clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sources = sorted(sources, key=lambda source: source.tier)
        self._failures: dict[str, int] = {}
        self._again: dict[str, float] = {}
        self._reasons: dict[str, str] = {}
        self._fell: dict[str, int] = {}

    def due(self) -> list[TokenSource]:
        """The sources to ask now, best tier first; those that failed last time come after all others."""
        now = self._clock()
        due = [source for source in self._sources if self._again.get(source.name, now) <= now]
        return sorted(due, key=lambda source: source.name in self._failures)

    def failed(self, source: TokenSource, reason: str) -> None:
        """It gave nothing when it was asked; `reason` is safe to log."""
        failures = self._failures[source.name] = self._failures.get(source.name, 0) + 1
        pause = min(LONGEST_PAUSE, PAUSE * 2.0 ** min(failures - 1, 20))
        self._again[source.name] = self._clock() + pause
        self._reasons[source.name] = reason
        log.warning(
            "pool.acquire_fresh_token_failed",
            source=source.name, tier=source.tier, error=reason, failures=failures, again_in=pause,
        )  # fmt: skip

    def worked(self, source: TokenSource) -> None:
        """It gave what it has."""
        if self._failures.pop(source.name, 0):
            log.info("pool.tier_recovered", source=source.name, tier=source.tier)
        self._again.pop(source.name, None)
        self._fell.pop(source.name, None)

    def lending(self, best: int | None) -> None:
        """Say, once for each failure and tier, that a worse tier now stands in.

        Args:
            best: the best tier that has tokens; None for none at all.
        """
        for source in self._sources:
            if best is None or source.name not in self._failures or best <= source.tier:
                continue
            if self._fell.get(source.name) != best:
                self._fell[source.name] = best
                reason = self._reasons[source.name]
                log.warning(
                    "pool.fell_back_to_tier", from_tier=source.tier, tier=best, source=source.name, error=reason
                )
