"""One simulator and one gateway for most end-to-end tests, and the gateway's own words in a failing test's report."""

from collections.abc import AsyncIterator, Generator, Iterator

import anthropic
import openai
import pytest

from tests.e2e.gateway import Gateway, run_gateway
from tests.servers import Simulator, run_simulator

#: The shared gateway's front doors: the usual one, one that waits for nothing, and one that asks for a key and fetches
#: images.
IMPATIENT, LOCKED = 1, 2
CLIENT_KEYS = ("key-one", "key-two")
#: The accounts of the shared gateway.
ACCOUNTS = ("wk-first", "wk-second")
#: Seconds of silence after which the shared gateway gives the upstream up; longer than any keepalive takes and a busy
#: machine halts, shorter than headers are held.
IDLE = 8.0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failing test shows what the gateways that it uses last said."""
    report = yield
    if report.failed:
        used = {id(value): value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Gateway)}
        for gateway in used.values():
            report.sections.append(("output of the gateway", gateway.log_tails()))
    return report


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[Simulator]:
    """The simulator that the shared gateway talks to; deltas follow each other without a pause."""
    with run_simulator(gap=0) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def gateway_processes(simulator_process: Simulator) -> Iterator[Gateway]:
    """The shared gateway."""
    with run_gateway(
        simulator_process.url, WARP_API_KEY=",".join(ACCOUNTS), UPSTREAM_IDLE_TIMEOUT=str(IDLE)
    ) as gateway:
        gateway.start_api(HOLD_HEADERS="0.2", KEEPALIVE="0.2")
        gateway.start_api(API_TOKENS=",".join(CLIENT_KEYS), CLIENT_CONCURRENCY="1", FETCH_IMAGES="1")
        gateway.wait_until_ready()
        yield gateway


@pytest.fixture
def simulator(simulator_process: Simulator) -> Simulator:
    """The shared simulator, with nothing in its memory."""
    simulator_process.reset()
    return simulator_process


@pytest.fixture
def gateway(gateway_processes: Gateway, simulator: Simulator) -> Gateway:
    """The shared gateway, with a pool that has no history."""
    gateway_processes.forget_tokens()
    return gateway_processes


@pytest.fixture
async def openai_client(gateway: Gateway) -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's SDK at the shared gateway's usual door."""
    async with gateway.openai() as client:
        yield client


@pytest.fixture
async def anthropic_client(gateway: Gateway) -> AsyncIterator[anthropic.AsyncAnthropic]:
    """Anthropic's SDK at the shared gateway's usual door."""
    async with gateway.anthropic() as client:
        yield client
