"""`up` and `demo`: the whole gateway on one machine, as children of one supervisor."""

import asyncio
import http.client
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from api.reach import held_port, reachable
from cli.embedded import EmbeddedValkey
from cli.listening import LOOPBACK, Listening, check_free, listens, next_free
from cli.problems import SetupError
from cli.settings import CliSettings
from cli.supervisor import Child, Output, Supervisor
from store.metrics import MetricsSettings

#: What the demo takes over from the operator's environment: surroundings and tuning, nothing that could be secret.
DEMO_KEEPS: Final = frozenset(
    {
        *("PATH", "HOME", "USER", "SHELL", "LANG", "TERM", "TZ", "TMPDIR", "NO_COLOR", "FORCE_COLOR", "VIRTUAL_ENV"),
        *("LD_LIBRARY_PATH", "LOG_LEVEL", "LOG_FORMAT", "SLOW_STAGE"),
        *("DRAIN_TIMEOUT", "WORKER_CONCURRENCY", "BATCH_CONCURRENCY"),
        *("JOB_DEADLINE", "JOB_LEASE", "JOB_TTL", "MAX_BODY", "MAX_WAITING", "MAX_WAITING_BYTES"),
        *("METRICS_HOST", "METRICS_PORT"),
        *("RESPONSE_TTL", "RESPONSE_BYTES"),
        *("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_EXPORTER"),
        *("TOKEN_CONCURRENCY", "UPSTREAM_IDLE_TIMEOUT", "WARP_TRANSPORT"),
    }
)
DEMO_KEEPS_PREFIXES: Final = ("LC_", "PYTHON")
DEMO_KEY: Final = "wk-demo"
#: The children that tell their numbers on ports of their own, in the order of these ports.
MEASURED: Final = ("worker", "worker-batch", "keeper")

#: Asked until it says that a child is ready.
Probe = Callable[[], Awaitable[bool]]

#: The demo's bridge and Flower, unless these ports are taken.
BRIDGE_PORT: Final = 8000
FLOWER_PORT: Final = 5555

VALKEY_STAGE, SIMULATOR_STAGE, GATEWAY_STAGE = 0, 1, 2
NOTICE: Final = (
    "Unofficial: use your own Warp account only. Complying with Warp's terms is up to you;\n"
    "the upstream API may change without notice, and an account may be limited."
)
NO_TOKENS: Final = "The token pool is empty: set WARP_API_KEY in .env and start again; `warp2api doctor` tells more."
#: Seconds the first refill may take before the banner says that the pool is empty.
POOL_PATIENCE: Final = 5.0


@dataclass(frozen=True)
class Plan:
    """What is to run where."""

    environment: dict[str, str]
    door: Listening
    bridge: Listening
    #: None: Flower does not run.
    flower: Listening | None = None
    #: Where the children run; None: here.
    cwd: str | None = None
    #: Where the simulator listens; None: there is none.
    simulator_port: int | None = None
    #: Where children tell their numbers, by their names; empty: nowhere.
    numbers: Mapping[str, Listening] = field(default_factory=dict)

    @property
    def is_demo(self) -> bool:
        """Whether the answers come from the simulator."""
        return self.simulator_port is not None


def run_up(*, with_flower: bool | None = None) -> int:
    """Run everything with the operator's settings.

    Args:
        with_flower: whether Flower runs too; None: as FLOWER says.

    Raises:
        SetupError: something in the configuration or on the machine forbids it.
    """
    settings = CliSettings()
    door, bridge = _servers()
    flower = _flower(with_flower)
    numbers = numbers_of_children(MetricsSettings())
    check_free([door, bridge, *filter(None, [flower]), *numbers.values()])
    return asyncio.run(_run(settings, Plan(dict(os.environ), door, bridge, flower, numbers=numbers)))


def run_demo(port: int, bridge_port: int | None = None, flower_port: int | None = None) -> int:
    """Run everything against the simulator, in a temporary folder.

    Args:
        port: the front door's.
        bridge_port: the bridge's; None: the usual one, or the next that is free.
        flower_port: Flower's, likewise.

    Raises:
        SetupError: a port that was asked for is taken.
    """
    door = Listening(LOOPBACK, port, "PORT")
    bridge = Listening(LOOPBACK, bridge_port or next_free(BRIDGE_PORT, {port}), "BRIDGE_PORT")
    numbers = numbers_of_children(MetricsSettings(_env_file=None))  # type: ignore[call-arg]  # as below
    taken = {port, bridge.port}
    flower = Listening(LOOPBACK, flower_port or next_free(FLOWER_PORT, taken), "FLOWER_PORT")
    check_free([door, bridge, flower, *numbers.values()])
    with tempfile.TemporaryDirectory(prefix="warp2api-demo-") as folder, held_port() as simulator_port:
        environment = demo_environment(os.environ, Path(folder), (door, bridge, flower), simulator_port)
        settings = CliSettings(
            _env_file=None,  # type: ignore[call-arg]  # pydantic-settings' own argument
            warp2api_home=Path(folder) / "state",
            redis_url=None,
        )
        return asyncio.run(_run(settings, Plan(environment, door, bridge, flower, folder, simulator_port, numbers)))


