"""The streaming app behind a real HTTP/2 server, in a process of its own, and a way to ask it what it saw."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

#: What the server allows on one HTTP/2 connection.
STREAM_LIMIT = 100
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Server:
    port: int
    ca_file: Path

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"


@contextmanager
def running(port: int, *options: str) -> Iterator[None]:
    command = [
        *(sys.executable, "-m", "granian", "--interface", "asginl", "--host", "127.0.0.1", "--port", str(port)),
        *("--http2-max-concurrent-streams", str(STREAM_LIMIT), "--backpressure", "2000", "--log-level", "critical"),
        *options,
        "tests.contract.streaming_app:app",
    ]
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True) as process:
        try:
            wait_until_listening(process, port)
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def wait_until_listening(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.poll() is None, "the server did not start"
            assert time.monotonic() < deadline, "the server does not listen"
            time.sleep(0.05)
        else:
            return


class Control:
    """Asks the server what it saw, over connections of its own."""

    def __init__(self, server: Server) -> None:
        self._client = httpx.AsyncClient(
            base_url=server.url,
            verify=ssl.create_default_context(cafile=server.ca_file),
            timeout=20,
            trust_env=False,
        )

    async def wait(self, key: str, what: str, count: int) -> dict[str, int]:
        return await self._get(f"/wait/{key}/{what}/{count}")

    async def open(self, key: str) -> None:
        await self._get(f"/open/{key}")

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _get(self, path: str) -> dict[str, int]:
        seen: dict[str, int] = (await self._client.get(path)).json()
        return seen
