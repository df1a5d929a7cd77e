"""Which fault strikes what, when: all of it follows from a seed, so that a run can be repeated."""

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    """What may happen to a part."""

    KILL = "kill"  # SIGKILL, and started again
    PAUSE = "pause"  # SIGSTOP, SIGCONT after a while
    RESTART = "restart"  # SIGTERM, and started again
    CUT = "cut"  # of the wire: every connection is reset
    STALL = "stall"  # of the wire: nothing passes for a while


@dataclass(frozen=True)
class Strike:
    """One fault. `at` is in seconds from the start, `seconds` how long it lasts (or the part stays down)."""

    at: float
    fault: Fault
    part: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.at:6.1f} s  {self.fault} {self.part} {self.seconds:.1f} s"


WORKERS: Final = ("worker-0", "worker-1")
APIS: Final = ("api-0", "api-1")
KEEPER, VALKEY, WIRE = "keeper", "valkey", "upstream"

#: Weight, fault, parts it may strike, shortest and longest duration in seconds.
_KINDS: Final = (
    (5, Fault.KILL, WORKERS, 0.3, 1.0),
    (3, Fault.PAUSE, WORKERS, 1.0, 9.0),
    (3, Fault.RESTART, WORKERS, 0.0, 0.0),
    (3, Fault.KILL, APIS, 0.3, 1.0),
    (2, Fault.PAUSE, APIS, 0.5, 3.0),
    (2, Fault.RESTART, APIS, 0.0, 0.0),
    (2, Fault.KILL, (KEEPER,), 0.3, 1.0),
    (1, Fault.PAUSE, (KEEPER,), 1.0, 6.0),
    (1, Fault.RESTART, (KEEPER,), 0.0, 0.0),
    (2, Fault.KILL, (VALKEY,), 0.1, 1.5),
    (2, Fault.PAUSE, (VALKEY,), 0.3, 3.0),
    (2, Fault.CUT, (WIRE,), 0.0, 0.0),
    (2, Fault.STALL, (WIRE,), 1.0, 3.0),
)
#: Seconds that a part is left alone after a fault: it has to start again before it can die again.
REST: Final = 8.0
#: Shortest and longest pause between two faults.
PAUSES: Final = (0.8, 3.5)


def plan(seed: int, seconds: float) -> list[Strike]:
    """The faults of a run, by time; the last ends before `seconds` are over."""
    chance = random.Random(seed)
    rested: dict[str, float] = {}
    strikes: list[Strike] = []
    at = 0.0
    while True:
        at += chance.uniform(*PAUSES)
        weights = [kind[0] for kind in _KINDS]
        _, fault, parts, shortest, longest = chance.choices(_KINDS, weights)[0]
        part, duration = chance.choice(parts), chance.uniform(shortest, longest)
        if at + duration > seconds:
            return strikes
        if rested.get(part, 0.0) <= at:
            strikes.append(Strike(round(at, 2), fault, part, round(duration, 2)))
            rested[part] = at + duration + REST
