"""What happens when something leaves, dies or stops: nothing accepted stays without an end, no output comes twice."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import httpx
import openai
import pytest

from cli.simulator.texts import is_intact
from proto.events import Event, Failed, Finished, Restarted, Text, decode_events
from proto.jobs import TERMINAL_STATUSES, Lane, Status
from store.jobs import Jobs
from tests.e2e.gateway import Gateway, run_gateway
from tests.servers import Simulator, run_simulator

PATIENCE = 25.0
LEASE = {"JOB_LEASE": "1.5"}


@pytest.fixture(scope="module")
def running_simulator() -> Iterator[Simulator]:
    with run_simulator() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def simulator_url(running_simulator: Simulator) -> str:
    return running_simulator.url


@pytest.fixture(autouse=True)
def simulator(running_simulator: Simulator) -> Simulator:
    """The upstream, with nothing remembered of the test before."""
    running_simulator.reset()
    return running_simulator


def in_turn(simulator: Simulator, *scripts: str) -> None:
    """What the upstream answers to one request after the other, whatever they ask."""
    simulator.tokens({"wk-e2e": [f"[[sim:{script}]]" for script in scripts]})


@pytest.fixture(scope="module")
def shared(simulator_url: str) -> Iterator[Gateway]:
    """A gateway with short leases, for tests that leave its processes alone."""
    with run_gateway(simulator_url, **LEASE) as gateway:
        yield gateway


@pytest.fixture
def own_gateway(simulator_url: str) -> Iterator[Gateway]:
    """A gateway of the test's own, to be broken."""
    with run_gateway(simulator_url, **LEASE) as gateway:
        yield gateway


@pytest.fixture
async def client(own_gateway: Gateway) -> AsyncIterator[openai.AsyncOpenAI]:
    async with own_gateway.openai() as client:
        yield client


@pytest.fixture
async def jobs(request: pytest.FixtureRequest) -> AsyncIterator[Jobs]:
    name = "own_gateway" if "own_gateway" in request.fixturenames else "shared"
    async with request.getfixturevalue(name).jobs() as jobs:
        yield jobs