def numbers_of_children(settings: MetricsSettings) -> dict[str, Listening]:
    """Where workers and keeper tell their numbers: at METRICS_PORT and those after it, or nowhere."""
    if not settings.metrics_port:
        return {}
    return {
        name: Listening(settings.metrics_host, settings.metrics_port + number, "METRICS_PORT")
        for number, name in enumerate(MEASURED)
    }


def demo_environment(
    inherited: Mapping[str, str], folder: Path, servers: Sequence[Listening], simulator_port: int
) -> dict[str, str]:
    """The demo's whole environment. Its children run in `folder`, where no `.env` is."""
    kept = {
        name: value for name, value in inherited.items() if name in DEMO_KEEPS or name.startswith(DEMO_KEEPS_PREFIXES)
    }
    addresses: dict[str, str] = {}
    for server in servers:
        addresses |= {server.variable: str(server.port), server.variable.replace("PORT", "HOST"): server.host}
    return kept | {
        **addresses,
        "WARP2API_HOME": str(folder / "state"),
        "WARP_BASE_URL": f"http://{LOOPBACK}:{simulator_port}",
        "WARP_API_KEY": DEMO_KEY,
    }


async def _run(settings: CliSettings, plan: Plan) -> int:
    valkey: EmbeddedValkey | None = None
    if settings.redis_url is None:
        valkey = EmbeddedValkey(settings.home, settings.embedded_maxmemory)
        valkey.prepare()
    try:
        environment = _importable(plan.environment) | {
            "PYTHONUNBUFFERED": "1",
            "REDIS_URL": valkey.url if valkey else settings.redis_url or "",
        }
        door = FrontDoor(plan.door)
        children = _children(plan, environment, door)
        if valkey is not None:
            children.insert(0, valkey_child(valkey, environment))
        output = Output([child.name for child in children])
        supervisor = Supervisor(
            children,
            output=output,
            drain_timeout=settings.drain_timeout,
            on_ready=lambda: output.say(
                banner(
                    plan.door.url,
                    plan.bridge.url,
                    plan.flower.url if plan.flower else None,
                    [server.url for server in plan.numbers.values()],
                    is_demo=plan.is_demo,
                    has_tokens=not door.missing,
                )
            ),
        )
        return await supervisor.run()
    finally:
        if valkey is not None:
            valkey.close()


def _children(plan: Plan, environment: dict[str, str], door: "FrontDoor") -> list[Child]:
    """All processes but Valkey; those of a stage in the order in which they are asked to stop."""

    def ours(name: str, *arguments: str, ready: Probe | None = None, hint: str = "", essential: bool = True) -> Child:
        command = [sys.executable, "-m", "cli.main", *arguments]
        numbers = plan.numbers.get(name)
        told = environment | {"METRICS_PORT": str(numbers.port)} if numbers else environment
        return Child(name, command, told, plan.cwd, GATEWAY_STAGE, ready, hint=hint, essential=essential)

    children = [
        ours("api", "api", ready=door.ready, hint=f"see {plan.door.url}/readyz"),
        ours("bridge", "bridge", ready=_listening(plan.bridge), essential=False),
        ours("worker", "worker", "interactive"),
        ours("worker-batch", "worker", "batch"),
        ours("keeper", "keeper"),
    ]
    if plan.flower is not None:
        children.insert(2, ours("flower", "flower", ready=_listening(plan.flower), essential=False))
    if plan.simulator_port is not None:
        command = [sys.executable, "-m", "cli.simulator", "--port", str(plan.simulator_port)]
        ready = partial(_in_thread, listens, LOOPBACK, plan.simulator_port)
        children.append(Child("simulator", command, environment, plan.cwd, SIMULATOR_STAGE, ready))
    return children


def valkey_child(valkey: EmbeddedValkey, environment: Mapping[str, str]) -> Child:
    """The embedded server as a child; its address is published when it answers."""
    return Child(
        "valkey",
        valkey.command,
        environment,
        stage=VALKEY_STAGE,
        ready=partial(_in_thread, valkey.ready),
        on_ready=valkey.publish,
        keep_open=valkey.keep_open,
        hint=f"see {valkey.home / 'valkey.log'}",
    )


