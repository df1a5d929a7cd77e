"""How many processes so many streams need: arithmetic on what `bench.scaling` measured (docs/scaling.json). Pure."""

import math
from dataclasses import dataclass, replace
from typing import Final

import msgspec

#: How full a process with one thread may be: above it, what comes in bursts waits.
FULL: Final = 0.6
#: Standard deviations of what may be open above the mean: of Poisson arrivals, one moment in 700 has more.
MARGIN: Final = 3
#: The defaults of settings that bound a process.
WORKER_CONCURRENCY: Final = 256
STREAMS_PER_CONNECTION: Final = 100
#: Seconds a log lives whose client has had it, and the share of `maxmemory` above which nothing is admitted.
DELIVERED_TTL: Final = 60
MEMORY_MARK: Final = 0.8
#: What deploy/haproxy.cfg and compose.yaml allow, and Valkey's own `maxclients`.
PROXY_DOORS: Final = 16
STORE_MEMORY: Final = 10**9
STORE_CLIENTS: Final = 10_000
#: Keeper and bridge.
ALWAYS: Final = 2
#: Processes that the measured deployment had beside Valkey.
MEASURED_PROCESSES: Final = 7

#: CPU of Valkey's main thread: one core is all it can have.
MAIN_THREAD: Final = "cpu.valkey_main"


class Cost(msgspec.Struct, frozen=True):
    """What something is used up by: a process each second, a job, each kB of its request, a delta, each second of an
    open stream, of one that is silent, of one that is watched.
    """

    idle: float
    job: float
    kb: float
    delta: float
    stream: float
    silent: float
    watched: float


class Space(msgspec.Struct, frozen=True):
    """Bytes and open files, by role; `store_…` are bytes in Valkey: of a running job, of a kB of its request, of an
    entry of its log, of a job that has ended.
    """

    memory: dict[str, float]
    memory_per_stream: dict[str, float]
    memory_per_kb: dict[str, float]
    files: dict[str, float]
    files_per_stream: dict[str, float]
    store_connections: float
    store_stream: float
    store_kb: float
    store_entry: float
    store_ended: float


class Figures(msgspec.Struct, frozen=True):
    """What `bench.scaling` measured. Costs are CPU milliseconds (`cpu.…`), else commands or bytes."""

    machine: dict[str, str | float]
    costs: dict[str, Cost]
    space: Space
    client_bytes: float
    upstream_bytes: float
    holds: dict[str, dict[str, float]]


@dataclass(frozen=True)
class Load:
    """Chats: so many open at once on average, `rate` deltas a second of each, `seconds` long, requests of `kb` kB."""

    streams: int
    rate: float
    seconds: float
    kb: float

    @property
    def peak(self) -> int:
        """Streams that there must be places for."""
        return math.ceil(self.streams + MARGIN * math.sqrt(self.streams))

    def share(self, deployments: int) -> "Load":
        """The load of the fullest of so many deployments."""
        return replace(self, streams=math.ceil(self.streams / deployments))

    @property
    def jobs(self) -> float:
        """Jobs a second (Little's law)."""
        return self.streams / self.seconds


@dataclass(frozen=True)
class Plan:
    """What a load needs. Processes are those of all deployments together; `store_…` is of each Valkey."""

    load: Load
    deployments: int
    doors: int
    workers: int
    places: int
    cores: float
    memory: float
    store_core: float
    store_memory: float
    store_network: float
    store_connections: float
    upstream_connections: int
    upstream_network: float
    client_network: float

    def tokens(self, concurrency: int) -> int:
        """Pool tokens needed with this TOKEN_CONCURRENCY."""
        return math.ceil(self.load.peak / concurrency)


def per_stream(figures: Figures, load: Load, name: str) -> float:
    """What one stream of the load uses in a second: CPU ms, commands or bytes, its share of a job's cost included."""
    cost = figures.costs[name]
    return cost.stream + load.rate * cost.delta + (cost.job + load.kb * cost.kb) / load.seconds


def places(figures: Figures, load: Load) -> int:
    """Streams that one worker process carries."""
    by_cpu = _room(figures.costs["cpu.worker"].idle) / per_stream(figures, load, "cpu.worker")
    return max(1, min(WORKER_CONCURRENCY, math.floor(by_cpu)))


def doors_room(figures: Figures, load: Load) -> int:
    """Streams that one front door carries."""
    return max(1, math.floor(_room(figures.costs["cpu.api"].idle) / per_stream(figures, load, "cpu.api")))


