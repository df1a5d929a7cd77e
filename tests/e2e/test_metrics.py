"""The numbers move as chats go: front door, worker and keeper of a real gateway, asked as Prometheus asks."""

import asyncio
from contextlib import AsyncExitStack

import anthropic
import httpx
import openai
import pytest

from tests.e2e.asking import ask, user
from tests.e2e.gateway import Gateway, run_gateway, wait_for
from tests.metrics_page import Told, listed
from tests.servers import run_simulator

pytestmark = pytest.mark.slow

KEY = {"authorization": "Bearer client-key"}


class Processes:
    """A gateway whose processes all tell their numbers."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.worker, self.keeper = gateway.numbers["worker-interactive"], gateway.numbers["keeper"]
        self.limited = len(gateway.ports)
        gateway.start_api(API_TOKENS="client-key", CLIENT_CONCURRENCY="1")
        gateway.wait_until_ready()

    async def until(self, url: str, name: str, count: float, **labels: str) -> None:
        """Return once a number has come to this, and fail if it does not or is beyond."""
        await asyncio.to_thread(
            wait_for, lambda: Told(url).value(name, **labels) >= count, f"{name} {labels} to be {count}"
        )
        assert Told(url).value(name, **labels) == count, (name, labels)


async def chats_that_end(processes: Processes) -> None:
    """Chats that succeed, fail, are tried again, and are refused."""
    gateway = processes.gateway
    async with gateway.openai() as client, gateway.anthropic() as other:
        for stream in (True, False):
            await ask(client, "[[sim:text n=3]]", stream=stream)
            await ask(other, "[[sim:text n=3]]", stream=stream, model="claude-x")
            with pytest.raises(openai.APIStatusError):
                await ask(client, "[[sim:malformed]]", stream=stream)
        await ask(client, "[[sim:status 503 times=1 key=again]] [[sim:text n=3]]", stream=True)
        with pytest.raises(openai.NotFoundError):
            await ask(client, "[[sim:text n=3]]", stream=False, model="a-name-nobody-knows")
        with pytest.raises(anthropic.BadRequestError):
            await other.messages.create(model="auto", max_tokens=10, messages=[])
    door, worker = gateway.url, processes.worker
    chat = {"kind": "chat", "dialect": "openai"}
    await processes.until(door, "warp2api_answers_total", 3, **chat, model="auto", outcome="finished")
    await processes.until(door, "warp2api_answers_total", 1, **chat, model="other", outcome="model_not_found")
    await processes.until(door, "warp2api_answers_total", 2, **chat, model="auto", outcome="upstream_protocol")
    claude = {"kind": "chat", "dialect": "anthropic"}
    await processes.until(door, "warp2api_answers_total", 2, **claude, model="auto", outcome="finished")
    await processes.until(door, "warp2api_answers_total", 1, **claude, model="none", outcome="invalid_request")
    await processes.until(door, "warp2api_admissions_total", 6, dialect="openai", lane="interactive", verdict="ok")
    await processes.until(worker, "warp2api_jobs_ended_total", 5, lane="interactive", outcome="finished")
    await processes.until(worker, "warp2api_jobs_ended_total", 1, lane="interactive", outcome="model_not_found")
    await processes.until(worker, "warp2api_jobs_ended_total", 2, lane="interactive", outcome="upstream_protocol")
    told = Told(worker)
    assert told.value("warp2api_upstream_answers_total", status="200") == 7
    assert told.value("warp2api_upstream_answers_total", status="400") == 1
    assert told.value("warp2api_upstream_answers_total", status="503") == 1
    assert told.value("warp2api_upstream_failures_total", code="upstream_protocol") == 2
    assert told.value("warp2api_upstream_retries_total", code="upstream_error") == 1
    assert told.value("warp2api_relay_deltas_total") >= told.value("warp2api_relay_entries_total") >= 8
    assert told.value("warp2api_relay_flush_seconds_count") == told.value("warp2api_relay_flushes_total") > 0
    counts = {"queue": 8, "lease": 9, "headers": 9, "first_event": 7, "first_output": 5, "run": 8, "total": 8}
    assert {stage: told.value("warp2api_stage_seconds_count", stage=stage) for stage in counts} == counts
    at_door = Told(door)
    measured = {s: at_door.value("warp2api_stage_seconds_count", stage=s) for s in ("admit", "first_byte", "answer")}
    assert measured == {"admit": 8, "first_byte": 3, "answer": 8}


async def clients_that_leave_and_come_back(processes: Processes) -> None:
    """Chats that are left, taken up again, repeated, detached, and one too many for its key."""
    gateway = processes.gateway
    body = {"model": "auto", "stream": True, "messages": user("[[sim:text n=400 gap=0.05]]")}
    short = {"model": "auto", "messages": user("[[sim:text n=3]]")}
    path = "/v1/chat/completions"
    async with AsyncExitStack() as stack:
        door = await stack.enter_async_context(httpx.AsyncClient(base_url=gateway.url, timeout=20))
        locked = await stack.enter_async_context(
            httpx.AsyncClient(base_url=gateway.urls[processes.limited], headers=KEY, timeout=20)
        )
        async with door.stream("POST", path, json=body) as response:
            await anext(response.aiter_bytes())
            assert Told(processes.worker).value("warp2api_worker_running", lane="interactive") == 1
            assert Told(gateway.url).value("warp2api_jobs_running") == 1
            assert Told(gateway.url).value("warp2api_answers_open") == 1
        async with locked.stream("POST", path, json=body) as response:
            await anext(response.aiter_bytes())
            assert (await locked.post(path, json=short)).status_code == 429
        resumable = await door.post(path, json=short | {"stream": True}, headers={"X-Resumable": "1"})
        assert (await door.get(f"/v1/jobs/{resumable.headers['x-job-id']}/events")).is_success
        for _ in range(2):
            assert (await door.post(path, json=short, headers={"Idempotency-Key": "one"})).is_success
        assert (await door.post(path, json=short, headers={"Prefer": "respond-async"})).status_code == 202
    limited = gateway.urls[processes.limited]
    answers = "warp2api_answers_total"
    await processes.until(processes.worker, "warp2api_jobs_ended_total", 2, outcome="cancelled")
    await processes.until(gateway.url, answers, 1, kind="chat", outcome="client_left")
    await processes.until(gateway.url, answers, 1, kind="resume", dialect="openai", model="auto", outcome="finished")
    await processes.until(gateway.url, answers, 1, kind="replay", outcome="finished")
    await processes.until(gateway.url, answers, 1, kind="chat", outcome="detached")
    assert Told(gateway.url).value("warp2api_admissions_total", verdict="bound") == 1
    told = Told(limited)
    assert told.value("warp2api_admissions_total", verdict="client") == 1
    assert told.value(answers, outcome="rate_limited") == 1


async def a_worker_that_dies(processes: Processes) -> None:
    """Its job runs again, and the keeper has counted it."""
    gateway = processes.gateway
    body = {"model": "auto", "messages": user("[[sim:text n=20 gap=0.05]]")}
    async with httpx.AsyncClient(base_url=gateway.url, timeout=30) as door:
        asked = asyncio.create_task(door.post("/v1/chat/completions", json=body))
        await asyncio.to_thread(
            wait_for, lambda: Told(gateway.url).value("warp2api_jobs_running") == 1, "the job to be running"
        )
        gateway.role("worker-interactive").kill()
        await asyncio.to_thread(gateway.start_worker)
        assert (await asked).is_success
    await processes.until(processes.keeper, "warp2api_jobs_reaped_total", 1, verdict="again")


def who_may_read(processes: Processes) -> None:
    """Programs on the machine, and others with a key."""
    page = f"{processes.gateway.urls[processes.limited]}/metrics"
    passed_on = {"x-forwarded-for": "192.0.2.1"}
    assert httpx.get(page).status_code == 200
    assert httpx.get(page, headers=passed_on).status_code == 401
    assert httpx.get(page, headers=passed_on | KEY).status_code == 200
    assert httpx.get(f"{processes.gateway.url}/metrics", headers=passed_on).status_code == 200


def what_is_told_is_what_is_listed(processes: Processes) -> None:
    """Every metric of the page is told by some process, and no other, by its type and with its labels."""
    told = [Told(url).families for url in (processes.gateway.url, processes.worker, processes.keeper)]
    page = listed()
    families = {name: family for each in told for name, family in each.items()}

    assert set(families) == set(page)
    for each in told:
        for name, family in each.items():
            assert family.type == page[name].type, name
            assert family.labels in (page[name].labels, frozenset()), name


@pytest.mark.timeout(120)
async def test_the_numbers_move_as_chats_go() -> None:
    with run_simulator(gap=0) as simulator, run_gateway(simulator.url, measured=True, JOB_LEASE="1") as gateway:
        processes = await asyncio.to_thread(Processes, gateway)
        await chats_that_end(processes)
        await clients_that_leave_and_come_back(processes)
        what_is_told_is_what_is_listed(processes)
        who_may_read(processes)
        told = Told(gateway.url)
        assert told.value("warp2api_workers", lane="interactive") == 1
        assert told.value("warp2api_keepers") == told.value("warp2api_store_up") == 1
        assert Told(processes.keeper).value("warp2api_reaper_rounds_total") > 0
        await a_worker_that_dies(processes)
