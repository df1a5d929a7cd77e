"""Flower in the browser: its pages show the workers and the tasks that they have finished."""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.chats import SAID, ask
from tests.browser.conftest import Visit
from tests.e2e.gateway import Gateway, wait_for

pytestmark = pytest.mark.browser


def test_its_pages_show_workers_and_finished_tasks(gateway: Gateway, visits: Callable[..., Visit]) -> None:
    with gateway.flower() as flower:
        wait_for(lambda: "interactive" in flower.get("/api/workers").text, "Flower to know the worker")
        job = ask(gateway, "[[sim:text n=3]]")
        wait_for(lambda: state(flower, job) == "SUCCESS", "Flower to know that the task has ended")
        # Those that `gateway.flower` sets.
        page = visits(http_credentials={"username": "operator", "password": "planted-password"}).page
        address = str(flower.base_url).rstrip("/")
        page.goto(f"{address}/workers")
        expect(page.locator("#workers-table tbody tr").filter(has_text="interactive")).to_contain_text("Online")
        page.goto(f"{address}/tasks")
        row = page.locator("#tasks-table tbody tr").filter(has_text=job)
        expect(row).to_contain_text("SUCCESS")
        expect(row).to_contain_text("warp2api.chat")
        assert SAID not in page.inner_text("body")


def state(flower: httpx.Client, job: str) -> str | None:
    """What Flower says of a job's first attempt."""
    return flower.get("/api/tasks").json().get(f"{job}.1", {}).get("state")