async def until(condition: Callable[[], Awaitable[Any]], what: str) -> Any:
    """Wait for a condition that is looked up somewhere; returns what it found."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not (found := await condition()):
                await asyncio.sleep(0.02)
            return found
    except TimeoutError:
        raise AssertionError(f"waited {PATIENCE} s for {what}") from None


async def upstream_streams(simulator: Simulator, count: int) -> None:
    async def reached() -> bool:
        return bool(simulator.state()["open_streams"] == count)

    await until(reached, f"{count} open streams upstream")


async def status(jobs: Jobs, job_id: str) -> Status | None:
    tail = (await jobs.tails([job_id]))[0]
    return tail.status if tail else None


async def ended(jobs: Jobs, job_id: str) -> Status:
    async def terminal() -> Status | None:
        found = await status(jobs, job_id)
        return found if found in TERMINAL_STATUSES else None

    found: Status = await until(terminal, "the job's terminal record")
    return found


async def logged(jobs: Jobs, job_id: str) -> list[Event]:
    return [event for entry in await jobs.read(job_id) for event in decode_events(entry.data)]


async def only_job(jobs: Jobs) -> str:
    """The one job that has not ended, as soon as it is there."""

    async def found() -> str | None:
        rows = [*await jobs._store.command("ZRANGE", jobs.keys.waiting, 0, -1)]
        rows += await jobs._store.command("ZRANGE", jobs.keys.leases, 0, -1)
        return rows[0].decode() if rows else None

    job_id: str = await until(found, "a job")
    return job_id


def chat(script: str = "", *, stream: bool = True) -> dict[str, Any]:
    """A chat that says itself how it is answered, or leaves that to `in_turn`."""
    content = f"[[sim:{script}]]" if script else "hello"
    return {"model": "auto", "stream": stream, "messages": [{"role": "user", "content": content}]}


# --- the client leaves ------------------------------------------------------------------------------------------------


async def test_leaving_a_stream_closes_the_one_upstream(shared: Gateway, jobs: Jobs, simulator: Simulator) -> None:
    async with (
        httpx.AsyncClient(base_url=shared.url) as client,
        client.stream("POST", "/v1/chat/completions", json=chat("text n=2]][[sim:silent")) as response,
    ):
        job_id = response.headers["x-job-id"]
        await anext(response.aiter_lines())
        await upstream_streams(simulator, 1)
    await upstream_streams(simulator, 0)
    assert await ended(jobs, job_id) is Status.CANCELLED


@pytest.mark.parametrize("stream", [True, False])
async def test_leaving_before_the_first_token_cancels_too(
    shared: Gateway, jobs: Jobs, simulator: Simulator, stream: bool
) -> None:
    async with httpx.AsyncClient(base_url=shared.url) as client:
        asking = asyncio.create_task(client.post("/v1/chat/completions", json=chat("silent", stream=stream)))
        await upstream_streams(simulator, 1)
        job_id = await only_job(jobs)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    await upstream_streams(simulator, 0)
    assert await ended(jobs, job_id) is Status.CANCELLED


async def test_leaving_while_queued_ends_the_job_without_a_worker(
    own_gateway: Gateway, jobs: Jobs, simulator: Simulator
) -> None:
    own_gateway.role("worker-interactive").kill()
    before = simulator.state()["requests"]
    async with httpx.AsyncClient(base_url=own_gateway.url) as client:
        asking = asyncio.create_task(client.post("/v1/messages", json=chat("text n=1") | {"max_tokens": 9}))
        job_id = await only_job(jobs)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    assert await ended(jobs, job_id) is Status.CANCELLED
    own_gateway.start_worker()

    async def worker() -> bool:
        return await jobs.workers(Lane.INTERACTIVE) > 0

    await until(worker, "the new worker")
    assert simulator.state()["requests"] == before


# --- a worker dies ----------------------------------------------------------------------------------------------------


async def test_a_worker_killed_before_output_is_only_a_pause(
    own_gateway: Gateway, client: openai.AsyncOpenAI, jobs: Jobs, simulator: Simulator
) -> None:
    # Silent the first time, so that the kill hits before any output; the second attempt answers.
    in_turn(simulator, "silent", "checksum n=5 gap=0")
    asking = asyncio.create_task(_whole_text(client, "", stream=True))
    await upstream_streams(simulator, 1)
    job_id = await only_job(jobs)
    own_gateway.role("worker-interactive").kill()
    own_gateway.start_worker()
    text = await asking
    assert text
    assert await ended(jobs, job_id) is Status.FINISHED
    assert text == "".join(event.text for event in await logged(jobs, job_id) if isinstance(event, Text))


async def test_a_worker_killed_after_output_ends_a_stream_with_an_error(
    own_gateway: Gateway, client: openai.AsyncOpenAI, jobs: Jobs, simulator: Simulator
) -> None:
    stream = await client.chat.completions.create(**chat("text n=2 gap=0]][[sim:silent"))
    job_id = stream.response.headers["x-job-id"]
    chunks = aiter(stream)
    while not (await anext(chunks)).choices[0].delta.content:
        pass
    own_gateway.role("worker-interactive").kill()
    with pytest.raises(openai.APIError) as caught:
        await _rest(chunks)
    assert caught.value.code == "interrupted"
    assert await ended(jobs, job_id) is Status.FAILED


async def test_a_whole_answer_survives_the_worker_that_had_half_of_it(
    own_gateway: Gateway, client: openai.AsyncOpenAI, jobs: Jobs, simulator: Simulator
) -> None:
    in_turn(simulator, "text say=half]][[sim:silent", "text say=whole")
    asking = asyncio.create_task(_whole_text(client, "", stream=False))
    job_id = await only_job(jobs)

    async def half() -> bool:
        return any(isinstance(event, Text) for event in await logged(jobs, job_id))

    await until(half, "half of the answer")
    own_gateway.role("worker-interactive").kill()
    own_gateway.start_worker()
    assert await asking == "whole"
    assert any(isinstance(event, Restarted) for event in await logged(jobs, job_id))


async def test_a_worker_that_wakes_up_late_cannot_write(
    own_gateway: Gateway, client: openai.AsyncOpenAI, jobs: Jobs, simulator: Simulator
) -> None:
    sleeper = own_gateway.role("worker-interactive")
    in_turn(simulator, "silent", "text say=once")
    asking = asyncio.create_task(_whole_text(client, "", stream=True))
    await upstream_streams(simulator, 1)
    job_id = await only_job(jobs)
    os.kill(sleeper.process.pid, signal.SIGSTOP)
    own_gateway.start_worker()
    assert await asking == "once"
    os.kill(sleeper.process.pid, signal.SIGCONT)
    # It gives up its stream as soon as it learns that the job is another's.
    await upstream_streams(simulator, 0)
    events = await logged(jobs, job_id)
    assert [event.text for event in events if isinstance(event, Text)] == ["once"]
    assert sum(isinstance(event, Finished | Failed) for event in events) == 1


async def test_a_message_lost_with_the_worker_that_held_it_is_sent_again(
    own_gateway: Gateway, client: openai.AsyncOpenAI, jobs: Jobs, simulator: Simulator
) -> None:
    own_gateway.role("worker-interactive").kill()
    asking = asyncio.create_task(_whole_text(client, "text say=found", stream=False))
    await only_job(jobs)

    async def popped() -> bool:
        return await jobs._store.command("DEL", "interactive") == 1

    await until(popped, "the message, to lose it")
    own_gateway.start_worker()
    assert await asking == "found"


# --- a deploy ---------------------------------------------------------------------------------------------------------


async def test_a_worker_told_to_stop_finishes_what_is_seen_and_hands_back_the_rest(
    own_gateway: Gateway, client: openai.AsyncOpenAI, jobs: Jobs, simulator: Simulator
) -> None:
    in_turn(simulator, "checksum n=40 gap=0.05", "silent", "text say=later")
    seen = await client.chat.completions.create(**chat())
    chunks = aiter(seen)
    await anext(chunks)
    unseen = asyncio.create_task(_whole_text(client, "", stream=True))
    await upstream_streams(simulator, 2)
    leaving = own_gateway.role("worker-interactive")
    own_gateway.start_worker()

    async def both() -> bool:
        return await jobs.workers(Lane.INTERACTIVE) == 2

    await until(both, "the second worker")
    leaving.tell_to_stop()
    assert await unseen == "later"
    assert await _rest(chunks) == "stop"
    assert leaving.stopped() == 0


async def test_a_stopping_worker_finishes_what_somebody_follows_who_came_late(
    own_gateway: Gateway, jobs: Jobs, simulator: Simulator
) -> None:
    async with httpx.AsyncClient(base_url=own_gateway.url, timeout=PATIENCE) as client:
        body = chat("text say=half]][[sim:pause 2]][[sim:text say=whole", stream=False)
        asked = await client.post("/v1/chat/completions", json=body, headers={"prefer": "respond-async"})
        job_id = asked.json()["id"]
        async with client.stream("GET", f"/v1/jobs/{job_id}/events") as events:
            lines = events.aiter_lines()
            while "half" not in await anext(lines):
                pass
            own_gateway.role("worker-interactive").tell_to_stop()
            assert "data: [DONE]" in [line async for line in lines]
    assert await ended(jobs, job_id) is Status.FINISHED
    assert simulator.state()["requests"] == 1
    assert own_gateway.role("worker-interactive").stopped() == 0


async def test_a_worker_out_of_time_ends_its_streams_with_an_error(simulator_url: str) -> None:
    with run_gateway(simulator_url, **LEASE, DRAIN_TIMEOUT="0.5") as gateway:
        async with gateway.openai() as client:
            chunks = aiter(await client.chat.completions.create(**chat("text n=2 gap=0]][[sim:silent")))
            await anext(chunks)
            gateway.role("worker-interactive").tell_to_stop()
            with pytest.raises(openai.APIError, match="stopped"):
                await _rest(chunks)
        assert gateway.role("worker-interactive").stopped() == 0


async def test_a_front_door_told_to_stop_finishes_its_streams(
    own_gateway: Gateway, client: openai.AsyncOpenAI, jobs: Jobs, simulator: Simulator
) -> None:
    stream = await client.chat.completions.create(**chat("checksum n=20 gap=0.05"))
    chunks = aiter(stream)
    await anext(chunks)
    own_gateway.role("api").tell_to_stop()
    assert await _rest(chunks) == "stop"
    assert own_gateway.role("api").stopped() == 0


async def test_a_front_door_killed_leaves_no_job_without_an_end(
    own_gateway: Gateway, client: openai.AsyncOpenAI, jobs: Jobs, simulator: Simulator
) -> None:
    stream = await client.chat.completions.create(**chat("checksum n=10 gap=0.05"))
    job_id = stream.response.headers["x-job-id"]
    own_gateway.role("api").kill()
    assert await ended(jobs, job_id) is Status.FINISHED


# --- the store goes away ----------------------------------------------------------------------------------------------


async def test_a_store_that_dies_and_comes_back_loses_nothing(
    own_gateway: Gateway, client: openai.AsyncOpenAI, jobs: Jobs
) -> None:
    chunks = aiter(await client.chat.completions.create(**chat("checksum n=60 gap=0.05")))
    first = await anext(chunks)
    own_gateway.valkey.terminate()
    with pytest.raises(openai.APIStatusError) as caught:
        await client.chat.completions.create(**chat("text n=1", stream=False))
    assert caught.value.status_code == 503
    assert caught.value.response.headers["retry-after"]
    async with httpx.AsyncClient(base_url=own_gateway.url) as plain:
        health = (await plain.get("/healthz")).json()
    assert (health["status"], health["pool_stats"]) == ("ok", None)
    own_gateway.valkey.start()

    text = first.choices[0].delta.content or ""
    async for chunk in chunks:
        text += chunk.choices[0].delta.content or ""
    assert is_intact(text)
    own_gateway.wait_until_ready()
    assert await _whole_text(client, "text say=back", stream=False) == "back"


# --- the rest ---------------------------------------------------------------------------------------------------------


async def test_a_job_that_no_worker_takes_in_time_fails_as_late(simulator_url: str) -> None:
    with run_gateway(simulator_url, **LEASE, JOB_DEADLINE="2") as gateway:
        gateway.role("worker-interactive").kill()
        async with gateway.openai() as client:
            with pytest.raises(openai.APIStatusError) as caught:
                await client.chat.completions.create(**chat("text n=1"))
        assert (caught.value.status_code, caught.value.code) == (504, "deadline")


async def test_a_job_past_its_deadline_is_ended_while_it_runs(simulator_url: str, simulator: Simulator) -> None:
    with run_gateway(simulator_url, **LEASE, JOB_DEADLINE="2") as gateway:
        async with gateway.openai() as client:
            with pytest.raises(openai.APIStatusError) as caught:
                await client.chat.completions.create(**chat("silent"))
        assert (caught.value.status_code, caught.value.code) == (504, "deadline")
        await upstream_streams(simulator, 0)


async def _rest(chunks: AsyncIterator[Any]) -> str | None:
    """Read to the end; the finish reason, which nothing may follow."""
    finish_reason = None
    async for chunk in chunks:
        assert finish_reason is None
        finish_reason = chunk.choices[0].finish_reason if chunk.choices else None
    return finish_reason


async def _whole_text(client: openai.AsyncOpenAI, script: str, *, stream: bool) -> str:
    if not stream:
        whole = await client.chat.completions.create(**chat(script, stream=False))
        text: str = whole.choices[0].message.content
        return text
    chunks = await client.chat.completions.create(**chat(script))
    return "".join([chunk.choices[0].delta.content or "" async for chunk in chunks if chunk.choices])
