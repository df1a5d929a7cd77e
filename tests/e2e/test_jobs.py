"""Coming back for an answer: streams taken up elsewhere, detached jobs, several readers and the last one leaving."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openai
import orjson
import pytest
from openai.types.chat import ChatCompletionChunk

from cli.simulator.texts import is_intact
from tests.e2e.asking import DIALECTS, ask, user
from tests.e2e.conftest import CLIENT_KEYS, IMPATIENT, LOCKED
from tests.e2e.gateway import Gateway
from tests.servers import Simulator

PATIENCE = 20.0
PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages", "responses": "/v1/responses"}
RESUMABLE = {"X-Resumable": "1"}
ASYNC = {"Prefer": "respond-async"}


def chat(script: str, *, stream: bool = True) -> dict[str, Any]:
    """A body that every dialect takes: each ignores what is another's."""
    said = user(f"[[sim:{script}]]")
    return {"model": "auto", "max_tokens": 4000, "stream": stream, "messages": said, "input": said}


@pytest.fixture
async def doors(gateway: Gateway) -> AsyncIterator[list[httpx.AsyncClient]]:
    """A client of each front door."""
    clients = [httpx.AsyncClient(base_url=url, timeout=PATIENCE) for url in gateway.urls]
    yield clients
    for client in clients:
        await client.aclose()


async def blocks(response: httpx.Response) -> AsyncIterator[bytes]:
    """The events of a stream as they were sent, each with its blank line."""
    assert response.status_code == 200, await response.aread()
    rest = b""
    async for chunk in response.aiter_bytes():
        *whole, rest = (rest + chunk).split(b"\n\n")
        for block in whole:
            yield block + b"\n\n"
    assert rest == b""


def id_of(block: bytes) -> str:
    (line,) = [line for line in block.splitlines() if line.startswith(b"id: ")]
    return line.removeprefix(b"id: ").decode()


def text_of(frames: list[bytes]) -> str:
    """The text of either dialect's frames."""
    text = ""
    for frame in frames:
        data = frame.partition(b"data: ")[2].strip()
        if data and data != b"[DONE]":
            told = orjson.loads(data)
            for choice in told.get("choices", ()):
                text += choice["delta"].get("content") or ""
            if told.get("type") == "content_block_delta":
                text += told["delta"].get("text", "")
            if told.get("type") == "response.output_text.delta":
                text += told["delta"]
    return text


async def told(client: httpx.AsyncClient, job_id: str, **options: Any) -> list[bytes]:
    """All that a job's events are, to their end."""
    async with client.stream("GET", f"/v1/jobs/{job_id}/events", **options) as response:
        return [block async for block in blocks(response)]


async def shown(client: httpx.AsyncClient, job_id: str, *statuses: str) -> dict[str, Any]:
    """The job, once it is in one of these states."""
    async with asyncio.timeout(PATIENCE):
        while True:
            view: dict[str, Any] = (await client.get(f"/v1/jobs/{job_id}")).raise_for_status().json()
            if not statuses or view["status"] in statuses:
                return view
            await asyncio.sleep(0.02)


async def upstream_streams(simulator: Simulator, count: int) -> None:
    await asyncio.to_thread(simulator.wait_for, lambda state: state["open_streams"] == count)


@pytest.mark.parametrize("dialect", PATHS)
async def test_a_broken_stream_goes_on_at_another_replica(
    doors: list[httpx.AsyncClient], simulator: Simulator, dialect: str
) -> None:
    request = {"json": chat("checksum n=40 gap=0.02"), "headers": RESUMABLE}
    async with doors[0].stream("POST", PATHS[dialect], **request) as response:
        job_id = response.headers["x-job-id"]
        stream = blocks(response)
        had = [await anext(stream) for _ in range(8)]
    rest = await told(doors[1], job_id, headers={"Last-Event-ID": id_of(had[-1])})
    # Keepalives stand before or between frames; they are no part of the answer.
    rest = [frame[frame.index(b"id: ") :] for frame in rest if b"id: " in frame]
    assert is_intact(text_of(had + rest))
    again = await told(doors[0], job_id)
    assert again == had + rest
    assert await told(doors[1], job_id, params={"after_frames": len(had)}) == rest
    assert (await shown(doors[1], job_id))["status"] == "finished"


async def test_a_stream_without_ids_is_taken_up_by_counting_its_frames(doors: list[httpx.AsyncClient]) -> None:
    request = {"json": chat("checksum n=40 gap=0.02"), "headers": {"X-On-Disconnect": "drain"}}
    async with doors[0].stream("POST", PATHS["openai"], **request) as response:
        job_id = response.headers["x-job-id"]
        stream = blocks(response)
        had = [await anext(stream) for _ in range(8)]
    assert not any(b"id: " in frame for frame in had)
    rest = await told(doors[1], job_id, params={"after_frames": len(had)})
    assert is_intact(text_of(had + rest))


