"""A bridge that says to a page what a test wants it to."""

import json
import time
from typing import Any

from playwright.sync_api import Page, WebSocketRoute, expect

#: Seconds for the page to say what a test waits for, on a busy machine.
PATIENCE = 20.0
#: When all the jobs here were admitted, unless they say otherwise.
NOW = int(time.time() * 1000)


def job(number: int, **members: Any) -> dict[str, Any]:
    """A finished job; later numbers were admitted later."""
    admitted = members.pop("admitted_at", NOW - 60_000 + number)
    return {
        "id": f"{number:024x}",
        "status": "finished",
        "lane": "interactive",
        "dialect": "openai.chat",
        "model": "auto",
        "client": "open",
        "stream": True,
        "attempt": 1,
        "admitted_at": admitted,
        "claimed_at": admitted + 12,
        "first_output_at": admitted + 340,
        "ended_at": admitted + 2500,
        "code": "stop",
        "worker": "host:1",
        "position": None,
        "input_tokens": 1200,
        "output_tokens": 34,
        "cancelling": False,
        **members,
    }


def running(number: int, **members: Any) -> dict[str, Any]:
    """A job that has been claimed."""
    rest = {"first_output_at": None, "ended_at": None, "code": None, "input_tokens": None, "output_tokens": None}
    return job(number, **{"status": "running", "admitted_at": NOW + number, **rest, **members})


def batch(number: int, **members: Any) -> dict[str, Any]:
    """A batch that runs, a minute old, of which nothing has ended."""
    return {
        "id": f"batch_{number:024x}",
        "kind": "openai",
        "client": "alice",
        "status": "in_progress",
        "total": 1000,
        "succeeded": 0,
        "errored": 0,
        "cancelled": 0,
        "expired": 0,
        "running": 8,
        "created_at": NOW - 60_000,
        "ended_at": None,
        "expires_at": NOW + 86_400_000,
        **members,
    }


def second(**members: Any) -> dict[str, Any]:
    """What the bridge says each second."""
    percentiles = {"p50": 840, "p95": 1240, "p99": 12_400}
    counts = {"admitted": 3, "finished": 2, "failed": 1, "cancelled": 0, "running": 7, "queued": 4, "output_tokens": 90}
    return {
        "event": "stats",
        "at": int(time.time() * 1000),
        "second": {**counts, "first_byte_ms": percentiles, "duration_ms": None, **members},
    }


class ScriptedBridge:
    """Answers hello as the bridge does and keeps what the page said.

    Args:
        page: not yet opened.
        key: the one it asks for; empty for none.
    """

    def __init__(self, page: Page, key: str = "") -> None:
        self.page = page
        self.key = key
        self.heard: list[dict[str, Any]] = []
        self.history: list[dict[str, Any]] = []
        self.client = "alice"
        self.rights = ["batch", "monitor", "monitor:content"]
        self.is_away = False
        self.sockets: list[WebSocketRoute] = []
        page.route_web_socket("**/ws", self._connected)

    def say(self, event: str, **members: Any) -> None:
        """Send one message."""
        self.sockets[-1].send(json.dumps({"event": event, **members}))

    def jobs(self, *jobs: dict[str, Any]) -> None:
        """Send jobs that have changed."""
        self.say("jobs", jobs=list(jobs))

    def reload(self) -> None:
        """Load the page anew, and wait until it has been told what there is."""
        self.page.reload()
        expect(self.page.locator("#connection-words")).to_have_text("Live")

    def hang_up(self, code: int = 1012) -> None:
        """Close the connection; the next one is taken unless the bridge is away."""
        self.sockets[-1].close(code=code)

    def said(self, kind: str, times: int = 1) -> list[dict[str, Any]]:
        """What the page said of one type, once it has said so often; it says nothing at once."""
        until = time.monotonic() + PATIENCE
        while len(said := [message for message in self.heard if message["type"] == kind]) < times:
            assert time.monotonic() < until, f"{kind} was said {len(said)} times"
            self.page.wait_for_timeout(10)
        return said

    def _connected(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        if self.is_away:
            socket.close(code=1012)
        else:
            socket.on_message(self._take)

    def _take(self, text: str | bytes) -> None:
        message = json.loads(text)
        self.heard.append(message)
        if message["type"] == "hello":
            self._greet(message)

    def _greet(self, hello: dict[str, Any]) -> None:
        if self.key and hello.get("key") != self.key:
            self.say("error", code="invalid_api_key", message="Missing or incorrect API key.")
            self.hang_up(4401)
            return
        self.say("connected", version="1", client=self.client, rights=self.rights, now=int(time.time() * 1000))
        self.say("history", jobs=self.history)
