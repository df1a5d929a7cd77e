"""The page with a scripted bridge: what it makes of each message, of a lost connection, and of a flood."""

import re
import time
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.scripted import NOW, ScriptedBridge, job, running, second

pytestmark = pytest.mark.browser

Scripted = Callable[..., ScriptedBridge]
HTML = '<img src=x onerror="document.title = 1"><b>bold</b>'


def rows(page: Page) -> list[str]:
    """The models in the table, from top to bottom: tests name their jobs by them."""
    return page.locator("#jobs tbody td.model .name").all_inner_texts()


def test_jobs_stand_newest_first_and_change_in_their_places(scripted: Scripted) -> None:
    bridge = scripted()
    bridge.jobs(job(1, model="old"), running(2, model="new"))
    page = bridge.page

    expect(page.locator("#jobs tbody tr")).to_have_count(2)
    assert rows(page) == ["new", "old"]
    bridge.jobs(job(2, model="new", status="failed", code="rate_limited", admitted_at=NOW))
    expect(page.locator("#jobs tbody tr").first).to_contain_text("failed")
    expect(page.locator("#jobs tbody tr").last).to_contain_text("2.50 s")
    expect(page.locator("#jobs tbody tr").last).to_contain_text("1,200 → 34")


def test_the_filter_finds_jobs_by_words_status_and_lane(scripted: Scripted) -> None:
    bridge = scripted()
    bridge.jobs(
        job(1, model="a", client="alice"),
        job(2, model="b", status="failed", code="rate_limited"),
        running(3, model="c", lane="batch", client="alice"),
    )
    page = bridge.page
    expect(page.locator("#jobs tbody tr")).to_have_count(3)

    page.fill("#filter-text", "ALICE a")
    assert rows(page) == ["c", "a"]
    page.fill("#filter-text", "rate_limited")
    assert rows(page) == ["b"]
    page.fill("#filter-text", f"{3:024x}")
    assert rows(page) == ["c"]
    page.fill("#filter-text", "")
    page.click("#filter-statuses button:has-text('failed')")
    page.click("#filter-statuses button:has-text('running')")
    assert rows(page) == ["c", "b"]
    page.select_option("#filter-lane", "batch")
    assert rows(page) == ["c"]
    expect(page.locator("#jobs-count")).to_have_text("1 of 3 jobs")
    page.fill("#filter-text", "nothing")
    expect(page.locator("#none")).to_be_visible()


def test_the_list_stands_still_while_it_is_paused(scripted: Scripted) -> None:
    bridge = scripted()
    bridge.jobs(running(1, model="first"))
    page = bridge.page
    page.click("#pause")
    bridge.jobs(job(1, model="first", admitted_at=NOW), running(2, model="second"))

    expect(page.locator("#pause")).to_have_text("Resume, 1 newer")
    expect(page.locator("#jobs tbody tr")).to_contain_text("finished")
    assert rows(page) == ["first"]
    page.click("#pause")
    assert rows(page) == ["second", "first"]


def test_numbers_have_units_and_the_plots_say_them_in_words(scripted: Scripted) -> None:
    bridge = scripted()
    bridge.say(**second())
    plots = bridge.page.get_by_role("img")

    expect(plots.nth(0)).to_have_attribute("aria-label", re.compile("finished 2/s, failed 1/s, cancelled 0/s"))
    expect(plots.nth(1)).to_have_attribute("aria-label", re.compile("running 7, queued 4"))
    expect(plots.nth(2)).to_have_attribute("aria-label", re.compile(r"p50 840 ms, p95 1\.24 s, p99 12\.4 s"))
    expect(plots.nth(3)).to_have_attribute("aria-label", re.compile("p50 [^0-9], p95 [^0-9],"))
    for index in range(3):
        assert bridge.page.locator("#plots figure").nth(index).locator(".line").first.get_attribute("d")