async def test_the_sdks_read_streams_with_ids_through_silences(gateway: Gateway) -> None:
    script = "[[sim:text say=before]][[sim:pause 3]][[sim:text say=after]]"
    async with (
        gateway.openai(door=IMPATIENT, default_headers=RESUMABLE) as one,
        gateway.anthropic(door=IMPATIENT, default_headers=RESUMABLE) as two,
    ):
        answers = await asyncio.gather(*[ask(client, script, stream=True) for client in (one, two)])
    assert [answer.text for answer in answers] == ["beforeafter"] * 2


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_detached_job_is_answered_later_and_whole(doors: list[httpx.AsyncClient], dialect: str) -> None:
    body = chat("wait 0.3]][[sim:checksum n=5", stream=False)
    accepted = await doors[0].post(PATHS[dialect], json=body, headers=ASYNC)
    assert accepted.status_code == 202
    assert accepted.headers["preference-applied"] == "respond-async"
    job_id = accepted.json()["id"]
    assert accepted.headers["location"] == f"/v1/jobs/{job_id}"
    assert accepted.headers["x-job-id"] == job_id

    frames = await told(doors[1], job_id)
    view = await shown(doors[1], job_id, "finished")
    answer = view["answer"]
    whole = answer["choices"][0]["message"]["content"] if dialect == "openai" else answer["content"][0]["text"]
    assert is_intact(whole)
    assert whole == text_of(frames)
    assert answer["id"] in frames[0].decode()
    assert view["dialect"] == dialect
    assert view["attempts"] == 1
    assert view["usage"]["output_tokens"] > 0
    assert view["admitted_at"] <= view["claimed_at"] <= view["first_output_at"] <= view["ended_at"]
    assert view["error"] is view["position"] is view["estimated_wait"] is None


async def test_a_job_can_be_read_in_another_dialect_and_as_its_events(doors: list[httpx.AsyncClient]) -> None:
    body = chat("tools names=f args='{}' cancel]][[sim:text say=words") | {
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    }
    accepted = await doors[0].post(PATHS["openai"], json=body, headers=ASYNC)
    job_id = accepted.json()["id"]
    other = await told(doors[1], job_id, params={"dialect": "anthropic"})
    assert other[0].startswith(b"id: 0.0\nevent: message_start\n")
    assert text_of(other) == "words"
    events = b"".join(await told(doors[1], job_id, params={"dialect": "events"}))
    assert b"event: started\n" in events
    assert b"event: tool_result\n" in events
    assert b"event: finished\n" in events
    own = await told(doors[1], job_id)
    assert text_of(own) == "words"

    refused = await doors[1].get(f"/v1/jobs/{job_id}/events", params={"dialect": "latin"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "dialect")
    for headers, params, param in (
        ({"Last-Event-ID": "yesterday"}, {}, "Last-Event-ID"),
        ({"Last-Event-ID": "999.0"}, {}, "Last-Event-ID"),
        ({}, {"after_frames": "-1"}, "after_frames"),
    ):
        refused = await doors[1].get(f"/v1/jobs/{job_id}/events", headers=headers, params=params)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)


async def test_only_the_last_readers_leaving_closes_the_upstream(
    doors: list[httpx.AsyncClient], simulator: Simulator
) -> None:
    body = chat("text say=one]][[sim:pause 0.6]][[sim:text say=two]][[sim:silent")
    async with doors[0].stream("POST", PATHS["openai"], json=body) as first:
        job_id = first.headers["x-job-id"]
        own = blocks(first)
        await anext(own)
        async with doors[1].stream("GET", f"/v1/jobs/{job_id}/events") as second:
            frames = blocks(second)
            await anext(frames)
            await first.aclose()
            while b"two" not in await anext(frames):
                pass
            assert (await shown(doors[0], job_id))["cancelling"] is False
    await upstream_streams(simulator, 0)
    view = await shown(doors[0], job_id, "cancelled")
    assert view["error"]["error"]["code"] == "cancelled"


async def test_a_job_that_is_drained_runs_on_when_all_have_left(
    doors: list[httpx.AsyncClient], simulator: Simulator
) -> None:
    body, headers = chat("checksum n=20 gap=0.02"), {"X-On-Disconnect": "drain"}
    async with doors[0].stream("POST", PATHS["openai"], json=body, headers=headers) as response:
        job_id = response.headers["x-job-id"]
    view = await shown(doors[1], job_id, "finished", "cancelled")
    assert is_intact(view["answer"]["choices"][0]["message"]["content"])


