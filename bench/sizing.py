"""The tables of docs/scaling.md, and a plan for a load of yours.

Run as `python -m bench.sizing --streams 5000 --rate 10`; `--write` puts the tables into the page.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from bench.plan import Figures, Load, limits, plan

DOCS: Final = Path(__file__).parents[1] / "docs"

#: The loads that the page calculates, by what it calls them.
SHAPES: Final = {
    "quick": Load(1, rate=20, seconds=30, kb=10),
    "slow": Load(1, rate=2, seconds=60, kb=100),
}
SIZES: Final = (1_000, 10_000, 100_000)
TOKEN_CONCURRENCIES: Final = (10, 100)

_CALLED: Final = {
    "cpu.valkey_main": "Valkey's main thread, CPU ms",
    "cpu.api": "front door, CPU ms",
    "cpu.worker": "worker, CPU ms",
    "cpu.keeper": "keeper, CPU ms",
    "cpu.bridge": "bridge, CPU ms",
    "store.commands": "commands that Valkey runs, those in scripts included",
    "store.scripts": "scripts among them",
    "store.bytes_in": "bytes to Valkey",
    "store.bytes_out": "bytes from Valkey",
}


def read_figures() -> Figures:
    """What was measured last."""
    return msgspec.json.decode((DOCS / "scaling.json").read_bytes(), type=Figures)


def of_size(shape: Load, streams: int) -> Load:
    """The same chats, so many at once."""
    return replace(shape, streams=streams)


def blocks(figures: Figures) -> dict[str, str]:
    """The generated parts of the page by name."""
    machine = figures.machine
    return {
        "machine": f"{machine['when']}, {machine['cores']:.0f} cores, Python {machine['python']}, "
        f"medians of {machine['rounds']:.0f} rounds; load of the machine before: {machine['load_before']}.",
        "costs": costs_table(figures),
        "space": space_table(figures),
        "holds": holds_table(figures),
        "limits": limits_table(figures),
        **{name: plan_table(figures, shape) for name, shape in SHAPES.items()},
    }


def costs_table(figures: Figures) -> str:
    """What is used, by what it is used for."""
    head = ("", "a process, each second", "a job", "each kB of its request", "a delta", "a stream, each second")
    rows = []
    for name, called in _CALLED.items():
        cost = figures.costs[name]
        idle = "" if name.startswith("store.") else number(cost.idle)
        rows.append(
            (
                called,
                idle,
                *[number(max(0, each)) for each in (cost.job, cost.kb, cost.delta, cost.stream, cost.silent)],
            )
        )
    return table((*head, "a silent stream, each second"), rows)


def space_table(figures: Figures) -> str:
    """Memory and open files."""
    space = figures.space
    roles = {"api": "front door", "worker": "worker", "keeper": "keeper", "bridge": "bridge"}
    rows = [
        (
            called,
            size(space.memory[role]),
            size(max(0, space.memory_per_stream[role])),
            size(max(0, space.memory_per_kb.get(role, 0))),
            number(space.files[role]),
            number(max(0, space.files_per_stream[role])),
        )
        for role, called in roles.items()
    ]
    head = ("", "memory with nothing to do", "a stream", "each kB of its request", "open files", "a stream")
    stored = (
        ("a running job", size(space.store_stream)),
        ("each kB of its request, until it has ended", size(space.store_kb)),
        ("an entry of its log (a delta, where none share one)", size(space.store_entry)),
        ("a job that has ended, with one entry of output", size(space.store_ended)),
    )
    return table(head, rows) + "\n\n" + table(("in Valkey", "memory"), stored)


def holds_table(figures: Figures) -> str:
    """Streams held open, as they were measured."""
    head = (
        "streams",
        "deltas/s of all",
        "Valkey",
        "front door",
        "worker",
        "bridge",
        "commands/s",
        "Valkey's network",
    )
    rows = []
    for name, row in figures.holds.items():
        kind = name.split()[0]
        streams = f"{row['streams']:.0f}" + {
            "silent": ", silent", "large": ", requests of 100 kB", "watched": ", watched in the monitor"
        }.get(kind, "")  # fmt: skip
        cpu = [number(max(0, row[f"cpu.{role}"])) for role in ("valkey", "api", "worker", "bridge")]
        network = f"{size(row['store_bytes_per_second'])}/s"
        rows.append((streams, number(row["deltas_per_second"]), *cpu, number(row["commands_per_second"]), network))
    return table(head, rows)


def limits_table(figures: Figures) -> str:
    """Where each part gets full, for either kind of load."""
    rows: dict[str, list[str]] = {}
    for shape in SHAPES.values():
        for streams, what in limits(figures, of_size(shape, 10_000)):
            rows.setdefault(what, []).append(f"{round_down(streams):,}")
    head = ("full is", *[f"{name}: streams" for name in SHAPES])
    return table(head, [(what, *found) for what, found in rows.items()])


def plan_table(figures: Figures, shape: Load) -> str:
    """What one kind of load needs at each size."""
    made = [plan_rows(figures, of_size(shape, streams)) for streams in SIZES]
    head = ("", *[f"{streams:,} streams" for streams in SIZES])
    return table(head, [(label, *[rows[label] for rows in made]) for label in made[0]])


def plan_rows(figures: Figures, load: Load) -> dict[str, str]:
    """What one load needs, in words and numbers."""
    made = plan(figures, load)
    passed = [what for streams, what in limits(figures, load) if streams < load.peak]
    return {
        "jobs a second": number(load.jobs),
        "deployments, each with a Valkey": number(made.deployments),
        "front doors in all": number(made.doors),
        "workers in all": number(made.workers),
        "places of a worker": number(made.places),
        "CPU cores in use": number(made.cores),
        "memory": size(made.memory),
        "each Valkey: its main thread's core": f"{made.store_core:.0%}",
        "each Valkey: memory": size(made.store_memory),
        "each Valkey: network": f"{size(made.store_network)}/s",
        "each Valkey: connections": number(made.store_connections),
        "HTTP/2 connections upstream": number(made.upstream_connections),
        "network from upstream": f"{size(made.upstream_network)}/s",
        "network to clients": f"{size(made.client_network)}/s",
        **{f"tokens with `TOKEN_CONCURRENCY={most}`": number(made.tokens(most)) for most in TOKEN_CONCURRENCIES},
        "what gets full on the way, in this order": "; ".join(passed) or "nothing",
    }


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Markdown: the first column text, the others numbers."""
    lines = [head, ("---", *["---:"] * (len(head) - 1)), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float) -> str:
    """Three digits of it."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(digits, 4)}f}".rstrip("0").rstrip(".") or "0"


def size(value: float) -> str:
    """Bytes for people."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if abs(value) >= factor:
            return f"{number(value / factor)} {unit}"
    return f"{value:.0f} B"


