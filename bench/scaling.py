"""What each job, each delta and each open stream costs every part of a gateway: what docs/scaling.md calculates with.

Run as `python -m bench.scaling`; with `--save` the figures go to docs/scaling.json, from which `python -m bench.sizing
--write` makes the tables of the page. Upstream is the simulator over TLS and HTTP/2, so the development dependencies
are needed. It takes some three minutes a round on two cores, which should have nothing else to do.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

import httpx
from websockets.asyncio.client import connect

from bench.deployment import ROLES, Deployment, JobSizes, Look, run_deployment
from bench.held import hold_streams
from bench.load import chat_request, run_load
from bench.workplace import workplace
from proto.conversation import Conversation, Message, Role, TextPart
from proto.warp_request import RequestOptions, build_request
from workers.settings import UpstreamSettings
from workers.transport import build_client
from workers.upstream import PATH, request_headers

#: Where `--save` puts the figures.
FIGURES: Final = Path(__file__).parents[1] / "docs" / "scaling.json"

#: Worker processes: enough places for the most streams at the default WORKER_CONCURRENCY of 256.
WORKERS: Final = 4
#: Characters of a delta: three words or so, as models stream them.
SIZE: Final = 12
#: Seconds after the last stream was opened before anything is counted.
SETTLE: Final = 4.0
#: Deltas of an endless answer are worked out in advance, for so many seconds.
ENDLESS: Final = 180
#: Bytes of a large request: a coding agent's transcript.
LARGE: Final = 100_000
#: The script of chats whose cost is measured from end to end, how many there are, and how many at once.
SHORT: Final = f"[[sim:text n=1 size={SIZE}]]"
JOBS: Final = 600
AT_ONCE: Final = 64
PATIENCE: Final = 60.0


class Hold(NamedTuple):
    """So many streams held open, each with `rate` deltas a second after its first; 0: it says nothing more."""

    name: str
    streams: int
    rate: float
    padding: int = 0
    watched: bool = False

    @property
    def prompt(self) -> str:
        """The simulator's script."""
        if not self.rate:
            return f"[[sim:text n=1 size={SIZE}]][[sim:pause {ENDLESS}]][[sim:text n=1 size={SIZE}]]"
        return f"[[sim:text n={round(ENDLESS * self.rate)} gap={1 / self.rate} size={SIZE}]]"


FEW, MANY, QUICK = Hold("slow", 200, 1), Hold("slow", 1000, 1), Hold("quick", 200, 20)
SILENT, WATCHED = Hold("silent", 1000, 0), Hold("watched", 200, 1, watched=True)
#: By growing number first, so that what a process gains in memory is of the streams.
HOLDS: Final = (FEW, Hold("slow", 500, 1), MANY, QUICK, SILENT, WATCHED)
#: With processes of its own, for the same reason.
LARGE_HOLD: Final = Hold("large", 200, 1, padding=LARGE)


@dataclass(frozen=True)
class Stretch:
    """What was used between two looks."""

    before: Look
    after: Look

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.after.at - self.before.at

    def used(self) -> dict[str, float]:
        """CPU milliseconds by role, those of Valkey's main thread, and what Valkey counts."""
        before, after = self.before, self.after
        return {
            **{f"cpu.{role}": (after.cpu[role] - before.cpu[role]) * 1000 for role in ROLES},
            "cpu.valkey_main": (after.main_thread - before.main_thread) * 1000,
            **{
                f"store.{name}": after.store[name] - before.store[name]
                for name in ("commands", "scripts", "published", "bytes_in", "bytes_out")
            },
        }

    def relayed(self, name: str) -> float:
        """How many `deltas`, `entries` or `flushes` the workers wrote."""
        return self.after.relay[name] - self.before.relay[name]


@dataclass(frozen=True)
class Held:
    """One hold as measured: what there was before it, and a stretch in its midst."""

    hold: Hold
    idle: Look
    stretch: Stretch
    sizes: JobSizes
    client_bytes: int

    def per_stream_second(self, idle: Mapping[str, float]) -> dict[str, float]:
        """What a stream uses in a second, beyond what the processes use anyway."""
        seconds = self.stretch.seconds
        return {
            name: (used - idle[name] * seconds) / (self.hold.streams * seconds)
            for name, used in self.stretch.used().items()
        }

    def gained(self, read: Callable[[Look], float]) -> float:
        """How much more there was of something once the streams were open."""
        return read(self.stretch.before) - read(self.idle)

    @property
    def rate(self) -> float:
        """Deltas a second of one stream, as they were."""
        return self.stretch.relayed("deltas") / (self.hold.streams * self.stretch.seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="rounds, each with new processes; medians are told")
    parser.add_argument("--window", type=float, default=10, help="seconds that each number of streams is watched")
    parser.add_argument("--save", action="store_true", help=f"write {FIGURES.name}")
    options = parser.parse_args()
    load_before = os.getloadavg()[0]
    rounds = []
    with workplace(http2=True) as (environment, _):
        upstream = asyncio.run(upstream_bytes(environment))
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
            with run_deployment(environment, WORKERS) as deployment:
                large = asyncio.run(measure_large(deployment, options.window))
            with run_deployment(environment, WORKERS) as deployment:
                rounds.append(asyncio.run(measure(deployment, options.window, large)))
    figures = {
        "machine": {
            "when": time.strftime("%B %Y"),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "rounds": options.rounds,
            "load_before": round(load_before, 1),
        },
        **medians(rounds),
        "upstream_bytes": upstream,
    }
    text = json.dumps(figures, indent=2) + "\n"
    if options.save:
        FIGURES.write_text(text, encoding="utf-8")
    print(text, end="")
    return 0


