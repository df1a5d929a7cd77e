"""`warp2api bench`: the whole gateway under load on this machine, and the floor of its parts in the same run.

Absolute figures move with the machine and the hour; the ratio to the floor is what to compare.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from bench import floor
from bench.load import Load, run_load
from bench.processes import Measured, child, free_port, valkey, wait_until_answers

Outcome = TypeVar("Outcome")

#: Chats streamed before anything is counted: imports, script loading and connections are not what a job costs.
WARM_UP = 40


@dataclass(frozen=True)
class Figures:
    """CPU milliseconds per job, by process."""

    by_process: dict[str, float]

    @property
    def total(self) -> float:
        return sum(self.by_process.values())


def main(jobs: int, concurrency: int, deltas: int, gap_ms: int) -> int:
    """Measure and print; returns the process' exit status."""
    prompt = f"[[sim:text n={deltas} gap={gap_ms / 1000} size=12]]"
    console = Console()
    with _workplace() as (environment, simulator_port):
        with console.status("the whole gateway"):
            gateway, load = _gateway(environment, jobs, concurrency, prompt)
        with console.status("the floor"):
            bottom = _floor(environment, simulator_port, jobs, concurrency, prompt)
    console.print(_table(f"{jobs} chats, {concurrency} at once, {deltas} deltas, {gap_ms} ms apart", gateway, bottom))
    firsts = sorted(load.first_bytes)
    p50, p99 = (firsts[min(len(firsts) - 1, int(len(firsts) * share))] * 1000 for share in (0.5, 0.99))
    console.print(f"{jobs / load.wall:.0f} jobs/s; first byte p50 {p50:.0f} ms, p99 {p99:.0f} ms")
    return 0


@contextmanager
def _workplace() -> Iterator[tuple[dict[str, str], int]]:
    """A simulator, and an environment that reads none of the operator's settings."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "WARP_BASE_URL": f"http://127.0.0.1:{port}",
            "WARP_API_KEY": "wk-bench",
            "WARP_REFRESH_TOKEN": "",
            "WARP_JWT": "",
            "POOL_SERVICE_BASE_URL": "",
            "CLOUDFLARE_API_TOKEN": "",
            "CLOUDFLARE_BROKER_URL": "",
            "WARP_ANONYMOUS": "0",
            "API_TOKENS": "",
            "WARP2API_HOME": folder,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PWD": folder,
        }
        with child("simulator", ["-m", "cli.simulator", "--port", str(port)], environment):
            wait_until_answers(f"http://127.0.0.1:{port}/_sim/state")
            yield environment, port


def _gateway(environment: Mapping[str, str], jobs: int, concurrency: int, prompt: str) -> tuple[Figures, Load]:
    port = free_port()
    with ExitStack() as stack:
        store, url = stack.enter_context(valkey())
        settings = {**environment, "REDIS_URL": url, "BROKER_URL": "", "HOST": "127.0.0.1", "PORT": str(port)}
        roles = ("keeper", "worker", "api")
        processes = [store, *[stack.enter_context(child(role, ["-m", "cli.main", role], settings)) for role in roles]]
        wait_until_answers(f"http://127.0.0.1:{port}/readyz")
        asyncio.run(run_load(port, WARM_UP, concurrency, prompt))
        return _measured(processes, jobs, lambda: asyncio.run(run_load(port, jobs, concurrency, prompt)))


def _floor(environment: Mapping[str, str], simulator_port: int, jobs: int, concurrency: int, prompt: str) -> Figures:
    """An empty Celery task, an empty streamed answer and one upstream call, each alone."""
    figures: dict[str, float] = {}
    with valkey() as (store, url), child("worker", ["-m", "bench.floor", "worker", url], environment) as worker:
        floor.publish(url, WARM_UP)
        consumed, published = _measured([store, worker], jobs, lambda: floor.publish(url, jobs))
        figures["publish an empty task"] = published * 1000 / jobs
        figures["consume an empty task"] = consumed.by_process["worker"]
        figures["valkey, for that task"] = consumed.by_process["valkey"]
    port = free_port()
    with child("server", ["-m", "bench.floor", "sse", str(port)], environment) as server:
        wait_until_answers(f"http://127.0.0.1:{port}/healthz")
        asyncio.run(run_load(port, WARM_UP, concurrency, prompt))
        answered, _ = _measured([server], jobs, lambda: asyncio.run(run_load(port, jobs, concurrency, prompt)))
        figures["an empty streamed answer"] = answered.by_process["server"]
    calls = ["-m", "bench.floor", "upstream", f"http://127.0.0.1:{simulator_port}", str(jobs), str(concurrency), prompt]
    figures["one upstream call"] = floor.upstream_call(calls, environment) * 1000 / jobs
    return Figures(figures)


def _measured(processes: list[Measured], jobs: int, work: Callable[[], Outcome]) -> tuple[Figures, Outcome]:
    before = [process.cpu() for process in processes]
    outcome = work()
    used = {
        process.name: (process.cpu() - start) * 1000 / jobs for process, start in zip(processes, before, strict=True)
    }
    return Figures(used), outcome


def _table(title: str, gateway: Figures, bottom: Figures) -> Table:
    table = Table(title=title)
    table.add_column("")
    table.add_column("CPU ms/job", justify="right")
    for name, value in gateway.by_process.items():
        table.add_row(name, f"{value:.2f}")
    table.add_row("gateway in all", f"{gateway.total:.2f}", style="bold", end_section=True)
    for name, value in bottom.by_process.items():
        table.add_row(name, f"{value:.2f}")
    table.add_row("floor", f"{bottom.total:.2f}", style="bold", end_section=True)
    table.add_row("gateway / floor", f"{gateway.total / bottom.total:.2f}", style="bold")
    return table
