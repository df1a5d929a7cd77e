"""Servers that tests run as processes of their own."""

import json
import os
import selectors
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import trustme

ROOT = Path(__file__).parents[1]
#: Seconds for a server to start, and for what a test waits for to come true.
PATIENCE = 20.0
_POLL = 0.01


@dataclass
class Simulator:
    """A running upstream simulator, and its control endpoints."""

    url: str
    ca_file: Path | None
    control: httpx.Client

    def state(self) -> dict[str, Any]:
        """What it has seen."""
        view: dict[str, Any] = self.control.get("/_sim/state").raise_for_status().json()
        return view

    def reset(self) -> None:
        """Forget everything."""
        self.control.post("/_sim/reset").raise_for_status()

    def tokens(self, scripts: Mapping[str, str | list[str] | None]) -> None:
        """Give tokens scripts of their own."""
        self.control.post("/_sim/tokens", json=dict(scripts)).raise_for_status()

    def settings(self, **changes: Any) -> None:
        """Change options."""
        self.control.post("/_sim/settings", json=changes).raise_for_status()

    def wait_for(self, reached: Callable[[dict[str, Any]], bool], seconds: float = PATIENCE) -> dict[str, Any]:
        """Ask for the state until it is as wanted.

        Raises:
            TimeoutError: it never was; the last state is in the message.
        """
        deadline = time.monotonic() + seconds
        while not reached(state := self.state()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the simulator never got there: { {**state, 'bodies': '…'} }")
            time.sleep(_POLL)  # between two looks, not to synchronise
        return state


@contextmanager
def run_simulator(*, tls: bool = False, h2_streams: int = 200, **options: Any) -> Iterator[Simulator]:
    """A simulator on a free port: plain HTTP/1.1, or TLS with HTTP/2 and a certificate of its own.

    Args:
        tls: serve HTTPS with HTTP/2.
        h2_streams: streams that one HTTP/2 connection may have open.
        options: its settings, see `cli.simulator.options`.
    """
    command = [sys.executable, "-m", "cli.simulator", "--options", json.dumps(options)]
    with ExitStack() as stack:
        ca_file = None
        if tls:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="simulator-")))
            ca_file = folder / "ca.pem"
            command += [*_certificate(folder, ca_file), "--h2-streams", str(h2_streams)]
        url = stack.enter_context(_announced(command))
        verify: Any = ssl.create_default_context(cafile=ca_file) if ca_file else True
        control = stack.enter_context(httpx.Client(base_url=url, verify=verify, trust_env=False, timeout=PATIENCE))
        _until_answers(control)
        yield Simulator(url, ca_file, control)


def _certificate(folder: Path, ca_file: Path) -> list[str]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(ca_file))
    issued = authority.issue_cert("127.0.0.1", "localhost")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    certificate.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(key))
    return ["--cert", str(certificate), "--key", str(key)]


@contextmanager
def _announced(command: list[str]) -> Iterator[str]:
    """A process whose first line of output ends in its address."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True
    )
    try:
        assert process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if not selector.select(PATIENCE):
                raise TimeoutError("the simulator does not start")
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the simulator died with {process.wait(PATIENCE)}")
        yield line.split()[-1]
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
        if process.stdout is not None:
            process.stdout.close()


def _until_answers(client: httpx.Client) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            client.get("/").raise_for_status()
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_POLL)  # between two looks, not to synchronise
        else:
            return
