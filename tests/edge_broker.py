"""A stand-in for the edge broker over real HTTP, for the tests of its callers; `tests/edge` runs the real one."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.token_endpoint import make_jwt


class EdgeBroker:
    """`accounts` maps each account to its user, `asked` holds what was asked for.

    `refusal` is told to all who ask for a token; a closed `gate` holds all answers back.
    """

    def __init__(self, secret: str, accounts: dict[str, str]) -> None:
        self.base = ""
        self.accounts = accounts
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.refusal: tuple[int, str] | None = None
        self.issued = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self._secret = secret
        self.handlers: set[asyncio.Task[None] | None] = set()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection."""
        self.handlers.add(asyncio.current_task())
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, path, _ = head.split("\r\n")[0].split(" ")
            headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            if headers.get("authorization") != f"bearer {self._secret}":
                status, told = 401, {"error": {"code": "unauthorized", "message": "No."}}
            else:
                status, told = self.answer(method, path, body)
            await self.gate.wait()
            text = json.dumps(told).encode()
            writer.write(
                f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n"
                "Connection: close\r\n\r\n".encode()
                + text
            )
            await writer.drain()
        finally:
            writer.close()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """What the broker says."""
        if (method, path) == ("GET", "/v1/accounts"):
            return 200, {"accounts": sorted(self.accounts)}
        account = path.split("/")[3]
        self.asked.append((account, json.loads(body)))
        if self.refusal is not None:
            status, code = self.refusal
            return status, {"error": {"code": code, "message": "As told."}} if code else {}
        if (method, path) != ("POST", f"/v1/accounts/{account}/token") or account not in self.accounts:
            return 404, {"error": {"code": "not_found", "message": "No."}}
        self.issued += 1
        token = make_jwt(self.accounts[account], 4_000_000_000, self.issued)
        return 200, {"access_token": token, "expires_at": 4_000_000_000_000}


@asynccontextmanager
async def edge_broker(secret: str, accounts: dict[str, str]) -> AsyncIterator[EdgeBroker]:
    """A running one."""
    broker = EdgeBroker(secret, accounts)
    server = await asyncio.start_server(broker.handle, "127.0.0.1", 0)
    broker.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield broker
    finally:
        broker.gate.set()
        server.close()
        await asyncio.gather(*filter(None, broker.handlers), return_exceptions=True)