def test_the_plots_begin_with_what_the_history_tells(scripted: Scripted) -> None:
    bridge = scripted()
    begin = int(time.time() * 1000) - 50_000
    bridge.history = [job(number, admitted_at=begin + number * 400) for number in range(100, 0, -1)]
    bridge.reload()
    line = bridge.page.locator("#plots figure").first.locator(".line.finished")

    # A point each second of nearly a minute: for so long all jobs are known.
    expect(line).to_have_attribute("d", re.compile(r"^M(?:[^L]+L){50}"))
    assert len({point.split(",")[1] for point in (line.get_attribute("d") or "").split("L")}) > 2


def test_pool_and_workers_are_shown_with_what_they_wait_for(scripted: Scripted) -> None:
    bridge = scripted()
    token = {"tier": 3, "source": "own", "in_flight": 2, "limit": 8, "until": None}
    now = int(time.time() * 1000)
    bridge.say(
        "pool",
        tokens=[
            {**token, "id": "own-1", "state": "ready", "expires_at": now + 3_000_000},
            {**token, "id": "own-2", "state": "cooling", "expires_at": 0, "until": now + 90_000},
        ],
        stats={"health": "degraded", "ready": 1, "target": 2},
    )
    bridge.say(
        "workers",
        workers=[
            {"id": "host:1", "lane": "interactive", "seen_at": now, "running": 9, "concurrency": 256},
            {"id": "host:2", "lane": "control", "seen_at": now - 8000, "running": None, "concurrency": None},
        ],
        queues={"interactive": {"waiting": 5, "oldest_seconds": 1.24, "running": 9}},
    )
    tiles, workers = bridge.page.locator("#pool .tile"), bridge.page.locator("#workers .tile")

    expect(bridge.page.locator("#pool-summary")).to_have_text("degraded, 1 of 2 ready")
    expect(tiles.nth(0)).to_contain_text("2 of 8 in flight")
    expect(tiles.nth(0)).to_contain_text(re.compile(r"expires in (50 min|49 min)"))
    expect(tiles.nth(1)).to_contain_text(re.compile(r"back in (1 min|\d+ s)"))
    expect(tiles.nth(1)).to_contain_text("expires never")
    expect(workers.nth(0)).to_contain_text("9 of 256 running")
    expect(workers.nth(1)).to_contain_text("quiet")
    expect(bridge.page.locator("#queues")).to_contain_text("9 running, 5 waiting, oldest 1.24 s")


def found_by_axe(page: Page) -> str:
    """Axe's report of what it finds wrong, empty for nothing."""
    results = Axe().run(page)
    return results.generate_report() if results.violations_count else ""


def open_job(bridge: ScriptedBridge, number: int = 1) -> Page:
    """Show a running job with one packet and the beginning of an answer."""
    bridge.jobs(running(number, model=HTML))
    name = f"{number:024x}"
    bridge.page.click(f"tr[data-job='{name}']")
    expect(bridge.page.locator("#panel")).to_be_visible()
    packet = {"job": name, "attempt": 1, "number": 0, "at": NOW, "kind": "request", "type": "Request", "size": 2345}
    bridge.say(
        "job",
        job=running(number, model=HTML),
        timeline=[{"at": NOW, "what": "admitted", "attempt": 1}, {"at": NOW + 12, "what": "claimed", "attempt": 2}],
        packets=[{**packet, "data": {"input": {"query": HTML}}}],
    )
    bridge.say(
        "log", job=name, after=0, seq=1, events=[["started", "c", "r"], ["reasoning", "Hm. ", 0], ["text", HTML, 1]]
    )
    return bridge.page


def test_a_job_shows_its_answer_as_it_grows_and_its_packets_on_request(scripted: Scripted) -> None:
    bridge = scripted()
    page = open_job(bridge)
    answer = page.locator("#panel .answer")

    expect(answer.locator(".text .words")).to_have_text(HTML)
    bridge.say(
        "log",
        job=f"{1:024x}",
        after=1,
        seq=2,
        events=[["text", " and more", 1], ["tool_call", "c1", "look", '{"a": 1}']],
    )
    bridge.say("log", job=f"{1:024x}", after=1, seq=2, events=[["text", " told twice", 1]])
    expect(answer.locator(".text .words")).to_have_text(f"{HTML} and more")
    expect(answer.locator(".tool_call")).to_contain_text('look{"a": 1}')
    expect(page.locator("#panel .moments li").nth(1)).to_contain_text("claimed, attempt 2")
    page.click("#panel summary")
    expect(page.locator("#panel .json")).to_contain_text('"query": "<img src=x onerror')
    bridge.say("log", job=f"{1:024x}", after=2, seq=3, events=[["restarted", 2], ["text", "anew", 0]])
    expect(answer).to_have_text("Textanew")
    assert page.locator("#page img, #panel img, #panel b").count() == 0
    assert page.title() == "warp2api monitor"