def banner(
    base: str, bridge: str, flower: str | None, numbers: Sequence[str] = (), *, is_demo: bool, has_tokens: bool
) -> str:
    """What to read when everything is up, with examples to paste."""
    tasks = f"\n  tasks       {flower}/   (Flower)" if flower else ""
    metrics = "\n  metrics     " + "   ".join(f"{each}/metrics" for each in (base, *numbers)) if numbers else ""
    if is_demo:
        first = "the demo is ready; its answers come from the simulator."
    elif has_tokens:
        first = f"ready.\n{NOTICE}"
    else:
        first = f"running, but chats are answered with 503.\n{NO_TOKENS}\n{NOTICE}"
    return f"""
warp2api: {first}

  OpenAI      {base}/v1
  Anthropic   {base}
  status      {base}/healthz   {base}/readyz
  monitor     {bridge}/{tasks}{metrics}

  curl -N {base}/v1/chat/completions -H 'content-type: application/json' \\
    -d '{{"model": "auto", "stream": true, "messages": [{{"role": "user", "content": "hello"}}]}}'

  from openai import OpenAI
  OpenAI(base_url="{base}/v1", api_key="any").chat.completions.create(
      model="auto", messages=[{{"role": "user", "content": "hello"}}])

  from anthropic import Anthropic
  Anthropic(base_url="{base}", api_key="any").messages.create(
      model="auto", max_tokens=1024, messages=[{{"role": "user", "content": "hello"}}])

Where you set API_TOKENS, the api_key is one of them. Ctrl-C stops everything.
"""


def _servers() -> tuple[Listening, Listening]:
    """Where front door and bridge will listen, refused here already if they would refuse themselves once all is up.

    Raises:
        SetupError: one of them cannot be served there.
        KeysFileError: the keys file is not there or broken.
    """
    from api.auth import keys_of, refuses_host
    from api.bridge.settings import BridgeSettings
    from api.settings import ApiSettings

    settings, bridge = ApiSettings(), BridgeSettings()
    servers = (
        Listening(settings.host, settings.port, "PORT"),
        Listening(bridge.bridge_host, bridge.bridge_port, "BRIDGE_PORT"),
    )
    for server in servers:
        if refuses_host(server.host, has_keys=settings.asks_for_key, allow_open=settings.allow_open):
            raise SetupError(
                f"{server.variable.replace('PORT', 'HOST')}: {server.host} would let in anybody who reaches port "
                f"{server.port}; set API_TOKENS, or ALLOW_OPEN=1 to let them"
            )
    keys_of(settings)
    return servers


def _flower(wanted: bool | None) -> Listening | None:
    """Where Flower will listen, None if it is not wanted.

    Raises:
        SetupError: it cannot be served there.
    """
    from cli.flower import check_host
    from cli.settings import FlowerSettings

    settings = FlowerSettings()
    if not (settings.flower if wanted is None else wanted):
        return None
    check_host(settings)
    return Listening(settings.flower_host, settings.flower_port, "FLOWER_PORT")


def _importable(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment, with this checkout importable from any folder if it is one and not an installed package."""
    root = Path(__file__).resolve().parent.parent
    if not (root / "pyproject.toml").exists():
        return dict(environment)
    path = os.pathsep.join([str(root), *filter(None, [environment.get("PYTHONPATH")])])
    return {**environment, "PYTHONPATH": path}


async def _in_thread(probe: Callable[..., bool], *args: object) -> bool:
    return await asyncio.to_thread(probe, *args)


def _listening(server: Listening) -> Probe:
    """Asks whether a server takes connections."""
    return partial(_in_thread, lambda: server.is_taken)


class FrontDoor:
    """Asks the front door whether the gateway is ready."""

    def __init__(self, door: Listening) -> None:
        self.missing: list[str] = []
        self._address = (reachable(door.host), door.port)
        self._began = time.monotonic()

    async def ready(self) -> bool:
        """True once chats can be taken. A pool that stays empty is no reason to wait for ever: the banner tells."""
        state = await asyncio.to_thread(self._ask)
        self.missing = [name for name, there in state.items() if not there and name != "ready"]
        if self.missing == ["pool"]:
            return time.monotonic() - self._began > POOL_PATIENCE
        return bool(state) and not self.missing

    def _ask(self) -> dict[str, bool]:
        connection = http.client.HTTPConnection(*self._address, timeout=2)
        try:
            connection.request("GET", "/readyz")
            state = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError):
            return {}
        else:
            return state if isinstance(state, dict) else {}
        finally:
            connection.close()
