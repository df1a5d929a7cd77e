"""Batches on the page, with a scripted bridge: how far they are, how quick they go, and how one is cancelled."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.scripted import NOW, ScriptedBridge, batch, job
from tests.browser.test_page import found_by_axe

pytestmark = pytest.mark.browser

Scripted = Callable[..., ScriptedBridge]


def row(page: Page, number: int) -> Locator:
    """The row of one batch."""
    return page.locator(f"#batch-list li[data-batch='batch_{number:024x}']")


def test_they_are_shown_while_there_are_any_with_progress_pace_and_time_left(scripted: Scripted) -> None:
    bridge = scripted()
    page = bridge.page
    expect(page.locator("#batches")).to_be_hidden()
    page.clock.install()
    bridge.say("batches", batches=[batch(1), batch(2, kind="anthropic", status="validating", total=0)])
    bar = row(page, 1).get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", "0")
    expect(row(page, 2).get_by_role("progressbar")).not_to_have_attribute("aria-valuenow", re.compile(".*"))
    expect(page.locator("#batches-summary")).to_have_text("2 open, 0 ended lately")

    page.clock.fast_forward(6_000)  # shorter than the silence that makes the page think the connection dead
    bridge.say("batches", batches=[batch(1, succeeded=190, errored=10), batch(2)])
    expect(bar).to_have_attribute("aria-valuenow", "200")
    expect(bar).to_have_attribute("aria-valuetext", "200 of 1,000, 190 succeeded, 10 errored")
    expect(row(page, 1)).to_contain_text("200 of 1,000")
    expect(row(page, 1)).to_contain_text("10 errored")
    expect(row(page, 1)).to_contain_text(re.compile(r"[\d,]+/min, 8 running"))
    expect(row(page, 1)).to_contain_text(re.compile(r"about .+ left"))

    ended = {"status": "completed", "ended_at": NOW + 60_000, "running": 0}
    bridge.say("batches", batches=[batch(1, succeeded=990, errored=10, **ended)])
    expect(row(page, 1).locator(".chip")).to_have_text("completed")
    expect(row(page, 1)).to_contain_text("took 2 min")
    expect(row(page, 2)).to_have_count(0)
    bridge.say("batches", batches=[batch(number) for number in range(9)])
    expect(page.locator("#batch-list li")).to_have_count(5)
    page.click("#batches-more")
    expect(page.locator("#batch-list li")).to_have_count(9)
    bridge.say("batches", batches=[])
    expect(page.locator("#batches")).to_be_hidden()


def test_the_pace_is_that_of_the_last_minute(scripted: Scripted) -> None:
    page = scripted().page
    paces = page.evaluate(
        """async () => {
            const { Pace } = await import("/page/pace.js");
            const pace = new Pace();
            const told = [];
            for (const [second, count] of [[0, 50], [2, 60], [30, 80], [60, 170], [90, 170], [149, 170]]) {
                pace.take(count, second * 1000);
                told.push(pace.perMinute(second * 1000));
            }
            return [...told, pace.samples.length];
        }"""
    )
    # Nothing is said at first; then what came since the beginning; then what came in the last minute.
    assert paces == [None, None, 60, 120, 90, 0, 1]


def test_one_is_cancelled_once_that_is_confirmed(scripted: Scripted) -> None:
    bridge = scripted()
    page = bridge.page
    bridge.say("batches", batches=[batch(1, succeeded=400)])
    question = page.get_by_role("dialog")
    row(page, 1).get_by_role("button").click()
    expect(question).to_contain_text("600 requests will not be run")
    expect(question.get_by_role("button", name="Keep it")).to_be_focused()
    assert found_by_axe(page) == ""
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    row(page, 1).get_by_role("button").click()
    page.keyboard.press("Enter")
    expect(question).to_be_hidden()
    assert bridge.said("cancel_batch", times=0) == []

    row(page, 1).get_by_role("button").click()
    question.get_by_role("button", name="Cancel the batch").click()
    assert bridge.said("cancel_batch") == [{"type": "cancel_batch", "batch": f"batch_{1:024x}"}]
    bridge.say("error", code="not_permitted", message="Not yours.", batch=f"batch_{1:024x}")
    expect(page.locator("#batches-problem")).to_have_text("Not yours.")
    bridge.say("batches", batches=[batch(1, status="cancelling")])
    expect(row(page, 1).locator(".chip")).to_have_text("cancelling")
    expect(row(page, 1).get_by_role("button")).to_be_hidden()
    expect(page.locator("#batches-problem")).to_be_hidden()

    bridge.say("batches", batches=[batch(2)])
    row(page, 2).get_by_role("button").click()
    bridge.is_away = True
    bridge.hang_up()
    expect(page.locator("#connection-words")).to_have_text("Connection lost")
    question.get_by_role("button", name="Cancel the batch").click()
    expect(page.locator("#batches-problem")).to_contain_text("was not cancelled")


def test_only_who_may_cancel_a_batch_is_offered_to(scripted: Scripted) -> None:
    bridge = scripted()
    for client, rights, may in (
        ("alice", ["batch", "monitor"], True),
        ("bob", ["batch", "monitor"], False),
        ("alice", ["monitor"], False),
        ("bob", ["monitor", "monitor:cancel"], True),
    ):
        bridge.client, bridge.rights = client, rights
        bridge.reload()
        bridge.say("batches", batches=[batch(1)])
        expect(row(bridge.page, 1)).to_be_visible()
        assert row(bridge.page, 1).get_by_role("button").is_visible() is may


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_they_fit_and_can_be_read(scripted: Scripted, scheme: str, width: int) -> None:
    bridge = scripted(color_scheme=scheme, viewport={"width": width, "height": 900})
    page = bridge.page
    bridge.client = "a-client-with-a-long-name-" * 4
    bridge.reload()
    bridge.jobs(*(job(number) for number in range(3)))
    now = int(time.time() * 1000)
    bridge.say(
        "batches",
        batches=[
            batch(1, succeeded=400, errored=30, client=bridge.client),
            batch(2, status="cancelling", succeeded=12_345, cancelled=20_000, total=50_000),
            batch(3, status="failed", total=0, ended_at=now, running=0),
            batch(4, status="expired", succeeded=900, expired=100, ended_at=now, running=0),
        ],
    )
    expect(row(page, 1).get_by_role("button")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert found_by_axe(page) == ""
