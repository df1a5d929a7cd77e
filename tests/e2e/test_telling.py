"""What a whole gateway tells of its work: lines that can be put together, one trace for a request, and nothing of what
was said in them.
"""

import asyncio
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import openai
import pytest
import redis

from api.keys_file import hash_of
from proto.keys import Keys
from tests.e2e.asking import ask
from tests.e2e.gateway import Gateway, Role, run_gateway, wait_for
from tests.otlp import Collector, run_collector
from tests.servers import Simulator, run_simulator

pytestmark = pytest.mark.slow

PROMPT = "planted-prompt"
KEY = "planted-client-key"


@contextmanager
def telling_gateway(simulator: Simulator, collector: Collector) -> Iterator[Gateway]:
    """Everything logs at debug: all but the second front door as JSON, and traced."""
    traced = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    environment = {"LOG_LEVEL": "debug", "LOG_FORMAT": "json", "API_TOKENS": KEY, "JOB_LEASE": "1", **traced}
    with run_gateway(simulator.url, **environment, SLOW_STAGE="total=0") as gateway:
        gateway.start_api(LOG_FORMAT="text", OTEL_SDK_DISABLED="true")
        gateway.wait_until_ready()
        yield gateway


def lines(role: Role) -> list[dict[str, Any]]:
    """All lines of a process that logs JSON; each is an object with what every line has."""
    said = [json.loads(line) for line in role.output.read_text().splitlines()]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in said)
    return said


def about(role: Role, **fields: Any) -> list[dict[str, Any]]:
    return [line for line in lines(role) if fields.items() <= line.items()]


async def asked(gateway: Gateway, script: str, *, door: int = 0, **headers: str) -> str:
    """Ask, whatever comes of it; returns the request's id."""
    request_id = f"req-{secrets.token_hex(4)}"
    headers["x-client-request-id"] = request_id
    async with gateway.openai(door=door, api_key=KEY) as client:
        with suppress(openai.APIError):
            await ask(client, f"[[sim:{script}]] {PROMPT}", stream=True, extra_headers=headers)
    return request_id


async def refused(url: str) -> None:
    """What is refused before there is a job, and a key that is none."""
    body = {"model": "auto", "messages": [{"role": "user", "content": PROMPT, "planted-field": PROMPT}, PROMPT]}
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {KEY}"}) as client:
        await client.post(f"{url}/v1/chat/completions", json=body)
        await client.post(f"{url}/v1/messages", content=b'{"messages": "' + PROMPT.encode())
        await client.post(f"{url}/v1/messages", json={}, headers={"authorization": "Bearer planted-wrong-key"})


def stopped(gateway: Gateway) -> str:
    """Stop everything; all that was said."""
    for role in gateway.roles:
        role.tell_to_stop()
    for role in gateway.roles:
        role.stopped()
    return "".join(role.output.read_text() for role in gateway.roles)


async def left_behind(gateway: Gateway) -> str:
    """A job that waits, and whose payload can no longer be read; returns its id."""
    body = {"model": "auto", "messages": [{"role": "user", "content": PROMPT}]}
    headers = {"authorization": f"Bearer {KEY}", "prefer": "respond-async"}
    async with httpx.AsyncClient(headers=headers) as client:
        job_id: str = (await client.post(f"{gateway.url}/v1/chat/completions", json=body)).json()["id"]
    with redis.Redis.from_url(gateway.redis_url) as store:
        store.set(Keys().payload(job_id), b"\x81\xa2id" + PROMPT.encode(), keepttl=True)
    return job_id


@pytest.mark.timeout(150)
async def test_log_and_trace_tell_one_story_without_its_words() -> None:
    with (
        run_collector() as collector,
        run_simulator(gap=0) as simulator,
        telling_gateway(simulator, collector) as gateway,
    ):
        api, worker = next(role for role in gateway.roles if role.name == "api"), gateway.role("worker-interactive")
        trace = secrets.token_hex(16)
        one = await asked(gateway, "text n=2", traceparent=f"00-{trace}-{secrets.token_hex(8)}-01")
        for door in (0, 1):
            for script in ("status 400", "malformed", "cut after=1"):
                await asked(gateway, script, door=door)
            await refused(gateway.urls[door])
        simulator.tokens({"wk-e2e": ["[[sim:silent]]", "[[sim:text n=2]]"]})
        waiting = asyncio.create_task(asked(gateway, "text"))
        await asyncio.to_thread(simulator.wait_for, lambda state: state["open_streams"] == 1)
        worker.kill()
        unreadable = await left_behind(gateway)
        gateway.start_worker()
        two = await waiting
        second = gateway.role("worker-interactive")
        await asyncio.to_thread(
            wait_for, lambda: unreadable in second.output.read_text(), "the job that cannot be read"
        )
        said = await asyncio.to_thread(stopped, gateway)

        (answered,) = about(api, event="request.answered", request_id=one)
        job = answered["job_id"]
        assert answered.items() >= {
            "route": "/v1/chat/completions", "status": 200, "dialect": "openai", "stream": True, "complete": True,
            "trace_id": trace,
        }.items()  # fmt: skip
        assert answered["client"] == hash_of(KEY)[:16]
        (ended,) = about(worker, event="job.ended", request_id=one)
        assert ended.items() >= {"job_id": job, "attempt": 1, "tries": 1, "code": None, "trace_id": trace}.items()
        assert ended.keys() >= {"queue", "lease", "headers", "first_event", "first_output", "run", "total"}
        (slow,) = about(worker, event="job.slow", request_id=one)
        assert slow["stages"] == ["total"]
        assert about(api, event="job.admitted", request_id=one, job_id=job)

        spans = {span.name: span for span in collector.trace(trace)}
        server, attempt = spans["POST /v1/chat/completions"], spans["chat.attempt"]
        assert spans.keys() == {server.name, "admit", "publish", "chat.attempt", "lease", "upstream"}
        assert {span.parent_id for span in (spans["admit"], spans["publish"], attempt)} == {server.span_id}
        assert {span.parent_id for span in (spans["lease"], spans["upstream"])} == {attempt.span_id}
        assert server.resource["warp2api.role"] == "api"
        assert attempt.resource["warp2api.role"] == "worker"
        assert attempt.resource["service.name"] == "warp2api"
        assert attempt.attributes["gen_ai.usage.output_tokens"] > 0
        assert spans["upstream"].attributes["http.response.status_code"] == 200
        assert spans["upstream"].events == ["headers", "first_event"]

        # The second attempt, of another worker, belongs to the request as the first did.
        (again,) = about(second, event="job.ended", request_id=two)
        assert again["attempt"] == 2
        (attempt,) = [span for span in collector.trace(again["trace_id"]) if span.name == "chat.attempt"]
        assert attempt.attributes["warp2api.attempt"] == 2
        assert about(gateway.role("keeper"), event="job.reaped", job_id=again["job_id"])
        assert "Traceback" in said  # of the job that could not be read
        text_door = gateway.role("api").output.read_text()
        assert "request.answered" in text_door
        assert "request.refused" in text_door
        for name, told in (("logs", said), ("traces", collector.raw.decode(errors="replace"))):
            assert "planted-" not in told, name
