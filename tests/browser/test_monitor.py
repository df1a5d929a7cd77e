"""The monitor page on a running gateway: what its operator sees of real chats."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest
import redis
from playwright.sync_api import Locator, Page, expect

from proto.keys import Keys
from tests.browser.chats import SAID, SILENT, ask, cancel
from tests.browser.conftest import Visit
from tests.e2e.gateway import Gateway

pytestmark = pytest.mark.browser

Visits = Callable[..., Visit]


def row(page: Page, job: str) -> Locator:
    """The row of one job."""
    return page.locator(f"#jobs tr[data-job='{job}']")


def ready(visit: Visit) -> Page:
    """The page, once it has been told what there is."""
    expect(visit.page.locator("#connection-words")).to_have_text("Live")
    return visit.page


def test_with_no_jobs_it_shows_how_to_send_a_chat_and_then_that_chat(
    gateway: Gateway, bridge: str, visits: Visits
) -> None:
    with redis.Redis.from_url(gateway.redis_url) as client:
        client.delete(Keys().recent)
    visit = visits(bridge)
    page = ready(visit)

    expect(page.locator("#empty")).to_be_visible()
    assert f"curl http://127.0.0.1:{gateway.ports[0]}/v1/chat/completions" in page.inner_text("#example")
    job = ask(gateway, "[[sim:text n=3]]", model="gpt-5")
    expect(row(page, job)).to_contain_text("finished")
    expect(row(page, job)).to_contain_text("gpt-5")
    expect(page.locator("#empty")).to_be_hidden()
    expect(page.locator("#pool .tile")).to_contain_text("ready")
    expect(page.locator("#workers .tile").filter(has_text="interactive")).to_contain_text("running")
    expect(page.locator("#plots svg").first).to_have_attribute("aria-label", re.compile("finished 0/s"))
    assert visit.complaints == []
    assert visit.addresses == {urlsplit(bridge).netloc}


def test_a_chat_is_seen_from_its_first_word_to_its_end(gateway: Gateway, bridge: str, visits: Visits) -> None:
    visit = visits(bridge)
    page = ready(visit)
    job = ask(gateway, SILENT)
    row(page, job).click()
    panel = page.locator("#panel")

    # It is still being answered: this is no answer that was read when it was whole.
    expect(panel.locator(".answer .words")).to_have_text(SAID)
    expect(panel.locator(".chip")).to_have_text("running")
    expect(row(page, job)).to_contain_text("running")
    cancel(gateway, job)
    expect(panel.locator(".chip")).to_have_text("cancelled")
    expect(panel.locator(".moments")).to_contain_text("first output")
    expect(panel.locator(".moments")).to_contain_text("cancelled")
    assert page.locator("#panel img, #page img, #panel b").count() == 0
    assert page.title() == "warp2api monitor"
    assert visit.complaints == []


def test_what_went_to_the_upstream_and_came_back_can_be_read(gateway: Gateway, bridge: str, visits: Visits) -> None:
    visit = visits(bridge)
    page = ready(visit)
    # The workers tell packets once they have heard that somebody watches: whoever was shown one knows that.
    job = ask(gateway, SILENT)
    page.goto(f"{bridge}/#job={job}")
    packets = page.locator("#panel .packets details")
    for _ in range(10):
        expect(page.locator("#panel .answer .words")).to_have_text(SAID)
        cancel(gateway, job)
        if packets.count():
            break
        job = ask(gateway, SILENT)
        page.goto(f"{bridge}/#job={job}")

    expect(packets.first).to_contain_text("Request")
    packets.first.locator("summary").click()
    expect(packets.first.locator(".json")).to_contain_text(f"Hello {SAID}")
    expect(page.locator("#panel .packets")).to_contain_text("CLIENT_ACTIONS")
    assert visit.complaints == []


def test_a_batch_is_seen_and_cancelled(gateway: Gateway, bridge: str, visits: Visits) -> None:
    visit = visits(bridge)
    page = ready(visit)
    params = {"model": "auto", "max_tokens": 9, "messages": [{"role": "user", "content": SAID}]}
    body = {"requests": [{"custom_id": str(number), "params": params} for number in range(3)]}
    made = httpx.post(f"{gateway.url}/v1/messages/batches", json=body).raise_for_status().json()["id"]
    batch = page.locator(f"#batch-list li[data-batch='{made}']")

    # No worker takes its lines.
    expect(batch).to_contain_text("in progress")
    expect(batch).to_contain_text("0 of 3")
    batch.get_by_role("button").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the batch").click()
    expect(batch.locator(".chip")).to_have_text("cancelled")
    expect(batch).to_contain_text("3 cancelled")
    expect(batch.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "3")
    assert visit.complaints == []


def test_it_finds_its_way_back_when_the_bridge_comes_back(gateway: Gateway, visits: Visits) -> None:
    address = gateway.start_bridge()
    doomed = gateway.role("bridge")
    visit = visits(address)
    page = ready(visit)
    before = ask(gateway, SILENT, model="gpt-5")
    row(page, before).click()
    expect(page.locator("#panel .answer .words")).to_have_text(SAID)

    doomed.kill()
    expect(page.locator("#connection-words")).to_have_text("Connection lost")
    cancel(gateway, before)
    missed = ask(gateway, "[[sim:text n=3]]", model="gpt-5")
    gateway.start("bridge", "bridge", BRIDGE_PORT=str(urlsplit(address).port))
    expect(page.locator("#connection-words")).to_have_text("Live")
    expect(row(page, missed)).to_contain_text("finished")
    expect(page.locator("#panel .chip")).to_have_text("cancelled")
    expect(page.locator("#panel .answer .words")).to_have_text(SAID)


def test_a_key_without_the_right_to_see_contents_sees_none(gateway: Gateway, visits: Visits) -> None:
    locked = gateway.start_bridge(API_TOKENS="key-of-a-watcher")
    visit = visits()
    page = visit.page
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    page.goto(locked)
    expect(page.locator("#key")).to_be_focused()
    page.keyboard.type("another")
    page.keyboard.press("Enter")
    expect(page.locator("#key-form .problem")).not_to_have_text("")
    page.keyboard.type("key-of-a-watcher")
    page.keyboard.press("Enter")
    ready(visit)

    job = ask(gateway, SILENT)
    row(page, job).click()
    expect(page.locator("#panel .answer")).to_contain_text(f"{len(SAID)} characters")
    cancel(gateway, job)
    expect(page.locator("#panel .chip")).to_have_text("cancelled")
    assert "key-of-a-watcher" not in page.url
    assert len(frames) > 3
    assert [frame for frame in frames if "bold" in frame] == []
    page.reload()
    ready(visit)
