"""`warp2api health`, as the health checks of containers run it beside each process."""

import os
import subprocess
import sys

import pytest

from bench.processes import free_port
from tests.e2e.gateway import ROOT, Gateway


def health(part: str, gateway: Gateway, **env: str) -> tuple[int, str]:
    result = subprocess.run(
        [sys.executable, "-m", "cli.main", "health", part],
        cwd=ROOT,
        env={**os.environ, **gateway.environment, **env},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    return result.returncode, result.stdout.strip()


@pytest.mark.parametrize("part", ["worker", "keeper"])
def test_a_worker_lives_by_its_heartbeat(part: str, gateway: Gateway) -> None:
    assert health(part, gateway) == (0, f"{part} lives")
    assert health(part, gateway, DEPLOYMENT="another") == (1, f"no {part} of this host has been heard of lately")


@pytest.mark.parametrize(("part", "port"), [("api", "PORT"), ("bridge", "BRIDGE_PORT")])
def test_a_server_lives_by_its_answer(part: str, port: str, gateway: Gateway) -> None:
    listening = str(gateway.ports[0])

    assert health(part, gateway, **{port: listening}) == (0, f"{part} lives")

    nobody = str(free_port())
    code, words = health(part, gateway, **{port: nobody})
    assert (code, words) == (1, f"port {nobody} does not answer: ConnectionRefusedError")