def round_down(value: int) -> int:
    """Two digits of it: more would pretend."""
    factor: int = 10 ** max(0, len(str(value)) - 2)
    return value // factor * factor


def with_blocks(page: str, made: dict[str, str]) -> str:
    """The page with its generated parts replaced; each stands between `<!-- NAME -->` and `<!-- end -->`.

    Raises:
        ValueError: the page has not one place for each.
    """
    for name, text in made.items():
        before, opening, rest = page.partition(f"<!-- {name} -->\n")
        _, closing, after = rest.partition("<!-- end -->")
        if not closing or opening in after:
            raise ValueError(f"the page needs one part called {name}")
        page = f"{before}{opening}{text}\n{closing}{after}"
    return page


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--streams", type=int, default=1000, help="streams open at once, on average")
    parser.add_argument("--rate", type=float, default=20, help="deltas a second of each")
    parser.add_argument("--seconds", type=float, default=30, help="how long an answer takes")
    parser.add_argument("--kb", type=float, default=10, help="kB of a request")
    parser.add_argument("--write", action="store_true", help="write the tables of docs/scaling.md instead")
    options = parser.parse_args()
    figures, page = read_figures(), DOCS / "scaling.md"
    if options.write:
        page.write_text(with_blocks(page.read_text(encoding="utf-8"), blocks(figures)), encoding="utf-8")
        return 0
    load = Load(options.streams, options.rate, options.seconds, options.kb)
    for label, value in plan_rows(figures, load).items():
        print(f"{label}: {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
