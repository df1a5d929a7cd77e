"""One gateway for all clients, with a recorder before each of its doors."""

from collections.abc import Iterator

import pytest

from tests.clients.harness import Clients, Doors, all_keys
from tests.e2e.gateway import run_gateway
from tests.recorder import run_recorder
from tests.servers import run_simulator


@pytest.fixture(scope="session")
def clients() -> Iterator[Clients]:
    """The clients, and the gateway they talk to."""
    with run_simulator(gap=0) as simulator, run_gateway(simulator.url) as gateway:
        gateway.start_api(API_TOKENS=",".join(all_keys()), CLIENT_CONCURRENCY="1")
        gateway.wait_until_ready()
        usual, limited = gateway.urls
        with run_recorder(usual) as usual_door, run_recorder(limited) as limited_door:
            yield Clients(Doors(usual_door, limited_door))