async def measure(deployment: Deployment, window: float, large: "Held") -> dict[str, Any]:
    """One round: everything that is measured of one deployment, beside what large requests gave in another one."""
    await warm_up(deployment)
    idle_stretch = await stretch(deployment, window)
    idle = {name: used / idle_stretch.seconds for name, used in idle_stretch.used().items()}
    helds = {each: await hold(deployment, each, window) for each in HOLDS}
    jobs = await end_to_end(deployment, 0, idle)
    ended = await asyncio.to_thread(deployment.job_sizes, running=False)
    large_jobs = await end_to_end(deployment, LARGE, idle)
    helds[LARGE_HOLD] = large
    return {
        "costs": costs_of(idle, helds, jobs, large_jobs),
        "space": {**space_of(idle_stretch.after, helds), "store_ended": ended.record + ended.log},
        "client_bytes": helds[QUICK].client_bytes / helds[QUICK].stretch.relayed("deltas"),
        "holds": {f"{each.name} {each.streams}": row_of(held, idle) for each, held in helds.items()},
    }


async def measure_large(deployment: Deployment, window: float) -> "Held":
    """Streams of large requests, in a deployment that has had no others."""
    await warm_up(deployment)
    return await hold(deployment, LARGE_HOLD, window)


async def warm_up(deployment: Deployment) -> None:
    """Imports, script loading and connections are not what a chat costs."""
    await run_load(deployment.port, JOBS, AT_ONCE, SHORT)
    await asyncio.to_thread(deployment.wait_until_idle, PATIENCE)


async def stretch(deployment: Deployment, seconds: float) -> Stretch:
    """So many seconds of whatever goes on."""
    before = await asyncio.to_thread(deployment.look)
    await asyncio.sleep(seconds)
    return Stretch(before, await asyncio.to_thread(deployment.look))


async def hold(deployment: Deployment, which: Hold, window: float) -> Held:
    """Open the streams, look twice, and close them."""
    print(f"  {which.streams} streams, {which.name}", file=sys.stderr)
    idle = await asyncio.to_thread(deployment.look)
    request = chat_request(deployment.port, which.prompt, which.padding)
    async with watching(deployment, which.watched), hold_streams(deployment.port, which.streams, request) as held:
        await asyncio.sleep(SETTLE)
        bytes_before = held.bytes
        taken = await stretch(deployment, window)
        told = held.bytes - bytes_before
        sizes = await asyncio.to_thread(deployment.job_sizes, running=True)
        if held.ended:
            raise RuntimeError(f"{held.ended} of the streams ended")
    await asyncio.to_thread(deployment.wait_until_idle, PATIENCE)
    return Held(which, idle, taken, sizes, told)


@asynccontextmanager
async def watching(deployment: Deployment, wanted: bool) -> AsyncIterator[None]:
    """Somebody watches the monitor meanwhile, packets and all."""
    if not wanted:
        yield
        return
    async with connect(f"ws://127.0.0.1:{deployment.bridge_port}/ws", max_size=None) as socket:
        await socket.send(b'{"type": "hello"}', text=True)

        async def read() -> None:
            async for _ in socket:
                pass

        reading = asyncio.create_task(read())
        try:
            yield
        finally:
            reading.cancel()


async def end_to_end(deployment: Deployment, padding: int, idle: Mapping[str, float]) -> dict[str, float]:
    """What one short chat uses."""
    before = await asyncio.to_thread(deployment.look)
    await run_load(deployment.port, JOBS, AT_ONCE, SHORT, padding)
    await asyncio.to_thread(deployment.wait_until_idle, PATIENCE)
    taken = Stretch(before, await asyncio.to_thread(deployment.look))
    return {name: (each - idle[name] * taken.seconds) / JOBS for name, each in taken.used().items()}


