"""`up` and `demo`: the whole gateway on one machine, as children of one supervisor."""

import asyncio
import http.client
import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from cli.embedded import LOOPBACK, EmbeddedValkey
from cli.problems import SetupError
from cli.reach import front_door_url, reachable
from cli.settings import CliSettings
from cli.supervisor import Child, Output, Supervisor

#: What the demo takes over from the operator's environment: surroundings and tuning, nothing that could be secret.
DEMO_KEEPS: Final = frozenset(
    {
        *("PATH", "HOME", "USER", "SHELL", "LANG", "TERM", "TZ", "TMPDIR", "NO_COLOR", "FORCE_COLOR", "VIRTUAL_ENV"),
        *("LD_LIBRARY_PATH", "LOG_LEVEL", "DRAIN_TIMEOUT", "WORKER_CONCURRENCY", "BATCH_CONCURRENCY"),
        *("JOB_DEADLINE", "JOB_LEASE", "JOB_TTL", "MAX_BODY", "MAX_WAITING", "MAX_WAITING_BYTES"),
        *("RESPONSE_TTL", "RESPONSE_BYTES"),
        *("TOKEN_CONCURRENCY", "UPSTREAM_IDLE_TIMEOUT", "WARP_TRANSPORT"),
    }
)
DEMO_KEEPS_PREFIXES: Final = ("LC_", "PYTHON")
DEMO_KEY: Final = "wk-demo"

VALKEY_STAGE, SIMULATOR_STAGE, GATEWAY_STAGE = 0, 1, 2
NOTICE: Final = (
    "Unofficial: use your own Warp account only. Complying with Warp's terms is up to you;\n"
    "the upstream API may change without notice, and an account may be limited."
)
NO_TOKENS: Final = "The token pool is empty: set WARP_API_KEY in .env and start again; `warp2api doctor` tells more."
#: Seconds the first refill may take before the banner says that the pool is empty.
POOL_PATIENCE: Final = 5.0


def run_up() -> int:
    """Run everything with the operator's settings.

    Raises:
        SetupError: something in the configuration or on the machine forbids it.
    """
    settings = CliSettings()
    host, port = _front_door()
    _check_port(host, port)
    return asyncio.run(_run(settings, dict(os.environ), host, port, cwd=None, simulator_port=None))


def run_demo(port: int) -> int:
    """Run everything against the simulator, in a temporary folder.

    Raises:
        SetupError: the port is taken.
    """
    _check_port(LOOPBACK, port)
    with tempfile.TemporaryDirectory(prefix="warp2api-demo-") as folder:
        simulator_port = _free_port()
        environment = demo_environment(os.environ, Path(folder), port, simulator_port)
        settings = CliSettings(
            _env_file=None,  # type: ignore[call-arg]  # pydantic-settings' own argument
            warp2api_home=Path(folder) / "state",
            redis_url=None,
        )
        return asyncio.run(_run(settings, environment, LOOPBACK, port, cwd=folder, simulator_port=simulator_port))


def demo_environment(inherited: Mapping[str, str], folder: Path, port: int, simulator_port: int) -> dict[str, str]:
    """The demo's whole environment. Its children run in `folder`, where no `.env` is."""
    kept = {
        name: value for name, value in inherited.items() if name in DEMO_KEEPS or name.startswith(DEMO_KEEPS_PREFIXES)
    }
    return kept | {
        "HOST": LOOPBACK,
        "PORT": str(port),
        "WARP2API_HOME": str(folder / "state"),
        "WARP_BASE_URL": f"http://{LOOPBACK}:{simulator_port}",
        "WARP_API_KEY": DEMO_KEY,
    }


async def _run(
    settings: CliSettings,
    environment: dict[str, str],
    host: str,
    port: int,
    *,
    cwd: str | None,
    simulator_port: int | None,
) -> int:
    valkey: EmbeddedValkey | None = None
    if settings.redis_url is None:
        valkey = EmbeddedValkey(settings.home, settings.embedded_maxmemory)
        valkey.prepare()
    try:
        environment = _importable(environment) | {
            "PYTHONUNBUFFERED": "1",
            "REDIS_URL": valkey.url if valkey else settings.redis_url or "",
        }
        children: list[Child] = []
        if valkey is not None:
            children.append(valkey_child(valkey, environment))
        if simulator_port is not None:
            children.append(
                Child(
                    "simulator",
                    [sys.executable, "-m", "cli.simulator", "--port", str(simulator_port)],
                    environment,
                    cwd,
                    SIMULATOR_STAGE,
                    partial(_in_thread, _listens, LOOPBACK, simulator_port),
                )
            )
        command = [sys.executable, "-m", "cli.main"]
        door = FrontDoor(host, port)
        children += [
            # The order in which they are asked to stop.
            Child("api", [*command, "api"], environment, cwd, GATEWAY_STAGE, door.ready, hint=f"see {door.url}/readyz"),
            Child("worker", [*command, "worker", "interactive"], environment, cwd, GATEWAY_STAGE),
            Child("worker-batch", [*command, "worker", "batch"], environment, cwd, GATEWAY_STAGE),
            Child("keeper", [*command, "keeper"], environment, cwd, GATEWAY_STAGE),
        ]
        output = Output([child.name for child in children])
        supervisor = Supervisor(
            children,
            output=output,
            drain_timeout=settings.drain_timeout,
            on_ready=lambda: output.say(
                banner(door.url, is_demo=simulator_port is not None, has_tokens=not door.missing)
            ),
        )
        return await supervisor.run()
    finally:
        if valkey is not None:
            valkey.close()


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


def banner(base: str, *, is_demo: bool, has_tokens: bool) -> str:
    """What to read when everything is up, with examples to paste."""
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


def _front_door() -> tuple[str, int]:
    """Where the front door will listen, refused here already if it would refuse itself once all is up.

    Raises:
        SetupError: it cannot be served there.
        KeysFileError: the keys file is not there or broken.
    """
    from api.auth import keys_of, refuses_host
    from api.settings import ApiSettings

    settings = ApiSettings()
    if refuses_host(settings.host, has_keys=settings.asks_for_key, allow_open=settings.allow_open):
        raise SetupError(
            f"HOST: {settings.host} would let in anybody who reaches port {settings.port}; "
            "set API_TOKENS, or ALLOW_OPEN=1 to let them"
        )
    keys_of(settings)
    if not settings.port:
        raise SetupError("PORT: 0 leaves nothing to connect to; choose a port")
    return settings.host, settings.port


def _importable(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment, with this checkout importable from any folder if it is one and not an installed package."""
    root = Path(__file__).resolve().parent.parent
    if not (root / "pyproject.toml").exists():
        return dict(environment)
    path = os.pathsep.join([str(root), *filter(None, [environment.get("PYTHONPATH")])])
    return {**environment, "PYTHONPATH": path}


async def _in_thread(probe: Callable[..., bool], *args: object) -> bool:
    return await asyncio.to_thread(probe, *args)


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host.strip("[]"), port), timeout=1).close()
    except OSError:
        return False
    return True


class FrontDoor:
    """Asks the front door whether the gateway is ready."""

    def __init__(self, host: str, port: int) -> None:
        self.url = front_door_url(host, port)
        self.missing: list[str] = []
        self._address = (reachable(host), port)
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


def _check_port(host: str, port: int) -> None:
    """Raises:
    SetupError: something listens there already.
    """
    if _listens(reachable(host), port):
        raise SetupError(f"PORT: something listens on {host}:{port} already; stop it, or choose another with PORT=…")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
