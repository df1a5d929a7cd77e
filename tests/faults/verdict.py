"""What must hold when the dust has settled, and the figures of a run."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cli.simulator.texts import is_intact
from proto.events import TERMINAL_KINDS, Event, Failed, Restarted, Text, decode_events
from proto.jobs import TERMINAL_STATUSES, Status
from store.jobs import Jobs
from tests.faults.clients import Ask
from tests.faults.world import World
from tokens.credentials import Sealer
from tokens.verbs import Verbs

#: Seconds after the last fault and the last answer in which everything must have come to rest: a lease that ran out
#: while Valkey was away, a look of the reaper, a process that starts.
SETTLE: Final = 40.0
#: Seconds within which 99 of 100 disturbed clients must be served again.
RECOVERY: Final = 10.0
#: Codes with which a job may end after a fault: its worker died when output was visible, or the wire was cut.
HONEST: Final = frozenset({"interrupted", "upstream_truncated", "upstream_unreachable", "upstream_error", "cancelled"})


@dataclass
class Figures:
    """A run in numbers."""

    seeds: list[int]
    seconds: float
    asks: list[Ask]
    strikes: Counter[str]
    jobs: int = 0
    left: dict[str, Any] = field(default_factory=dict)
    #: Chats and jobs whose text or end is not what it must be.
    wrong: list[str] = field(default_factory=list)
    #: Exit statuses other than 0 of processes that were told to stop.
    exits: list[str] = field(default_factory=list)
    logs: str = ""

    @property
    def ends(self) -> Counter[str]:
        return Counter(ask.end or "none" for ask in self.asks)

    def recovery(self, share: float) -> float:
        """Seconds that disturbed clients had to wait, at a quantile."""
        times = sorted(ask.recovery for ask in self.asks if ask.recovery is not None)
        return times[min(len(times) - 1, int(len(times) * share))] if times else 0.0

    def problems(self, recovery: float = RECOVERY) -> list[str]:
        """What does not hold; nothing, if all is well. `recovery` is the most that its p99 may be, in seconds."""
        problems = [f"left over: {count} {name}" for name, count in self.left.items() if count]
        if self.recovery(0.99) >= recovery:
            problems.append(f"recovery p99 is {self.recovery(0.99):.1f} s")
        problems += [*self.wrong, *self.exits]
        return [*problems, f"what the processes said: {self.logs}"] if problems else []

    def table(self) -> str:
        """The rows of `docs/reliability.md`."""
        disturbed = sum(ask.recovery is not None for ask in self.asks)
        rows = {
            "seeds": ", ".join(map(str, self.seeds)),
            "seconds under fire": round(self.seconds),
            "faults": f"{self.strikes.total()}: "
            + ", ".join(f"{count} {name}" for name, count in sorted(self.strikes.items())),
            "chats asked": len(self.asks),
            "logs still kept, and judged": self.jobs,
            "how the chats ended": ", ".join(f"{count} {end}" for end, count in self.ends.most_common()),
            "streams taken up again": sum(ask.resumes for ask in self.asks),
            "refusals with Retry-After": sum(ask.refusals for ask in self.asks),
            "accepted and lost": self.left.get("unended", 0),
            "doubled, missing or wrong": len(self.wrong),
            "streams that felt a fault": disturbed,
            "recovery p50 / p99 / longest": " / ".join(f"{self.recovery(share):.1f} s" for share in (0.5, 0.99, 1.0)),
        }
        return "\n".join(f"| {name} | {value} |" for name, value in rows.items())


def together(runs: Sequence[Figures]) -> Figures:
    """The figures of several runs as those of one."""
    return Figures(
        [seed for run in runs for seed in run.seeds],
        sum(run.seconds for run in runs),
        [ask for run in runs for ask in run.asks],
        sum((run.strikes for run in runs), Counter()),
        sum(run.jobs for run in runs),
        dict(sum((Counter(run.left) for run in runs), Counter())),
        [wrong for run in runs for wrong in run.wrong],
    )


async def settled(world: World) -> dict[str, Any]:
    """What is left over once the world has come to rest; or, if it does not, when patience has run out."""
    until = time.monotonic() + SETTLE
    while True:
        left = await remains(world)
        if not any(left.values()) or time.monotonic() > until:
            return left
        await asyncio.sleep(0.5)  # between two looks


async def remains(world: World) -> dict[str, Any]:
    """What is left over right now: all of it must come to nothing."""
    async with world.gateway.jobs() as jobs:
        store, keys = jobs._store, jobs.keys
        statuses = [await store.command("HGET", name, "status") for name in await records(jobs)]
        verbs = Verbs(store, keys, Sealer(()))
        return {
            "unended": sum(status.decode() not in TERMINAL_STATUSES for status in statuses if status),
            "job leases": await store.command("ZCARD", keys.leases),
            "waiting": await store.command("ZCARD", keys.waiting),
            "waiting bytes": int(await store.command("GET", keys.waiting_bytes) or 0),
            "clients' jobs": len(await store.command("KEYS", keys.client("*"))),
            "token leases": sum(row.in_flight for row in (await verbs.snapshot()).rows),
            "upstream streams": world.simulator.state()["open_streams"],
        }


async def records(jobs: Jobs) -> list[bytes]:
    """The keys of all job records."""
    names: list[bytes] = await jobs._store.command("KEYS", jobs.keys.record("*"))
    return names


async def judge_logs(world: World) -> tuple[int, list[str]]:
    """Every job whose log is still kept (a client that had all of it has judged its text): how many, and what is wrong
    with their logs.
    """
    judged, wrong = 0, []
    async with world.gateway.jobs() as jobs:
        for name in await records(jobs):
            job_id = name.decode().rpartition(":")[2]
            events = [event for entry in await jobs.read(job_id) for event in decode_events(entry.data)]
            status = await jobs._store.command("HGET", name, "status")
            if status is None:
                continue  # its time was over since the names were read
            judged += 1
            if fault := _fault(status.decode(), events):
                wrong.append(f"job {job_id} ({status.decode()}): {fault}")
    return judged, wrong


def _fault(status: str, events: list[Event]) -> str:
    """What is wrong with a job's log, or nothing."""
    ends = [event for event in events if isinstance(event, TERMINAL_KINDS)]
    if len(ends) != 1 or events[-1] is not ends[0]:
        return f"{len(ends)} terminal events"
    last = ends[0]
    if isinstance(last, Failed):
        return "" if last.code in HONEST else f"failed as {last.code}: {last.message}"
    if status != Status.FINISHED:
        return "finished in the log alone"
    text = ""
    for event in events:
        if isinstance(event, Restarted):
            text = ""
        elif isinstance(event, Text):
            text += event.text
    return "" if is_intact(text) else f"its text is not whole: {text[-80:]!r}"
