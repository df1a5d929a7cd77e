"""One gateway for all agents: its usual door, and one where a key may have one chat at a time."""

from collections.abc import Iterator

import pytest

from tests.agents.programs import AGENTS
from tests.clients.harness import Doors
from tests.e2e.gateway import Gateway, run_gateway
from tests.recorder import run_recorder
from tests.servers import Simulator, run_simulator

#: Seconds of silence after which the gateway gives the upstream up.
IDLE = 6.0
LIMITED_KEYS = [f"key-{name}-limited" for name in AGENTS]


@pytest.fixture(scope="session")
def running() -> Iterator[tuple[Simulator, Gateway, Doors]]:
    """The processes."""
    with run_simulator(gap=0) as simulator, run_gateway(simulator.url, UPSTREAM_IDLE_TIMEOUT=str(IDLE)) as gateway:
        gateway.start_api(API_TOKENS=",".join(LIMITED_KEYS), CLIENT_CONCURRENCY="1")
        gateway.wait_until_ready()
        usual, limited = gateway.urls
        with run_recorder(usual) as usual_door, run_recorder(limited) as limited_door:
            yield simulator, gateway, Doors(usual_door, limited_door)


@pytest.fixture
def simulator(running: tuple[Simulator, Gateway, Doors]) -> Simulator:
    """The simulator, with nothing in its memory."""
    simulator, gateway, _ = running
    simulator.reset()
    gateway.forget_tokens()
    return simulator


@pytest.fixture
def doors(running: tuple[Simulator, Gateway, Doors], simulator: Simulator) -> Doors:
    """The gateway's doors, with a simulator and a pool that remember nothing."""
    return running[2]
