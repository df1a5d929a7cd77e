"""Flower on the shared gateway's queues: it knows workers, queues and tasks by job id, and nothing of what was said."""

import asyncio
from typing import Any

import httpx

from tests.e2e.asking import ask
from tests.e2e.gateway import Gateway, wait_for


def workers(flower: httpx.Client) -> dict[str, Any]:
    return flower.get("/api/workers", params={"refresh": "1"}).json()  # type: ignore[no-any-return]


def task(flower: httpx.Client, job_id: str) -> dict[str, Any]:
    tasks = flower.get("/api/tasks", params={"limit": "1000"}).json()
    return next((told for uuid, told in tasks.items() if uuid.startswith(job_id)), {})


async def test_it_shows_workers_queues_and_tasks(gateway: Gateway) -> None:
    with gateway.flower(FLOWER_MAX_TASKS="50") as flower:
        await asyncio.to_thread(
            wait_for,
            lambda: {name.partition("-")[0] for name in workers(flower)} >= {"interactive", "control"},
            "Flower to know the workers",
        )
        async with gateway.openai() as client:
            answered = await client.chat.completions.with_raw_response.create(
                model="auto", messages=[{"role": "user", "content": "a planted prompt [[sim:text n=2]]"}]
            )
            await asyncio.gather(ask(client, "[[sim:status 503]]", stream=False), return_exceptions=True)
        job_id = answered.headers["x-job-id"]
        await asyncio.to_thread(wait_for, lambda: task(flower, job_id).get("state") == "SUCCESS", "the finished task")
        await asyncio.to_thread(wait_for, lambda: "FAILURE" in flower.get("/api/tasks").text, "the failed task")

        finished = task(flower, job_id)
        assert finished["uuid"] == f"{job_id}.1"
        assert finished["name"] == "warp2api.chat"
        assert finished["runtime"] > 0
        told = flower.get("/api/tasks").text + flower.get(f"/api/task/info/{job_id}.1").text
        assert "planted prompt" not in told
        queues = {each["name"]: each["messages"] for each in flower.get("/api/queues/length").json()["active_queues"]}
        assert queues.keys() >= {"interactive", "control"}
        assert flower.get("/tasks").status_code == flower.get("/workers").status_code == 200
        assert flower.get("/api/tasks", auth=("operator", "guessed")).status_code == 401


def test_without_a_password_it_can_only_be_looked_at(gateway: Gateway) -> None:
    with gateway.flower(FLOWER_BASIC_AUTH="") as locked:
        pages = locked.get("/workers", auth=None, headers={"origin": "https://elsewhere.example"})
        asked = locked.options("/api/tasks", auth=None, headers={"origin": "https://elsewhere.example"})
        control = locked.post("/api/worker/shutdown/any", auth=None)

    assert pages.status_code == 200
    assert not [name for each in (pages, asked) for name in each.headers if name.startswith("access-control")]
    assert control.status_code in (401, 403)
