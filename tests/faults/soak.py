"""Tens of thousands of short jobs, and what they leave behind in memory. `python -m tests.faults.soak --help`.

The first part of the jobs fills caches, pools and the store with what is kept for a while; from then on the memory of
each process and of Redis is a straight line, whose slope must be flat.
"""

import argparse
import asyncio
import itertools
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

import httpx
import psutil

from tests.faults.clients import Ask, Client, Manner
from tests.faults.world import World, run_world

#: Seconds between two samples, and the share of the jobs after which they count.
SAMPLE_EVERY: Final = 2.0
WARM_UP: Final = 0.4
#: What a process may gain in bytes with each job, and by which share of its size over all the jobs that count. Both
#: must be passed: an allocator may take a megabyte for good at any time.
BYTES_A_JOB: Final = 100.0
GROWTH: Final = 0.1
#: Bytes that the store's scripts, connections and pool may take, however few the jobs.
STORE_FLOOR: Final = 3e6


class Sample(NamedTuple):
    """How many jobs were over, and the bytes of memory then."""

    jobs: int
    size: int


async def soak(jobs: int, concurrency: int) -> int:
    """Run the jobs, print a row for each process; returns the exit status."""
    # A short life for logs: the store reaches its plateau within the warm-up.
    async with run_world(JOB_TTL="10") as world:
        numbers = iter(range(jobs))
        done = itertools.count(1)
        samples: dict[str, list[Sample]] = defaultdict(list)
        failed: list[Ask] = []
        over = 0

        async def client() -> None:
            nonlocal over
            async with httpx.AsyncClient(timeout=40, trust_env=False) as http:
                for number in numbers:
                    manner = Manner.WHOLE if number % 2 else Manner.PLAIN
                    ask = await Client(http, world.doors, Ask(number, manner, deltas=3, gap=0)).run()
                    over = next(done)
                    if ask.end != "complete" or ask.wrong:
                        failed.append(ask)

        before = world.store_memory()
        began = time.monotonic()
        clients = [asyncio.create_task(client()) for _ in range(concurrency)]
        while not all(task.done() for task in clients):
            await asyncio.wait(clients, timeout=SAMPLE_EVERY)
            for name, size in _sizes(world).items():
                samples[name].append(Sample(over, size))
        await asyncio.gather(*clients)
        wall = time.monotonic() - began
        # How much is kept for a while depends on how fast the last jobs came; what stays when that is gone does not.
        await world.until(lambda: world.store_keys("job:") == 0, "the jobs' records to expire")
        left = world.store_memory() - before
    print(f"{jobs} jobs, {concurrency} at once, in {wall:.0f} s: {jobs / wall:.0f} jobs/s; failed: {len(failed)}")
    for ask in failed[:5]:
        print(ask)
    print("| process | at the start | at the end | bytes a job |\n|---|---:|---:|---:|")
    grown = [name for name, taken in samples.items() if _row(name, taken, jobs)]
    after = (before + left) / 1e6
    print(f"| valkey's data, with no job left | {before / 1e6:.1f} MB | {after:.1f} MB | {left / jobs:.0f} |")
    if left > max(BYTES_A_JOB * jobs, STORE_FLOOR):
        grown.append("valkey")
    print(f"grows: {', '.join(grown)}" if grown else "memory is flat")
    return 1 if grown or failed else 0


def _row(name: str, taken: Sequence[Sample], jobs: int) -> bool:
    """Print what became of a process; True if it grows."""
    counted = [sample for sample in taken if sample.jobs >= jobs * WARM_UP]
    slope = _slope(counted)
    first, last = counted[0].size, counted[-1].size
    print(f"| {name} | {first / 1e6:.1f} MB | {last / 1e6:.1f} MB | {slope:.0f} |")
    return slope > BYTES_A_JOB and slope * (counted[-1].jobs - counted[0].jobs) > first * GROWTH


def _slope(samples: Sequence[Sample]) -> float:
    """Bytes a job, by least squares."""
    middle_jobs = sum(sample.jobs for sample in samples) / len(samples)
    middle_size = sum(sample.size for sample in samples) / len(samples)
    spread = sum((sample.jobs - middle_jobs) ** 2 for sample in samples)
    return sum((s.jobs - middle_jobs) * (s.size - middle_size) for s in samples) / spread if spread else 0.0


def _sizes(world: World) -> dict[str, int]:
    return {name: psutil.Process(part.role.process.pid).memory_info().rss for name, part in world.parts.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=30_000)
    parser.add_argument("--concurrency", type=int, default=32)
    options = parser.parse_args()
    return asyncio.run(soak(options.jobs, options.concurrency))


if __name__ == "__main__":
    sys.exit(main())
