"""Leaving while others hold the only worker: queued, before the first token, whole; and what is told meanwhile.

The worker's leases are long: that a job was cancelled it can only hear at once, not at its next renewal.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.asking import user
from tests.e2e.gateway import Gateway, run_gateway
from tests.servers import Simulator, run_simulator

pytestmark = pytest.mark.slow

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
#: Renewals come every ten seconds: what takes half of that did not wait for one.
SOON = 5.0
PATIENCE = 20.0


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with run_simulator() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def narrow(simulator: Simulator) -> Iterator[Gateway]:
    """A gateway that runs one job at a time, with front doors that wait for nothing."""
    quick = {"KEEPALIVE": "0.2", "HOLD_HEADERS": "0.2", "DRAIN_TIMEOUT": "2"}
    with run_gateway(simulator.url, apis=2, WORKER_CONCURRENCY="1", JOB_LEASE="30", **quick) as gateway:
        yield gateway


@pytest.fixture
async def client(narrow: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=narrow.url, timeout=PATIENCE) as client:
        yield client


def chat(script: str, *, stream: bool = True) -> dict[str, Any]:
    return {"model": "auto", "max_tokens": 4000, "stream": stream, "messages": user(f"[[sim:{script}]]")}


async def upstream_streams(simulator: Simulator, count: int) -> None:
    await asyncio.to_thread(simulator.wait_for, lambda state: state["open_streams"] == count)


async def line_with(lines: AsyncIterator[str], word: str) -> str:
    async with asyncio.timeout(PATIENCE):
        async for line in lines:
            if word in line:
                return line
    raise AssertionError(f"the stream ended without {word!r}")


async def state(client: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
    view: dict[str, Any] = (await client.get(f"/v1/jobs/{job_id}")).raise_for_status().json()
    return view


async def ended(client: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE):
        while (view := await state(client, job_id))["ended_at"] is None:
            await asyncio.sleep(0.02)
    return view


async def waiting(gateway: Gateway, count: int) -> None:
    async with gateway.jobs() as jobs, asyncio.timeout(PATIENCE):
        while await jobs._store.command("ZCARD", jobs.keys.waiting) < count:
            await asyncio.sleep(0.02)


async def test_the_queued_are_told_their_place_and_may_leave(
    narrow: Gateway, client: httpx.AsyncClient, simulator: Simulator
) -> None:
    async with client.stream("POST", CHAT, json=chat("text say=held]][[sim:silent")) as holder:
        held = holder.aiter_lines()
        await line_with(held, "held")
        before = simulator.state()["requests"]
        async with client.stream("POST", CHAT, json=chat("text say=next")) as last:
            lines = last.aiter_lines()
            async with client.stream("POST", MESSAGES, json=chat("text n=1")) as first:
                # It was admitted after the other one: its place is behind it.
                assert await line_with(first.aiter_lines(), "queued") == ": queued, position 2"
            left = first.headers["x-job-id"]
            view = await ended(client, left)
            assert (view["status"], view["attempts"]) == ("cancelled", 0)
            waiting = await state(client, last.headers["x-job-id"])
            assert (waiting["status"], waiting["position"], waiting["estimated_wait"]) == ("queued", 1, None)
            assert await line_with(lines, "queued") == ": queued, position 1"
            assert simulator.state()["requests"] == before

            cancelled = (await client.post(CHAT, json=chat("text n=1"), headers={"Prefer": "respond-async"})).json()
            view = (await client.post(f"/v1/jobs/{cancelled['id']}/cancel")).json()
            assert (view["status"], view["cancelling"]) == ("cancelled", False)

            await holder.aclose()
            assert "next" in await line_with(lines, "next")
    await upstream_streams(simulator, 0)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("script", ["silent", "text n=2]][[sim:silent"])
async def test_leaving_closes_the_upstream_without_waiting_for_a_renewal(
    client: httpx.AsyncClient, simulator: Simulator, script: str, stream: bool
) -> None:
    asking = asyncio.create_task(client.post(CHAT, json=chat(script, stream=stream)))
    await upstream_streams(simulator, 1)
    left_at = time.monotonic()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await upstream_streams(simulator, 0)
    assert time.monotonic() - left_at < SOON


async def test_leaving_while_the_store_is_away_counts_once_it_is_back(
    narrow: Gateway, client: httpx.AsyncClient, simulator: Simulator
) -> None:
    async with client.stream("POST", CHAT, json=chat("text say=held]][[sim:silent")) as response:
        await line_with(response.aiter_lines(), "held")
        narrow.valkey.terminate()
    narrow.valkey.start()
    await upstream_streams(simulator, 0)
    narrow.wait_until_ready()


async def test_a_replica_that_stops_tells_its_clients_and_cancels_nothing(
    narrow: Gateway, client: httpx.AsyncClient, simulator: Simulator
) -> None:
    stopping = narrow.roles[-1]
    async with (
        httpx.AsyncClient(base_url=narrow.urls[1], timeout=PATIENCE) as other,
        client.stream("POST", CHAT, json=chat("text say=held]][[sim:silent")) as here,
    ):
        held = here.aiter_lines()
        await line_with(held, "held")
        job_id = here.headers["x-job-id"]
        async with (
            other.stream("GET", f"/v1/jobs/{job_id}/events") as resumable,
            other.stream("POST", MESSAGES, json=chat("text n=1")) as queued,
        ):
            lines = resumable.aiter_lines()
            await line_with(lines, "held")
            whole = asyncio.create_task(other.post(CHAT, json=chat("text n=1", stream=False)))
            await waiting(narrow, 2)
            stopping.tell_to_stop()
            assert "api_error" in await line_with(queued.aiter_lines(), "was stopped")
            refused = await whole
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert (await state(client, refused.headers["x-job-id"]))["status"] == "queued"
            # No end is made up for who can go on elsewhere.
            with pytest.raises(httpx.TransportError):
                await line_with(lines, "never")
        assert stopping.stopped() == 0
        for job in (job_id, queued.headers["x-job-id"]):
            view = await state(client, job)
            assert view["status"] in ("running", "queued")
            assert not view["cancelling"]
    # It reads nothing any more: the last reader was here.
    await upstream_streams(simulator, 0)
    assert (await ended(client, queued.headers["x-job-id"]))["status"] == "finished"
