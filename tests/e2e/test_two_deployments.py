"""Two deployments and one set of accounts: the one that has none serves chats with tokens of the other."""

import httpx
import pytest
import redis

from bench.processes import free_port
from proto.keys import Keys
from tests.e2e.asking import ask
from tests.e2e.gateway import Gateway, run_gateway, wait_for
from tests.servers import run_simulator

pytestmark = pytest.mark.slow

LENDER_KEY, TOKEN = "wk-of-the-lender", "planted-pool-service-token"


def lent(gateway: Gateway) -> int:
    with redis.Redis.from_url(gateway.redis_url) as client:
        return client.zcard(Keys().pool("leases"))


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.mark.timeout(120)
async def test_a_deployment_borrows_answers_and_gives_back() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with run_simulator(gap=0) as simulator, run_gateway(simulator.url, WARP_API_KEY=LENDER_KEY) as lender:
        service = lender.start("pool-service", "pool-service", POOL_SERVICE_PORT=str(port), POOL_SERVICE_TOKEN=TOKEN)
        wait_for(lambda: answers(url), "the pool service")
        borrowing = {"WARP_API_KEY": "", "POOL_SERVICE_BASE_URL": url, "POOL_SERVICE_TOKEN": TOKEN}
        with run_gateway(simulator.url, **borrowing) as borrower:
            async with borrower.openai() as client:
                answer = await ask(client, "[[sim:text say=borrowed]]", stream=True)
            assert answer.text == "borrowed"
            assert lent(lender) == 1
            logged = "".join(role.output.read_text() for role in (*borrower.roles, *lender.roles))
        wait_for(lambda: lent(lender) == 0, "what was borrowed to be given back")
        service.tell_to_stop()
        assert service.stopped() == 0
        given_back = "".join(role.output.read_text() for role in lender.roles)
    assert "pool_service.lent" in logged
    assert "pool_service.released" in given_back
    for secret in (LENDER_KEY, TOKEN):
        assert secret not in logged + given_back


@pytest.mark.parametrize("role", ["keeper", "worker"])
async def test_a_process_told_to_stop_while_it_starts_leaves_as_any_other(role: str) -> None:
    with run_simulator(gap=0) as simulator, run_gateway(simulator.url) as gateway:
        borrowing = {"WARP_API_KEY": "", "POOL_SERVICE_BASE_URL": "http://127.0.0.1:9", "POOL_SERVICE_TOKEN": TOKEN}
        with redis.Redis.from_url(gateway.redis_url) as client:
            starting = gateway.start(role, role, **borrowing)
            # It counts itself among the pool's processes before Celery has its signal handlers in place.
            wait_for(lambda: client.zcard(Keys().pool("processes")), "the process to be present")
            starting.tell_to_stop()
            assert starting.stopped() == 0
            assert client.zcard(Keys().pool("processes")) == 0
