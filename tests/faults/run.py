"""One run of the fault suite: a load, a plan of faults, a verdict. `python -m tests.faults.run --help`."""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import httpx

from tests.faults.clients import Ask, Client, Manner
from tests.faults.schedule import plan
from tests.faults.verdict import Figures, judge_logs, settled, together
from tests.faults.world import World, run_world

#: Of ten clients so many take their streams up again, stream plainly, and wait for a whole answer.
_MANNERS = (Manner.RESUMABLE,) * 6 + (Manner.PLAIN,) * 2 + (Manner.WHOLE,) * 2


async def run(seed: int, seconds: float, concurrency: int) -> Figures:
    """Ask for `seconds` with so many clients at once while the plan of `seed` strikes, and judge."""
    async with run_world() as world:
        return await judged(world, seed, seconds, concurrency, world.live_through(plan(seed, seconds)))


async def judged(
    world: World, seed: int, seconds: float, concurrency: int, faults: Coroutine[Any, Any, None]
) -> Figures:
    """Ask for `seconds` with so many clients at once while `faults` happen, and judge."""
    began = time.monotonic()
    asks: list[Ask] = []
    async with asyncio.TaskGroup() as group:
        group.create_task(faults)
        for number in range(concurrency):
            group.create_task(_keep_asking(world, seed * 1000 + number, began + seconds, asks))
    figures = Figures([seed], time.monotonic() - began, asks, world.strikes)
    figures.left = await settled(world)
    figures.jobs, figures.wrong = await judge_logs(world)
    figures.wrong += [f"{ask.manner} chat {ask.seed} {ask.job_ids}: {ask.wrong}" for ask in asks if ask.wrong]
    figures.exits = [
        f"{name} ended with {status} at SIGTERM"
        for name, part in world.parts.items()
        for status in part.stopped
        if status != 0
    ]
    if figures.problems():
        figures.logs = str(_keep_logs(world, seed))
    return figures


def _keep_logs(world: World, seed: int) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=f"faults-{seed}-"))
    for number, role in enumerate(world.gateway.roles):
        shutil.copyfile(role.output, folder / f"{number:02}-{role.name}.log")
    return folder


async def _keep_asking(world: World, seed: int, until: float, asks: list[Ask]) -> None:
    """One question after the other; the last is asked before `until` and heard to its end."""
    chance = random.Random(seed)
    async with httpx.AsyncClient(timeout=httpx.Timeout(40, connect=5), trust_env=False) as http:
        while time.monotonic() < until:
            ask = Ask(
                chance.randrange(1 << 30),
                chance.choice(_MANNERS),
                deltas=chance.randint(10, 60),
                gap=chance.choice((0.05, 0.1, 0.2)),
            )
            asks.append(await Client(http, world.doors, ask).run())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 20))
    parser.add_argument("--runs", type=int, default=1, help="seeds from --seed on, one after the other")
    parser.add_argument("--concurrency", type=int, default=24)
    options = parser.parse_args()
    runs: list[Figures] = []
    for seed in range(options.seed, options.seed + options.runs):
        print(f"FAULTS_SEED={seed}", flush=True)
        figures = asyncio.run(run(seed, options.seconds, options.concurrency))
        print(figures.table())
        problems = figures.problems()
        print("\n".join(problems) or "all holds", flush=True)
        runs.append(figures)
    if len(runs) > 1:
        print(f"all {len(runs)} runs together\n{together(runs).table()}")
    return 1 if any(figures.problems() for figures in runs) else 0


if __name__ == "__main__":
    sys.exit(main())
