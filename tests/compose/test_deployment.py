"""The SDKs against compose.yaml as it runs: `make test-compose`. Which containers there are, run.sh decides."""

import asyncio
import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator

import anthropic
import httpx
import openai
import pytest

pytestmark = [pytest.mark.compose, pytest.mark.timeout(240)]

URL = os.environ.get("GATEWAY_URL", "")
PROMETHEUS = os.environ.get("GATEWAY_PROMETHEUS", "")
KEY = os.environ.get("GATEWAY_KEY", "")
PROJECT = "warp2api-demo"


def engine(*command: str) -> str:
    """What the engine's own command says; Podman stands in for Docker where there is none."""
    program = "podman" if "CONTAINERS_CONF" in os.environ else "docker"
    return subprocess.run([program, *command], check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def containers(service: str) -> list[str]:
    names = engine("ps", "--format", "{{.Names}}").splitlines()
    return sorted(name for name in names if f"{PROJECT}_{service}_" in name or f"{PROJECT}-{service}-" in name)


@pytest.fixture(scope="module", autouse=True)
def _ready() -> None:
    """Both front doors and all workers are there."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            answer = httpx.get(f"{URL}/readyz", timeout=5)
            if answer.status_code == 200 and len(containers("api")) == 2 and len(containers("worker")) == 3:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    pytest.fail("the deployment did not get ready")


@pytest.fixture
async def openai_client() -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=5) as client:
        yield client


async def ask(client: openai.AsyncOpenAI, text: str) -> str:
    stream = await client.chat.completions.create(
        model="auto", messages=[{"role": "user", "content": text}], stream=True
    )
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])


async def test_both_sdks_stream_through_the_proxy(openai_client: openai.AsyncOpenAI) -> None:
    assert await ask(openai_client, "hello")

    async with (
        anthropic.AsyncAnthropic(base_url=URL, api_key=KEY) as client,
        client.messages.stream(model="auto", max_tokens=500, messages=[{"role": "user", "content": "hello"}]) as stream,
    ):
        pieces = [piece async for piece in stream.text_stream]
    assert len(pieces) > 1, "the proxy holds pieces back"


async def test_strangers_are_kept_out() -> None:
    async with openai.AsyncOpenAI(base_url=f"{URL}/v1", api_key="sk-wrong", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError):
            await ask(client, "hello")


async def test_many_at_once_are_answered_by_both_doors(openai_client: openai.AsyncOpenAI) -> None:
    answers = await asyncio.gather(*[ask(openai_client, f"hello {number}") for number in range(60)])

    assert all(answers)
    admitted = [engine("exec", name, "python3", "-c", _COUNT) for name in containers("api")]
    assert all(int(count) > 0 for count in admitted), f"chats at each front door: {admitted}"


#: Run inside a front door's container: how many chats it has taken.
_COUNT = """
import re, urllib.request
text = urllib.request.urlopen("http://127.0.0.1:8010/metrics").read().decode()
print(round(sum(float(v) for v in re.findall(r"^warp2api_admissions_total{.*} (.*)$", text, re.M))))
"""


async def test_prometheus_hears_of_every_process_and_reads_the_rules() -> None:
    [container] = containers("prometheus")
    assert "SUCCESS" in engine("exec", container, "promtool", "check", "config", "/etc/prometheus/prometheus.yml")

    async with httpx.AsyncClient(base_url=PROMETHEUS, timeout=10) as client:
        until = time.monotonic() + 90
        while (heard := await _heard(client)) != {"warp2api-front-door": 2, "warp2api-worker": 4, "warp2api-keeper": 1}:
            assert time.monotonic() < until, heard
            await asyncio.sleep(1)
        rules = (await client.get("/api/v1/rules")).json()["data"]["groups"][0]["rules"]
        assert len(rules) > 5
        assert {rule["lastError"] for rule in rules if "lastError" in rule} <= {""}
        # What the demo's chats left, by the way of everything: front door, key, scrape, store.
        answer = (await client.get("/api/v1/query", params={"query": "max(warp2api_workers)"})).json()
        assert answer["data"]["result"][0]["value"][1] == "3"


async def _heard(client: httpx.AsyncClient) -> dict[str, int]:
    """How many of each job answer Prometheus."""
    targets = (await client.get("/api/v1/targets")).json()["data"]["activeTargets"]
    return Counter(target["labels"]["job"] for target in targets if target["health"] == "up")


async def test_a_stream_goes_on_at_another_door_when_its_own_is_killed() -> None:
    headers = {"authorization": f"Bearer {KEY}", "x-resumable": "1"}
    body = {"model": "auto", "stream": True, "messages": [{"role": "user", "content": "[[sim:text n=60 gap=0.1]]"}]}
    got: list[dict[str, object]] = []
    last_id = job = ""
    async with httpx.AsyncClient(timeout=60) as client:
        async with client.stream("POST", f"{URL}/v1/chat/completions", json=body, headers=headers) as answer:
            job = answer.headers["x-job-id"]
            async for line in answer.aiter_lines():
                if line.startswith("id: "):
                    last_id = line[4:]
                if line.startswith("data: {"):
                    got.append(json.loads(line[6:]))
                if len(got) > 3:
                    break
        for name in containers("api")[:1]:
            engine("kill", name)
        resumed = await _resume(client, job, headers | {"last-event-id": last_id})
    assert resumed.endswith("data: [DONE]")


async def _resume(client: httpx.AsyncClient, job: str, headers: dict[str, str]) -> str:
    for _ in range(30):
        answer = await client.get(f"{URL}/v1/jobs/{job}/events", headers=headers)
        if answer.status_code == 200:
            return answer.text.strip()
        await asyncio.sleep(1)
    pytest.fail(f"the job could not be taken up again: {answer.status_code}")


async def test_killed_workers_cost_a_pause(openai_client: openai.AsyncOpenAI) -> None:
    whole = asyncio.gather(
        *[
            openai_client.chat.completions.create(
                model="auto", messages=[{"role": "user", "content": f"[[sim:text n=40 gap=0.1]] number {number}"}]
            )
            for number in range(6)
        ]
    )
    for name in containers("worker")[:2]:
        engine("kill", name)

    answers = await whole

    assert all(answer.choices[0].message.content for answer in answers)
