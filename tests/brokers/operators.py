"""What operators have of a gateway, whatever broker it uses."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Collection
from typing import Any

import httpx

from tests.e2e.gateway import wait_for
from tests.faults.world import World


async def flower_knows_the_workers(world: World, *, lengths: bool) -> None:
    """And no secret. `lengths`: it can also tell how long the queues are."""
    await asyncio.to_thread(_flower_knows, world, lengths)


def _flower_knows(world: World, lengths: bool) -> None:
    with world.gateway.flower() as flower:
        wait_for(lambda: _names(flower) >= {"interactive", "control"}, "Flower to know the workers")
        page = flower.get("/broker")
        assert page.status_code == 200
        assert "planted" not in page.text
        for worker in flower.get("/api/workers").json():
            page = flower.get(f"/worker/{worker}")
            assert page.status_code == 200
            assert "planted" not in page.text
        assert "planted" not in flower.get("/api/workers").text
        if lengths:
            rows: list[dict[str, Any]] = flower.get("/api/queues/length").json()["active_queues"]
            assert {row["name"]: row["messages"] for row in rows}.items() >= {"interactive": 0, "control": 0}.items()


def _names(flower: httpx.Client) -> Collection[str]:
    return {name.partition("-")[0] for name in flower.get("/api/workers", params={"refresh": "1"}).json()}


async def doctor_finds(world: World, *wanted: str) -> None:
    """What `doctor` has to say holds all this, and no secret."""
    asked = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "cli.main", "doctor"],
        env={**os.environ, **world.gateway.environment},
        cwd=world.gateway.folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = asked.stdout + asked.stderr
    assert [words for words in wanted if words not in said] == [], said
    assert "planted" not in said
    assert "Traceback" not in said