def test_without_the_right_to_see_contents_sizes_stand_in_their_place(scripted: Scripted) -> None:
    bridge = scripted()
    bridge.rights = ["monitor"]
    bridge.reload()
    page = bridge.page
    bridge.jobs(running(1))
    page.locator("#jobs tbody tr").first.click()
    name = f"{1:024x}"
    assert bridge.said("open") == [{"type": "open", "job": name}]
    packet = {"job": name, "attempt": 1, "number": 0, "at": NOW, "kind": "event", "type": "FINISHED", "size": 99}
    bridge.say("job", job=running(1), timeline=[], packets=[packet])
    bridge.say("log", job=name, after=0, seq=1, events=[["text", 1200, 0], ["text", 34, 0], ["tool_call", "c", 4, 7]])

    expect(page.locator("#panel .answer")).to_have_text("Text1,234 charactersTool call7 characters")
    expect(page.locator("#panel .packets")).to_have_text(re.compile("FINISHED99 B"))
    expect(page.locator("#panel")).to_contain_text("contents need a key with the right monitor:content")
    expect(page.locator("#panel summary")).to_have_count(0)


def test_the_address_opens_a_job_and_a_job_that_is_gone_is_said_to_be(scripted: Scripted) -> None:
    bridge = scripted("#job=0123")
    panel = bridge.page.locator("#panel")
    expect(panel).to_be_visible()
    expect(bridge.page.locator("#connection-words")).to_have_text("Live")
    assert bridge.said("open") == [{"type": "open", "job": "0123"}]

    bridge.say("error", code="job_not_found", job="0123", message="no such job")
    expect(panel).to_contain_text("not known any more")
    bridge.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert "#" not in bridge.page.url
    assert bridge.said("close") == [{"type": "close", "job": "0123"}]


def test_a_lost_connection_is_told_and_found_again(scripted: Scripted) -> None:
    bridge = scripted()
    bridge.jobs(running(1, model="lost"), job(2, model="kept"))
    page = bridge.page
    page.locator("#jobs tbody tr").first.click()
    assert len(bridge.said("open")) == 1
    bridge.is_away = True
    bridge.hang_up()

    expect(page.locator("#connection-words")).to_have_text("Connection lost")
    expect(page.locator("#retry-in")).to_have_text(re.compile(r"again in \d+ s"))
    bridge.is_away = False
    bridge.history = [job(3, model="missed", admitted_at=NOW)]
    page.evaluate("document.getElementById('retry').click()")
    expect(page.locator("#connection-words")).to_have_text("Live")
    # What ran when the connection was lost and is unknown now cannot be running any more.
    expect(page.locator("#jobs tbody tr")).to_have_count(2)
    assert rows(page) == ["missed", "kept"]
    assert len(bridge.said("open", times=2)) == 2


def test_it_comes_back_by_itself(scripted: Scripted) -> None:
    bridge = scripted()
    expect(bridge.page.locator("#connection-words")).to_have_text("Live")
    bridge.hang_up(4408)

    expect(bridge.page.locator("#connection-words")).to_contain_text("too slow")
    expect(bridge.page.locator("#connection-words")).to_have_text("Live")


def test_a_store_that_is_away_is_told(scripted: Scripted) -> None:
    bridge = scripted()
    bridge.say("error", code="unavailable", message="The store does not answer.")

    expect(bridge.page.locator("#connection-words")).to_have_text("Live. The store does not answer.")
    bridge.say(**second())
    expect(bridge.page.locator("#connection-words")).to_have_text("Live")


