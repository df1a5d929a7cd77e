"""What is measured: a simulator, and a gateway of chosen processes against it."""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from bench.processes import Measured, child, free_port, valkey, wait_until_answers


@contextmanager
def workplace() -> Iterator[tuple[dict[str, str], int]]:
    """A simulator, and an environment that reads none of the operator's settings."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "WARP_BASE_URL": f"http://127.0.0.1:{port}",
            "WARP_API_KEY": "wk-bench",
            "WARP_REFRESH_TOKEN": "",
            "WARP_JWT": "",
            "POOL_SERVICE_BASE_URL": "",
            "CLOUDFLARE_API_TOKEN": "",
            "CLOUDFLARE_BROKER_URL": "",
            "WARP_ANONYMOUS": "0",
            "API_TOKENS": "",
            "WARP2API_HOME": folder,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PWD": folder,
        }
        with child("simulator", ["-m", "cli.simulator", "--port", str(port)], environment):
            wait_until_answers(f"http://127.0.0.1:{port}/_sim/state")
            yield environment, port


@contextmanager
def run_gateway(environment: Mapping[str, str], *roles: str) -> Iterator[tuple[int, list[Measured]]]:
    """A Valkey and a process for each of these commands, ready; yields the front door's port and the processes."""
    port = free_port()
    with ExitStack() as stack:
        store, url = stack.enter_context(valkey())
        settings = {**environment, "REDIS_URL": url, "BROKER_URL": "", "HOST": "127.0.0.1", "PORT": str(port)}
        processes = [
            store, *[stack.enter_context(child(role, ["-m", "cli.main", *role.split()], settings)) for role in roles]
        ]  # fmt: skip
        wait_until_answers(f"http://127.0.0.1:{port}/readyz")
        yield port, processes
