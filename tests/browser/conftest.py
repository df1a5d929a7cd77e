"""Chromium, a gateway with a bridge to look at, and pages that must not complain."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.browser.scripted import ScriptedBridge
from tests.e2e.gateway import Gateway, run_gateway
from tests.servers import Simulator, run_simulator

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: Milliseconds for what a page shows to become what a test expects, on a busy machine.
PATIENCE = 20_000

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    assert CHROMIUM.exists(), f"{CHROMIUM} is not there: `make test-browser` installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """The upstream; deltas follow each other without a pause."""
    with run_simulator(gap=0) as running:
        yield running


@pytest.fixture(scope="session")
def gateway(simulator: Simulator) -> Iterator[Gateway]:
    """One gateway for all pages."""
    with run_gateway(simulator.url) as running:
        yield running


@pytest.fixture(scope="session")
def bridge(gateway: Gateway) -> str:
    """The address of its bridge, which is open."""
    return gateway.start_bridge(PORT=str(gateway.ports[0]))


@dataclass
class Visit:
    """A page, and what was heard of it beside what it shows."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    addresses: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._asked)
        self.page.on("websocket", lambda socket: self.addresses.add(urlsplit(socket.url).netloc))

    def _heard(self, message: ConsoleMessage) -> None:
        # The machine's network may change while a test runs; the page gets over it.
        if message.type in ("error", "warning") and "ERR_NETWORK_CHANGED" not in message.text:
            self.complaints.append(message.text)

    def _asked(self, request: Request) -> None:
        self.addresses.add(urlsplit(request.url).netloc)


Open = Callable[..., Visit]


@pytest.fixture
def visits(chromium: Browser) -> Iterator[Open]:
    """Opens pages, each in a profile of its own; options are those of a browser context."""
    contexts = []

    def visit(address: str = "", **options: object) -> Visit:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        visit = Visit(context.new_page())
        if address:
            visit.page.goto(address)
        return visit

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture
def scripted(visits: Open, bridge: str) -> Iterator[Callable[..., ScriptedBridge]]:
    """Opens the page with a bridge that says what the test wants it to; the page must not complain."""
    opened: list[Visit] = []

    def start(fragment: str = "", *, key: str = "", **options: object) -> ScriptedBridge:
        visit = visits(**options)
        opened.append(visit)
        running = ScriptedBridge(visit.page, key)
        visit.page.goto(f"{bridge}/{fragment}")
        expect(visit.page.locator("#connection-words")).to_have_text("Key wanted" if key else "Live")
        return running

    yield start
    for visit in opened:
        assert visit.complaints == []
        assert visit.addresses <= {urlsplit(bridge).netloc}