async def upstream_bytes(environment: Mapping[str, str]) -> float:
    """Bytes of one delta as the upstream sends it, within TLS and HTTP/2."""
    base_url = environment["WARP_BASE_URL"]
    settings = UpstreamSettings(warp_base_url=base_url)
    sizes = []
    async with build_client(settings, ca_file=Path(environment["SSL_CERT_FILE"])) as client:
        for deltas in (100, 200):
            asked = Message(Role.USER, [TextPart(f"[[sim:text n={deltas} size={SIZE} gap=0]]")])
            body = build_request(Conversation("auto", [asked]), RequestOptions())
            headers = {**request_headers(settings), "authorization": "Bearer wk-bench"}
            answer = await client.post(httpx.URL(base_url + PATH), content=body, headers=headers)
            sizes.append(len(answer.raise_for_status().content))
    return (sizes[1] - sizes[0]) / 100


def costs_of(
    idle: Mapping[str, float],
    helds: Mapping[Hold, Held],
    jobs: Mapping[str, float],
    large_jobs: Mapping[str, float],
) -> dict[str, dict[str, float]]:
    """What is used, by what it is used for.

    What a second of a stream uses is taken as linear in its deltas: `delta` is the slope between slow and quick ones,
    `stream` what is left of a slow one: what flushes cost that few deltas share is in it.
    """
    each = {which: held.per_stream_second(idle) for which, held in helds.items()}
    costs = {}
    for name in idle:
        delta = (each[QUICK][name] - each[MANY][name]) / (helds[QUICK].rate - helds[MANY].rate)
        costs[name] = {
            "idle": idle[name] / (WORKERS if name == "cpu.worker" else 1),
            "job": jobs[name],
            "kb": max(0.0, large_jobs[name] - jobs[name]) / (LARGE / 1000),
            "delta": delta,
            "stream": each[MANY][name] - delta * helds[MANY].rate,
            "silent": each[SILENT][name],
            "watched": each[WATCHED][name] - each[FEW][name],
        }
    return costs


def space_of(idle: Look, helds: Mapping[Hold, Held]) -> dict[str, Any]:
    """Bytes and open files: of a process with nothing to do, and what each stream adds."""
    few, many, large = helds[FEW], helds[MANY], helds[LARGE_HOLD]
    counts = {role: WORKERS if role == "worker" else 1 for role in ROLES}
    more = MANY.streams - FEW.streams
    short, long = many.sizes, helds[QUICK].sizes
    entry = (long.log - short.log) / (long.entries - short.entries)
    first, last = few.stretch.before, many.stretch.before
    return {
        "memory": {role: idle.memory[role] / counts[role] for role in ROLES},
        "memory_per_stream": {role: (last.memory[role] - first.memory[role]) / more for role in ROLES},
        "memory_per_kb": {
            role: (large.gained(_memory_of(role)) - few.gained(_memory_of(role))) / FEW.streams / (LARGE / 1000)
            for role in ("api", "worker")
        },
        "files": {role: idle.descriptors[role] / counts[role] for role in ROLES},
        "files_per_stream": {role: (last.descriptors[role] - first.descriptors[role]) / more for role in ROLES},
        "store_connections": idle.store["connections"],
        "store_entry": entry,
        "store_stream": short.record + short.payload + short.log - short.entries * entry,
        "store_kb": (large.sizes.payload - few.sizes.payload) / (LARGE / 1000),
    }


def _memory_of(role: str) -> Callable[[Look], float]:
    return lambda look: look.memory[role]


def row_of(held: Held, idle: Mapping[str, float]) -> dict[str, float]:
    """One hold as the page tells it."""
    seconds, relayed, used = held.stretch.seconds, held.stretch.relayed, held.stretch.used()
    each = held.per_stream_second(idle)
    return {
        "streams": held.hold.streams,
        "deltas_per_second": held.rate * held.hold.streams,
        **{name: value for name, value in each.items() if name.startswith("cpu.")},
        "commands_per_second": used["store.commands"] / seconds,
        "store_bytes_per_second": (used["store.bytes_in"] + used["store.bytes_out"]) / seconds,
        "client_bytes_per_second": held.client_bytes / seconds,
        "entries_per_flush": relayed("entries") / max(1.0, relayed("flushes")),
        "deltas_per_entry": relayed("deltas") / max(1.0, relayed("entries")),
    }


def medians(rounds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The median of each number over the rounds, four digits of it."""
    merged: dict[str, Any] = {}
    for key, first in rounds[0].items():
        values = [each[key] for each in rounds]
        merged[key] = medians(values) if isinstance(first, Mapping) else float(f"{median(values):.4g}")
    return merged


if __name__ == "__main__":
    sys.exit(main())
