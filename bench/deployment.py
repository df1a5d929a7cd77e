"""A gateway of several processes under measurement, and all that can be read of it at one time."""

import re
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from redis import Redis

from bench.processes import Measured, child, free_port, valkey, wait_until_answers
from proto.keys import Keys
from store.settings import StoreSettings

#: Kinds of processes, in the order of every table.
ROLES: Final = ("valkey", "api", "worker", "keeper", "bridge")

#: Jobs whose keys are looked at.
SAMPLED: Final = 50

_NUMBER: Final = re.compile(r"^warp2api_relay_(deltas|entries|flushes)_total (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Look:
    """What had been used, and what was in use, at one time. By role, sums over its processes."""

    at: float
    #: Seconds of CPU, and those of Valkey's main thread, which runs all commands.
    cpu: dict[str, float]
    main_thread: float
    #: Bytes of resident memory, and open files.
    memory: dict[str, int]
    descriptors: dict[str, int]
    #: Valkey's own account: `used_memory`, commands, scripts, published messages, bytes in and out, connections.
    store: dict[str, int]
    #: What the workers' relays have written: `deltas`, `entries`, `flushes`.
    relay: dict[str, float]


class JobSizes(NamedTuple):
    """Bytes of Valkey's memory by key of a job, names and bookkeeping included, and the entries of its log."""

    record: float
    payload: float
    log: float
    entries: float


@dataclass(frozen=True)
class Deployment:
    """A running gateway: where its front door and its bridge listen, and its processes by role."""

    port: int
    bridge_port: int
    processes: dict[str, list[Measured]]
    redis: "Redis"
    metrics_ports: list[int]

    def look(self) -> Look:
        """Read everything; takes some milliseconds."""
        info: dict[str, Any] = self.redis.info("everything")
        relay = {"deltas": 0.0, "entries": 0.0, "flushes": 0.0}
        for port in self.metrics_ports:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                for name, value in _NUMBER.findall(answer.read().decode()):
                    relay[name] += float(value)
        return Look(
            time.perf_counter(),
            {role: sum(one.cpu() for one in group) for role, group in self.processes.items()},
            info["used_cpu_user_main_thread"] + info["used_cpu_sys_main_thread"],
            {role: sum(one.memory() for one in group) for role, group in self.processes.items()},
            {role: sum(one.descriptors() for one in group) for role, group in self.processes.items()},
            {
                "memory": info["used_memory"],
                "commands": info["total_commands_processed"],
                "scripts": info.get("cmdstat_evalsha", {}).get("calls", 0),
                "published": info.get("cmdstat_publish", {}).get("calls", 0),
                "bytes_in": info["total_net_input_bytes"],
                "bytes_out": info["total_net_output_bytes"],
                "connections": info["connected_clients"],
            },
            relay,
        )

    def job_sizes(self, *, running: bool) -> JobSizes:
        """How large jobs are in Valkey: the means of some that run, or of the latest."""
        keys = Keys()
        ids: Any = self.redis.zrange(keys.leases, 0, SAMPLED - 1)
        if not running:
            ids = self.redis.zrevrange(keys.recent, 0, SAMPLED - 1)

        def mean(key: Callable[[str], str]) -> float:
            return sum(int(self.redis.memory_usage(key(each), samples=0) or 0) for each in ids) / len(ids)

        entries: list[Any] = [self.redis.xlen(keys.log(each)) for each in ids]
        return JobSizes(mean(keys.record), mean(keys.payload), mean(keys.log), sum(entries) / len(ids))

    def wait_until_idle(self, patience: float) -> None:
        """Return once no worker has a job, and none tells packets to a watcher who has gone; blocks.

        Raises:
            TimeoutError: that is not so after `patience` seconds.
        """
        keys, until = Keys(), time.monotonic() + patience
        while self.redis.zcard(keys.leases) or self.redis.exists(*keys.watched):
            if time.monotonic() > until:
                raise TimeoutError("the gateway goes on without its clients")
            time.sleep(0.1)
        # Workers ask three times in the life of a lease whether somebody watches.
        time.sleep(StoreSettings.model_fields["job_lease"].default / 3 + 0.5)


@contextmanager
def run_deployment(environment: Mapping[str, str], workers: int) -> Iterator[Deployment]:
    """A Valkey with its append-only file, a front door, a keeper, a bridge, and so many workers."""
    port, bridge_port = free_port(), free_port()
    with ExitStack() as stack:
        store, url = stack.enter_context(valkey())
        redis = stack.enter_context(Redis.from_url(url, decode_responses=True))
        redis.config_set("appendonly", "yes")
        settings = {
            **environment,
            "REDIS_URL": url,
            "BROKER_URL": "",
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "BRIDGE_HOST": "127.0.0.1",
            "BRIDGE_PORT": str(bridge_port),
        }

        def start(role: str, **more: str) -> Measured:
            return stack.enter_context(child(role, ["-m", "cli.main", role], {**settings, **more}))

        metrics_ports = [free_port() for _ in range(workers)]
        processes = {
            "valkey": [store],
            "api": [start("api")],
            "worker": [start("worker", METRICS_PORT=str(each)) for each in metrics_ports],
            "keeper": [start("keeper")],
            "bridge": [start("bridge")],
        }
        wait_until_answers(f"http://127.0.0.1:{port}/readyz")
        wait_until_answers(f"http://127.0.0.1:{bridge_port}/healthz")
        for each in metrics_ports:
            wait_until_answers(f"http://127.0.0.1:{each}/metrics")
        yield Deployment(port, bridge_port, processes, redis, metrics_ports)