async def test_a_running_job_is_cancelled_by_its_address(doors: list[httpx.AsyncClient], simulator: Simulator) -> None:
    async with doors[0].stream("POST", PATHS["openai"], json=chat("text n=1]][[sim:silent")) as response:
        job_id = response.headers["x-job-id"]
        stream = blocks(response)
        await anext(stream)
        told = (await doors[1].post(f"/v1/jobs/{job_id}/cancel")).raise_for_status().json()
        assert told["status"] == "cancelled" or told["cancelling"]
        assert b'"code":"cancelled"' in [block async for block in stream][-1]
    await upstream_streams(simulator, 0)
    again = (await doors[0].post(f"/v1/jobs/{job_id}/cancel")).raise_for_status().json()
    assert (again["status"], again["cancelling"]) == ("cancelled", False)


async def test_a_failed_job_tells_its_error(doors: list[httpx.AsyncClient]) -> None:
    body = chat("status 403", stream=False)
    accepted = await doors[0].post(PATHS["anthropic"], json=body, headers=ASYNC)
    view = await shown(doors[1], accepted.json()["id"], "failed")
    assert view["answer"] is None
    assert view["error"]["type"] == "error"
    frames = await told(doors[1], view["id"])
    assert b"event: error\n" in frames[-1]


async def test_another_keys_job_does_not_exist(doors: list[httpx.AsyncClient]) -> None:
    mine, other = ({"Authorization": f"Bearer {key}"} for key in CLIENT_KEYS)
    accepted = await doors[LOCKED].post(PATHS["openai"], json=chat("text say=mine", stream=False), headers=ASYNC | mine)
    job_id = accepted.json()["id"]
    unknown = await doors[LOCKED].get("/v1/jobs/nobodys", headers=other)
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "job_not_found")
    for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/cancel")):
        refused = await doors[LOCKED].request(method, f"/v1/jobs/{job_id}{path}", headers=other)
        assert (refused.status_code, refused.json()) == (404, unknown.json())
        assert (await doors[LOCKED].request(method, f"/v1/jobs/{job_id}{path}")).status_code == 401
    frames = await told(doors[LOCKED], job_id, headers=mine)
    assert text_of(frames) == "mine"
    told_in_anthropic = await doors[LOCKED].get("/v1/jobs/nobodys", headers=other | {"anthropic-version": "1"})
    assert told_in_anthropic.json()["error"]["type"] == "not_found_error"


async def test_how_long_an_answer_is_kept(gateway: Gateway, doors: list[httpx.AsyncClient]) -> None:
    """A minute once delivered, but not if the client said that it might come back."""
    kept = []
    for headers in ({}, RESUMABLE, {"X-On-Disconnect": "drain"}):
        answer = await doors[0].post(PATHS["openai"], json=chat("text n=1"), headers=headers)
        kept.append(answer.headers["x-job-id"])
    async with gateway.jobs() as jobs:
        lives = [await jobs._store.command("PTTL", jobs.keys.log(job_id)) for job_id in kept]
    assert lives[0] <= 60_000
    assert min(lives[1:]) > 500_000


async def test_a_log_that_is_gone_is_told_as_gone(gateway: Gateway, doors: list[httpx.AsyncClient]) -> None:
    headers = {"Idempotency-Key": "gone"}
    first = await doors[0].post(PATHS["openai"], json=chat("text n=3"), headers=headers)
    job_id = first.headers["x-job-id"]
    async with gateway.jobs() as jobs:
        await jobs._store.command("DEL", jobs.keys.log(job_id))
    for answer in (
        await doors[1].get(f"/v1/jobs/{job_id}"),
        await doors[1].get(f"/v1/jobs/{job_id}/events"),
        await doors[1].post(PATHS["openai"], json=chat("text n=3"), headers=headers),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (410, "job_gone")


async def test_openais_sdk_goes_on_by_counting_its_chunks(gateway: Gateway) -> None:
    """As `docs/jobs.md` shows it."""
    async with (
        gateway.openai(default_headers={"X-On-Disconnect": "drain"}) as here,
        gateway.openai(door=1, max_retries=0) as there,
    ):
        messages = user("[[sim:checksum n=40 gap=0.02]]")
        stream = await here.chat.completions.create(model="auto", messages=messages, stream=True)  # type: ignore[call-overload]
        job_id = stream.response.headers["x-job-id"]
        chunks = []
        async for chunk in stream:
            chunks.append(chunk)
            if len(chunks) == 8:
                break
        await stream.close()
        rest = await there.get(
            f"/jobs/{job_id}/events",
            options={"params": {"after_frames": len(chunks)}},
            cast_to=ChatCompletionChunk,
            stream=True,
            stream_cls=openai.AsyncStream[ChatCompletionChunk],
        )
        chunks += [chunk async for chunk in rest]
    assert is_intact("".join(chunk.choices[0].delta.content or "" for chunk in chunks))


async def test_a_header_with_a_slip_is_a_400_of_the_dialect(gateway: Gateway) -> None:
    async with gateway.openai(default_headers={"X-On-Disconnect": "stay"}) as client:
        with pytest.raises(openai.BadRequestError) as caught:
            await ask(client, "hello", stream=True)
    assert caught.value.param == "X-On-Disconnect"
