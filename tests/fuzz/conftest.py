"""One gateway for all that is thrown at it, a seed that is printed, and what must hold when it is over."""

import os
from collections.abc import Iterator

import pytest
import redis

from proto.keys import Keys
from tests.e2e.gateway import Gateway, run_gateway, wait_for
from tests.servers import run_simulator

#: What the examples are drawn by. The same seed draws the same ones; FUZZ_SEED=… tries others.
SEED = int(os.environ.get("FUZZ_SEED", "1"))
#: Bytes of a body that the gateway takes, and seconds it waits for a client.
MAX_BODY, CLIENT_TIMEOUT = 200_000, 2


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how to draw the same examples again."""
    terminalreporter.write_line(f"drawn by FUZZ_SEED={SEED}")


@pytest.fixture(scope="session")
def target() -> Iterator[Gateway]:
    """The gateway; afterwards nothing has crashed, nothing runs on, and it still answers."""
    with (
        run_simulator(gap=0) as simulator,
        run_gateway(simulator.url, MAX_BODY=str(MAX_BODY), CLIENT_TIMEOUT=str(CLIENT_TIMEOUT)) as gateway,
    ):
        yield gateway
        _nothing_runs(gateway)
        for role in gateway.roles:
            assert role.process.poll() is None, f"{role.name} has died"
            said = role.output.read_text()
            assert "Traceback" not in said, said[said.index("Traceback") - 500 :][:3000]
            assert "request.failed" not in said
        gateway.wait_until_ready()


def _nothing_runs(gateway: Gateway) -> None:
    keys = Keys("warp2api")
    with redis.Redis.from_url(gateway.redis_url) as client:
        for left in (keys.leases, keys.waiting):
            wait_for(lambda left=left: not client.zcard(left), f"nothing to be left in {left}")
