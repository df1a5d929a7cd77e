"""The edge broker in the runtime Cloudflare runs it in, on this machine: `workerd`, from tests/edge/package.json."""

import json
import os
import selectors
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tokens.edge.management import COMPATIBILITY_DATE, WORKER

HERE: Final = Path(__file__).parent
WORKERD: Final = HERE / "node_modules" / ".bin" / "workerd"
#: Seconds for the runtime to start.
PATIENCE: Final = 20.0

_CONFIG: Final = """
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .broker),
    (name = "objects", disk = (path = %(objects)s, writable = true)),
    (name = "internet", network = (allow = ["private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const broker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed %(module)s)],
  compatibilityDate = %(date)s,
  durableObjectNamespaces = [(className = "Broker", uniqueKey = "broker", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),
  bindings = [
    (name = "BROKER", durableObjectNamespace = "Broker"),
    %(texts)s
  ],
);
"""


@dataclass
class Edge:
    """A running broker."""

    url: str
    process: "subprocess.Popen[bytes]"
    output: Path

    def printed(self) -> str:
        """All the runtime has printed so far."""
        return self.output.read_text(errors="replace")


@contextmanager
def run_worker(folder: Path, bindings: dict[str, str]) -> Iterator[Edge]:
    """The Worker with these text bindings; its objects are kept in the folder, so that a second run finds them.

    Raises:
        FileNotFoundError: the runtime is not installed; `make test-edge` installs it.
    """
    if not WORKERD.exists():
        raise FileNotFoundError(f"{WORKERD} is not there: run `make test-edge`, which needs node and npm")
    objects = folder / "objects"
    objects.mkdir(exist_ok=True)
    module = folder / "worker.js"
    module.write_bytes(WORKER.read_bytes())  # `embed` reads paths below the config's folder
    texts = "\n".join(f"(name = {_text(name)}, text = {_text(value)})," for name, value in bindings.items())
    config = folder / "config.capnp"
    config.write_text(
        _CONFIG
        % {
            "objects": _text(str(objects)),
            "module": _text(module.name),
            "date": _text(COMPATIBILITY_DATE),
            "texts": texts,
        }
    )
    with _started(config, folder / "output") as edge:
        yield edge


def _text(value: str) -> str:
    return json.dumps(value)


@contextmanager
def _started(config: Path, output: Path) -> Iterator[Edge]:
    told, tell = os.pipe()
    with output.open("ab") as sink:
        process = subprocess.Popen(
            [str(WORKERD), "serve", f"--control-fd={tell}", "--verbose", str(config)],
            stdout=sink,
            stderr=sink,
            pass_fds=[tell],
            start_new_session=True,  # npm's launcher may be a node script with the runtime below it
        )
    os.close(tell)
    try:
        port = _announced(told, output)["port"]
        yield Edge(f"http://127.0.0.1:{port}", process, output)
    finally:
        os.close(told)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)


def _announced(told: int, output: Path) -> dict[str, Any]:
    with selectors.DefaultSelector() as selector:
        selector.register(told, selectors.EVENT_READ)
        if not selector.select(PATIENCE):
            raise TimeoutError("workerd does not start")
    line = os.read(told, 4096).decode()
    if not line:
        raise RuntimeError(f"workerd died: {output.read_text(errors='replace')}")
    message: dict[str, Any] = json.loads(line.splitlines()[0])
    return message
