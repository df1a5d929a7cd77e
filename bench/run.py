"""`warp2api bench`: the whole gateway under load on this machine, and the floor of its parts in the same run.

Absolute figures move with the machine and the hour; the ratio to the floor is what to compare.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from bench import floor
from bench.load import Load, run_load
from bench.processes import Measured, child, free_port, valkey, wait_until_answers
from bench.workplace import run_gateway, workplace

Outcome = TypeVar("Outcome")

#: Chats streamed before anything is counted: imports, script loading and connections are not what a job costs.
WARM_UP = 40


#: Rounds in which gateway and floor are measured in turn, so that a machine that slows down slows both.
ROUNDS = 5


@dataclass(frozen=True)
class Round:
    """CPU milliseconds per job: of each process of the gateway, and of each part of the floor."""

    gateway: dict[str, float]
    floor: dict[str, float]
    load: Load

    @property
    def ratio(self) -> float:
        """How many times the floor the gateway costs."""
        return sum(self.gateway.values()) / sum(self.floor.values())


def main(jobs: int, concurrency: int, deltas: int, gap_ms: int) -> int:
    """Measure and print; returns the process' exit status."""
    prompt = f"[[sim:text n={deltas} gap={gap_ms / 1000} size=12]]"
    console = Console()
    share = max(1, jobs // ROUNDS)
    with ExitStack() as stack:
        environment, simulator_port = stack.enter_context(workplace())
        gateway = stack.enter_context(loaded_gateway(environment, concurrency, prompt))
        bottom = stack.enter_context(_floor(environment, simulator_port, concurrency, prompt))
        rounds = []
        for number in range(ROUNDS):
            with console.status(f"round {number + 1} of {ROUNDS}"):
                figures, load = gateway(share)
                rounds.append(Round(figures, bottom(share), load))
    console.print(_table(f"{share * ROUNDS} chats, {concurrency} at once, {deltas} deltas, {gap_ms} ms apart", rounds))
    firsts = sorted(first for one in rounds for first in one.load.first_bytes)
    p50, p99 = (firsts[min(len(firsts) - 1, int(len(firsts) * part))] * 1000 for part in (0.5, 0.99))
    wall = sum(one.load.wall for one in rounds)
    console.print(f"{share * ROUNDS / wall:.0f} jobs/s; first byte p50 {p50:.0f} ms, p99 {p99:.0f} ms")
    return 0


@contextmanager
def loaded_gateway(
    environment: Mapping[str, str], concurrency: int, prompt: str
) -> Iterator[Callable[[int], tuple[dict[str, float], Load]]]:
    """The whole gateway, warm; called with a number of jobs it streams them and tells what each process used."""
    with run_gateway(environment, "keeper", "worker", "api") as (port, processes):
        asyncio.run(run_load(port, WARM_UP, concurrency, prompt))
        yield lambda jobs: measured(processes, jobs, lambda: asyncio.run(run_load(port, jobs, concurrency, prompt)))


@contextmanager
def _floor(
    environment: Mapping[str, str], simulator_port: int, concurrency: int, prompt: str
) -> Iterator[Callable[[int], dict[str, float]]]:
    """An empty Celery task, an empty streamed answer and one upstream call, each alone."""
    port, simulator = free_port(), f"http://127.0.0.1:{simulator_port}"
    with (
        valkey() as (store, url),
        child("worker", ["-m", "bench.floor", "worker", url], environment) as worker,
        child("server", ["-m", "bench.floor", "sse", str(port)], environment) as server,
    ):
        floor.publish(url, WARM_UP)
        wait_until_answers(f"http://127.0.0.1:{port}/healthz")
        asyncio.run(run_load(port, WARM_UP, concurrency, prompt))

        def measure(jobs: int) -> dict[str, float]:
            consumed, published = measured([store, worker], jobs, lambda: floor.publish(url, jobs))
            answered, _ = measured([server], jobs, lambda: asyncio.run(run_load(port, jobs, concurrency, prompt)))
            calls = ["-m", "bench.floor", "upstream", simulator, str(jobs), str(concurrency), prompt]
            return {
                "publish an empty task": published * 1000 / jobs,
                "consume an empty task": consumed["worker"],
                "valkey, for that task": consumed["valkey"],
                "an empty streamed answer": answered["server"],
                "one upstream call": floor.upstream_call(calls, environment) * 1000 / jobs,
            }

        yield measure


def measured(processes: list[Measured], jobs: int, work: Callable[[], Outcome]) -> tuple[dict[str, float], Outcome]:
    """Do the work; returns CPU milliseconds per job that each process used meanwhile, and what came of the work."""
    before = [process.cpu() for process in processes]
    outcome = work()
    return {
        process.name: (process.cpu() - start) * 1000 / jobs for process, start in zip(processes, before, strict=True)
    }, outcome


def _table(title: str, rounds: list[Round]) -> Table:
    table = Table(title=title)
    table.add_column("CPU ms/job, the median of the rounds")
    table.add_column("", justify="right")
    for rows, total in (([one.gateway for one in rounds], "gateway"), ([one.floor for one in rounds], "floor")):
        for name in rows[0]:
            table.add_row(name, f"{median(row[name] for row in rows):.2f}")
        whole = f"{median(sum(row.values()) for row in rows):.2f}"
        table.add_row(f"{total} in all", whole, style="bold", end_section=True)
    ratios = sorted(one.ratio for one in rounds)
    table.add_row("gateway / floor", f"{median(ratios):.2f}", style="bold")
    table.add_row("  lowest and highest round", f"{ratios[0]:.2f} to {ratios[-1]:.2f}")
    return table