def test_a_key_is_asked_for_and_kept_for_the_tab_alone(scripted: Scripted) -> None:
    bridge = scripted(key="the-key")
    page = bridge.page
    form = page.locator("#key-form")
    expect(form).to_be_visible()
    expect(page.locator("#key")).to_be_focused()
    expect(form.locator(".problem")).to_have_text("")

    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(form.locator(".problem")).to_have_text("Missing or incorrect API key.")
    page.keyboard.type("the-key")
    page.keyboard.press("Enter")
    expect(form).to_be_hidden()
    expect(page.locator("#connection-words")).to_have_text("Live")
    assert "the-key" not in page.url
    page.reload()
    expect(page.locator("#connection-words")).to_have_text("Live")
    assert page.evaluate("[localStorage.length, document.cookie]") == [0, ""]


def test_it_can_be_walked_with_the_keyboard_alone(scripted: Scripted) -> None:
    bridge = scripted()
    bridge.jobs(*(running(number, model=f"m{number}") for number in range(5)))
    page = bridge.page
    expect(page.locator("#jobs tbody tr")).to_have_count(5)

    page.focus("#filter-text")
    for _ in range(8):  # five statuses, the lane, Pause, and the table's one stop
        page.keyboard.press("Tab")
    expect(page.locator("#jobs tbody tr").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_be_focused()
    bridge.jobs(running(9, model="newer"))
    page.keyboard.press("Tab")
    expect(page.locator("#panel header button")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator(f"tr[data-job='{2:024x}']")).to_be_focused()
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"


@pytest.mark.parametrize("width", [360, 700, 1000, 1440])
def test_no_width_needs_scrolling_sideways(scripted: Scripted, width: int) -> None:
    bridge = scripted(viewport={"width": width, "height": 740})
    bridge.jobs(*(job(number, model="a-model-with-a-very-long-name-" * 4) for number in range(2, 9)))
    bridge.say(**second())
    overflow = "document.documentElement.scrollWidth - innerWidth"
    expect(bridge.page.locator("#jobs tbody tr")).to_have_count(7)

    assert bridge.page.evaluate(overflow) <= 0
    page = open_job(bridge)
    page.click("#panel summary")
    assert page.evaluate(overflow) <= 0
    assert page.locator("#page").evaluate("page => page.inert") is (width <= 760)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_nothing_keeps_anybody_out(scripted: Scripted, scheme: str, width: int) -> None:
    bridge = scripted(color_scheme=scheme, reduced_motion="reduce", viewport={"width": width, "height": 900})
    bridge.jobs(*(job(number, status=status) for number, status in enumerate(["failed", "queued", "cancelled"], 2)))
    bridge.say(**second())
    token = {"id": "own", "tier": 3, "source": "own", "in_flight": 2, "limit": 8, "until": NOW + 90_000_000}
    bridge.say("pool", tokens=[{**token, "state": "cooling", "expires_at": 0}], stats=None)
    expect(bridge.page.locator("#jobs tbody tr")).to_have_count(3)
    light = bridge.page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert found_by_axe(bridge.page) == ""
    open_job(bridge).click("#panel summary")
    assert found_by_axe(bridge.page) == ""
    assert (light == "rgb(244, 245, 247)") is (scheme == "light")


def test_a_flood_of_jobs_neither_freezes_nor_fills_it(scripted: Scripted) -> None:
    bridge = scripted()
    page = bridge.page
    page.evaluate(
        "() => { window.gaps = []; let before = performance.now();"
        "setInterval(() => { const now = performance.now(); gaps.push(now - before); before = now; }, 50); }"
    )
    for batch in range(50):
        bridge.jobs(*(running(batch * 80 + number) for number in range(80)))
        bridge.jobs(*(job(batch * 80 + number, admitted_at=NOW + batch * 80 + number) for number in range(80)))
        if batch % 5 == 0:
            bridge.say(**second())

    expect(page.locator("#jobs tbody tr").first).to_have_attribute("data-job", f"{3999:024x}")
    expect(page.locator("#jobs-count")).to_have_text("2,000 jobs")
    assert page.locator("#jobs tbody tr").count() <= 51
    # Ten seconds' worth came at once: the page stayed awake all the same.
    assert page.evaluate("Math.max(...gaps)") < 5000
    page.click("#more")
    assert page.locator("#jobs tbody tr").count() == 150
