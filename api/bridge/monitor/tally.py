"""What happens each second, in numbers."""

import math
from collections import Counter, deque
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from api.bridge.monitor.board import Change
from proto.jobs import TERMINAL_STATUSES
from store.records import Record

#: Milliseconds that a job counts in the percentiles after its end, and how many jobs at most.
WINDOW: Final = 60_000
MOST: Final = 10_000


class Sample(NamedTuple):
    """How long a job took that has ended; milliseconds."""

    ended: int
    first_byte: int | None
    duration: int


class Tally:
    """Counts of the running second, and the times of those that ended lately.

    Args:
        since: Unix ms; what happened before is not counted.
    """

    def __init__(self, since: int) -> None:
        self._since = since
        self._counts: Counter[str] = Counter()
        self._samples: deque[Sample] = deque(maxlen=MOST)

    def take(self, changes: Sequence[Change]) -> None:
        """Take what has changed."""
        for change in changes:
            after = change.after
            if change.before is None and after.admitted >= self._since:
                self._counts["admitted"] += 1
            if after.ended is not None and (change.before is None or change.before.ended is None):
                self._end(after, after.ended)

    def _end(self, record: Record, ended: int) -> None:
        first_byte = None if record.first_output is None else record.first_output - record.admitted
        self._samples.append(Sample(ended, first_byte, ended - record.admitted))
        if ended >= self._since:
            self._counts[record.status] += 1
            self._counts["output_tokens"] += record.output_tokens or 0

    def second(self, now: int) -> dict[str, Any]:
        """The numbers of the second that ends at `now`; the next one begins."""
        counts, self._counts = self._counts, Counter()
        samples = [sample for sample in self._samples if sample.ended > now - WINDOW]
        names = ["admitted", *TERMINAL_STATUSES, "output_tokens"]
        return {
            **{str(name): counts[name] for name in names},
            "first_byte_ms": percentiles([each.first_byte for each in samples if each.first_byte is not None]),
            "duration_ms": percentiles([each.duration for each in samples]),
        }


def percentiles(values: list[int]) -> dict[str, int] | None:
    """The nearest-rank percentiles; None of nothing."""
    if not values:
        return None
    values.sort()
    return {f"p{share}": values[math.ceil(len(values) * share / 100) - 1] for share in (50, 95, 99)}
