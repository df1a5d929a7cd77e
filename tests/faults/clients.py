"""Clients that come back: each asks for a text it knows, and does not rest before it has it or an honest error.

Assumed of a client, as of any that deserves the name: it goes to the other front door when one refuses or drops its
connection, waits as `Retry-After` says, and takes up a stream by its id.
"""

import asyncio
import json
import secrets
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import httpx

from cli.simulator.texts import checksum_text

#: Seconds a client tries before it gives up: nothing may take that long.
GIVE_UP: Final = 120.0
#: Silence above the pace of the stream, in seconds, from which on a client was disturbed.
DISTURBED: Final = 1.0
SIZE: Final = 12


class Manner(StrEnum):
    """How a client asks."""

    RESUMABLE = "resumable"  # a stream that is taken up again by its id
    PLAIN = "plain"  # a stream that ends with its connection
    WHOLE = "whole"  # one JSON body


@dataclass
class Ask:
    """One question and all that came of it."""

    seed: int
    manner: Manner
    deltas: int
    gap: float
    text: str = ""
    #: "complete", an error's code, or "broken": a plain stream whose connection broke.
    end: str = ""
    job_ids: list[str] = field(default_factory=list)
    resumes: int = 0
    refusals: int = 0
    #: The longest time without news, in seconds.
    silence: float = 0.0
    #: What went wrong that must never go wrong.
    wrong: str = ""

    @property
    def wanted(self) -> str:
        return checksum_text(self.seed, self.deltas * SIZE)

    @property
    def recovery(self) -> float | None:
        """Seconds a stream lost to a fault; None if there was none to be felt.

        A whole answer does not show when it went on: one that runs again takes its time anew.
        """
        lost = self.silence - self.gap if self.manner is not Manner.WHOLE else 0.0
        return lost if lost > DISTURBED else None

    def body(self) -> dict[str, Any]:
        script = f"[[sim:checksum n={self.deltas} size={SIZE} gap={self.gap} seed={self.seed}]]"
        messages = [{"role": "user", "content": script}]
        return {"model": "auto", "stream": self.manner is not Manner.WHOLE, "messages": messages}


class _AgainError(Exception):
    """The connection broke or the gateway said not now; try again after so many seconds."""

    def __init__(self, pause: float) -> None:
        self.pause = pause


class Client:
    """Asks through any of the doors."""

    def __init__(self, http: httpx.AsyncClient, doors: list[str], ask: Ask) -> None:
        self._http = http
        self._doors = doors
        self._ask = ask
        self._door = ask.seed
        self._key = secrets.token_hex(8)
        self._last_id: str | None = None
        self._heard = time.monotonic()

    async def run(self) -> Ask:
        """Ask until it is over."""
        ask = self._ask
        until = time.monotonic() + GIVE_UP
        self._heard = time.monotonic()
        while not ask.end and not ask.wrong:
            if time.monotonic() > until:
                ask.wrong = f"no end within {GIVE_UP:g} s"
                break
            try:
                await (self._whole() if ask.manner is Manner.WHOLE else self._stream())
            except _AgainError as again:
                await asyncio.sleep(again.pause)
            except httpx.TransportError:
                if ask.manner is Manner.PLAIN and ask.job_ids:
                    ask.end = "broken"
                self._door += 1
                await asyncio.sleep(0.1)
        self._news()
        if not ask.wrong and not self._fits():
            ask.wrong = f"{ask.end}, but its text is not what was asked for: {ask.text[-80:]!r}"
        return ask

    def _fits(self) -> bool:
        ask = self._ask
        return ask.text == ask.wanted if ask.end == "complete" else ask.wanted.startswith(ask.text)

    def _news(self) -> None:
        now = time.monotonic()
        self._ask.silence = max(self._ask.silence, now - self._heard)
        self._heard = now

    @property
    def _url(self) -> str:
        return self._doors[self._door % len(self._doors)]

    async def _whole(self) -> None:
        headers = {"idempotency-key": self._key}
        response = await self._http.post(f"{self._url}/v1/chat/completions", json=self._ask.body(), headers=headers)
        self._met(response)
        if response.status_code != 200:
            self._refused(response)
            return
        self._ask.text = response.json()["choices"][0]["message"]["content"]
        self._ask.end = "complete"

    async def _stream(self) -> None:
        ask = self._ask
        if ask.job_ids and ask.manner is Manner.RESUMABLE:
            ask.resumes += 1
            headers = {"last-event-id": self._last_id} if self._last_id else {}
            asked = self._http.stream("GET", f"{self._url}/v1/jobs/{ask.job_ids[-1]}/events", headers=headers)
        else:
            headers = {"x-resumable": "1", "idempotency-key": self._key} if ask.manner is Manner.RESUMABLE else {}
            asked = self._http.stream("POST", f"{self._url}/v1/chat/completions", json=ask.body(), headers=headers)
        async with asked as response:
            self._met(response)
            if response.status_code != 200:
                await response.aread()
                self._refused(response)
                return
            await self._read(response)

    def _met(self, response: httpx.Response) -> None:
        job_id = response.headers.get("x-job-id")
        # A front door that is stopped says which job it leaves unanswered; the chat is asked again.
        if job_id and response.status_code != 503 and job_id not in self._ask.job_ids:
            self._ask.job_ids.append(job_id)

    def _refused(self, response: httpx.Response) -> None:
        status, headers = response.status_code, response.headers
        if not headers.get("content-type", "").startswith("application/json"):
            self._ask.wrong = f"{status} without a JSON body: {response.text[:200]!r}"
            return
        body = response.json()
        code = str(body.get("error", {}).get("code"))
        ask = self._ask
        if status == 404:
            ask.wrong = f"its job is gone: {body}"
        elif "x-job-id" in headers and code != "unavailable":
            ask.end = code  # the job itself failed, and says so
        elif status in (429, 503, 529):
            ask.refusals += 1
            if "retry-after" not in headers:
                ask.wrong = f"{status} without Retry-After: {body}"
            raise _AgainError(min(float(headers.get("retry-after", 1)), 5.0))
        else:
            ask.wrong = f"{status}: {body}"

    async def _read(self, response: httpx.Response) -> None:
        ask, ended = self._ask, False
        async for line in response.aiter_lines():
            if line.startswith("id:"):
                self._last_id = line[3:].strip()
            if not line.startswith("data:"):
                continue
            if ended:
                ask.wrong = f"after the end came {line[:200]}"
                return
            ended = self._frame(line[5:].strip())
        if not ended:
            raise httpx.ReadError("the stream ended without its end")

    def _frame(self, data: str) -> bool:
        """Take a frame; True after the last one."""
        ask = self._ask
        if data == "[DONE]":
            if not ask.end:
                ask.wrong = "[DONE] without a finish reason"
            return True
        frame = json.loads(data)
        if "error" in frame:
            ask.end = str(frame["error"]["code"])
            return True
        for choice in frame["choices"]:
            text = choice["delta"].get("content")
            if text:
                self._news()
                ask.text += text
            if choice["finish_reason"]:
                ask.end = "complete"
        return False