def workers(figures: Figures, load: Load) -> int:
    """Worker processes of one deployment with this load."""
    return math.ceil(load.peak / places(figures, load))


def doors(figures: Figures, load: Load) -> int:
    """Front doors of one deployment with this load."""
    return math.ceil(load.peak / doors_room(figures, load))


def store_core(figures: Figures, load: Load) -> float:
    """The share of a core that Valkey's main thread uses for one deployment's streams and for its processes."""
    processes = workers(figures, load) + doors(figures, load) + ALWAYS
    return (load.streams * per_stream(figures, load, MAIN_THREAD) + processes * _each_process(figures)) / 1000


def store_room(figures: Figures, load: Load) -> int:
    """Streams that one Valkey's main thread carries."""
    per_place = 1 / places(figures, load) + 1 / doors_room(figures, load)
    each = per_stream(figures, load, MAIN_THREAD) + per_place * _each_process(figures)
    return max(1, math.floor(_room(ALWAYS * _each_process(figures)) / each))


def deployments(figures: Figures, load: Load) -> int:
    """As few as their Valkeys can carry."""
    count = max(1, load.streams // store_room(figures, load))
    while count < load.streams and store_core(figures, load.share(count)) > FULL:
        count += 1
    return count


def store_memory(figures: Figures, load: Load) -> float:
    """Bytes of Valkey's memory: jobs that run, on average half told, and the logs of those delivered a minute ago."""
    space = figures.space
    entries = load.rate * load.seconds
    running = space.store_stream + load.kb * space.store_kb + entries / 2 * space.store_entry
    ended = space.store_ended + entries * space.store_entry
    return load.streams * running + load.jobs * DELIVERED_TTL * ended


def plan(figures: Figures, load: Load) -> Plan:
    """What the load needs, spread evenly over deployments."""
    space, costs = figures.space, figures.costs
    count = deployments(figures, load)
    share = load.share(count)
    each_workers, each_doors = workers(figures, share), doors(figures, share)
    processes = each_workers + each_doors + ALWAYS
    streams_cpu = sum(per_stream(figures, load, f"cpu.{role}") for role in ("valkey", "api", "worker"))
    idle_cpu = each_workers * costs["cpu.worker"].idle + each_doors * costs["cpu.api"].idle
    idle_cpu += costs["cpu.valkey"].idle + costs["cpu.keeper"].idle
    base = each_workers * space.memory["worker"] + each_doors * space.memory["api"] + space.memory["keeper"]
    per_place = sum(space.memory_per_stream[role] + load.kb * space.memory_per_kb[role] for role in ("api", "worker"))
    in_store = store_memory(figures, share)
    return Plan(
        load,
        count,
        count * each_doors,
        count * each_workers,
        places(figures, load),
        (load.streams * streams_cpu + count * idle_cpu) / 1000,
        count * (base + share.peak * per_place + in_store),
        store_core(figures, share),
        in_store,
        share.streams * (per_stream(figures, load, "store.bytes_in") + per_stream(figures, load, "store.bytes_out")),
        processes * space.store_connections / MEASURED_PROCESSES,
        count * each_workers * math.ceil(share.peak / each_workers / STREAMS_PER_CONNECTION),
        load.streams * load.rate * figures.upstream_bytes,
        load.streams * load.rate * figures.client_bytes,
    )


def limits(figures: Figures, load: Load) -> list[tuple[int, str]]:
    """Where a deployment that is not added to gets full: streams, and what. The first is met first."""
    each_door, each_worker = doors_room(figures, load), places(figures, load)
    connections = figures.space.store_connections / MEASURED_PROCESSES * (1 / each_worker + 1 / each_door)
    memory = store_memory(figures, load.share(load.streams))
    return sorted(
        [
            (each_worker, "one worker process"),
            (each_door, "one front door"),
            (store_room(figures, load), "Valkey's main thread"),
            (math.floor(STORE_MEMORY * MEMORY_MARK / memory), "Valkey's memory in `compose.yaml`, 1 GB"),
            (each_door * PROXY_DOORS, f"{PROXY_DOORS} front doors, as many as `deploy/haproxy.cfg` finds"),
            (math.floor(STORE_CLIENTS / connections), f"Valkey's `maxclients`, {STORE_CLIENTS:,}"),
        ]
    )


def _each_process(figures: Figures) -> float:
    """CPU ms a second that Valkey uses for each process that has nothing to do."""
    return figures.costs[MAIN_THREAD].idle / MEASURED_PROCESSES


def _room(idle: float) -> float:
    """Milliseconds of CPU a second that one thread has for streams."""
    return 1000 * FULL - idle
