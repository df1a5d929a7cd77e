"""Many streams at once, each of them whole and its own: one process of each kind, then two, then HTTP/2 upstream."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from cli.simulator.texts import checksum_text
from tests.e2e.asking import Client, ask, user
from tests.e2e.gateway import Gateway, Role, run_gateway
from tests.servers import Simulator, run_simulator

pytestmark = pytest.mark.load

STREAMS = 200
#: At the upstream at the same time, at the least: a slow machine may end the first before it has begun the last.
TOGETHER = 150
DELTAS, SIZE, GAP = 30, 11, 0.12


async def stream_all(clients: Sequence[Client]) -> None:
    """Ask for `STREAMS` different texts at once, through the clients in turn; each answer must be the one asked for."""

    async def one(seed: int) -> None:
        script = f"[[sim:checksum n={DELTAS} size={SIZE} gap={GAP} seed={seed}]]"
        answer = await ask(clients[seed % len(clients)], script, stream=True)
        assert answer.text == checksum_text(seed, DELTAS * SIZE)
        assert answer.stop in ("stop", "end_turn")

    await asyncio.gather(*[one(seed) for seed in range(STREAMS)])


def check_upstream(simulator: Simulator) -> None:
    """Each was asked for once and read to its end, and they ran side by side."""
    state = simulator.wait_for(lambda state: state["open_streams"] == 0)
    assert (state["requests"], state["completed"]) == (STREAMS, STREAMS)
    assert state["most_open"] >= TOGETHER


def jobs_of(role: Role) -> int:
    """How many jobs a worker says that it has ended well."""
    return sum("job.ended" in line and "code=None" in line for line in role.output.read_text().splitlines())


async def test_many_streams_at_once(gateway: Gateway, simulator: Simulator) -> None:
    async with gateway.openai() as first, gateway.anthropic() as second:
        await stream_all([first, second])
    check_upstream(simulator)


@pytest.fixture(scope="module")
def tls_simulator() -> Iterator[Simulator]:
    """A simulator that speaks HTTP/2 over TLS and takes fewer streams a connection than are to come."""
    with run_simulator(tls=True, h2_streams=100, gap=0, require_http2=True) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def wide_gateway(tls_simulator: Simulator) -> Iterator[Gateway]:
    """Two front doors and two workers, one for each of the transports, on one Valkey."""
    with run_gateway(
        tls_simulator.url, apis=2, workers=1, SSL_CERT_FILE=str(tls_simulator.ca_file), WARP_HISTORY="messages"
    ) as gateway:
        other = gateway.start_worker(WARP_TRANSPORT="httpx")
        gateway.wait_for_workers(2)
        assert other.process.poll() is None
        yield gateway


async def test_many_streams_at_once_through_two_of_everything_and_http2(
    wide_gateway: Gateway, tls_simulator: Simulator
) -> None:
    async with (
        wide_gateway.openai(door=0) as first,
        wide_gateway.anthropic(door=1) as second,
        wide_gateway.openai(door=1) as third,
        wide_gateway.anthropic(door=0) as fourth,
    ):
        await stream_all([first, second, third, fourth])
    check_upstream(tls_simulator)
    assert {seen["http_version"] for seen in tls_simulator.state()["seen"]} == {"2"}
    shares = [jobs_of(role) for role in wide_gateway.roles if role.name.startswith("worker")]
    assert sum(shares) == STREAMS
    assert min(shares) >= STREAMS // 10, shares


@pytest.mark.parametrize("door", [0, 1])
async def test_tools_and_their_results_as_messages_of_the_upstreams_own(
    wide_gateway: Gateway, tls_simulator: Simulator, door: int
) -> None:
    tools = [{"type": "function", "function": {"name": name, "parameters": {}}} for name in ("look", "listen")]
    async with wide_gateway.openai(door=door) as client:
        script = "[[sim:tools names=look,listen]]"
        asked = await ask(client, script, stream=True, tools=tools)
        assert [call.name for call in asked.calls] == ["look", "listen"]
        calls = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": "{}"}}
            for call in asked.calls
        ]
        results = [{"role": "tool", "tool_call_id": call.id, "content": f"{call.name}: done"} for call in asked.calls]
        turns = [*user(script), {"role": "assistant", "content": None, "tool_calls": calls}, *results]
        answer = await ask(client, turns, stream=False, tools=tools)
    assert "> look: done" in answer.text
    assert "> listen: done" in answer.text
    seen = tls_simulator.state()["seen"][-1]
    assert (seen["results"], seen["history"]) == (2, "foreign")
