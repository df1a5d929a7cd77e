"""A token endpoint for tests, over real HTTP: refresh tokens rotate, and the old one dies at once."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt

WEB_KEY = "planted-web-key"


def make_jwt(user: str, expires: int, number: int = 0) -> str:
    """A token like the upstream's; `expires` in Unix seconds."""
    return jwt.encode({"user_id": user, "exp": expires, "n": number}, "not-verified-by-anyone-here-0123456789")


class TokenEndpoint:
    """Answers `POST /v1/token` and `POST /proxy/token`.

    `alive` maps each living refresh token to its user. `script` holds answers for the next calls, by path, that come
    before the real ones; `gate`, when closed, holds answers back *after* the rotation has happened.
    """

    def __init__(self) -> None:
        self.base = ""
        self.alive: dict[str, str] = {}
        self.script: dict[str, list[tuple[int, bytes]]] = {}
        self.calls: list[tuple[str, str]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.expires = 4_000_000_000
        self.camel_case = False
        self.opaque = False
        self.issued = 0
        self.handlers: set[asyncio.Task[None] | None] = set()

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that lead here."""
        return {
            "firebase_token_url": f"{self.base}/v1/token",
            "warp_base_url": self.base,
            "warp_firebase_api_key": WEB_KEY,
        }

    def fail(self, path: str, status: int, message: str, times: int = 1) -> None:
        """Let the next calls of a path fail in the endpoint's error form."""
        body = json.dumps({"error": {"code": status, "message": message}}).encode()
        self.script.setdefault(path, []).extend([(status, body)] * times)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection."""
        self.handlers.add(asyncio.current_task())
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            target = urlsplit(head.split(" ")[1])
            length = next(int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length:"))
            form = {key: value[0] for key, value in parse_qs((await reader.readexactly(length)).decode()).items()}
            assert form["grant_type"] == "refresh_token"
            assert parse_qs(target.query) == {"key": [WEB_KEY]}
            self.calls.append((target.path, form["refresh_token"]))
            waiting = self.script.get(target.path)
            status, body = waiting.pop(0) if waiting else self.exchange(form["refresh_token"])
            await self.gate.wait()
            writer.write(
                f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                "Connection: close\r\n\r\n".encode()
                + body
            )
            await writer.drain()
        finally:
            writer.close()

    def exchange(self, refresh_token: str) -> tuple[int, bytes]:
        """The old token dies, a new one lives."""
        user = self.alive.pop(refresh_token, None)
        if user is None:
            return 400, b'{"error": {"code": 400, "message": "INVALID_REFRESH_TOKEN"}}'
        self.issued += 1
        rotated = f"rotated-{self.issued}-{user}"
        self.alive[rotated] = user
        token = f"opaque-{self.issued}" if self.opaque else make_jwt(user, self.expires, self.issued)
        names = (
            ("idToken", "refreshToken", "expiresIn") if self.camel_case else ("id_token", "refresh_token", "expires_in")
        )
        return 200, json.dumps(dict(zip(names, (token, rotated, "3600"), strict=True))).encode()


@asynccontextmanager
async def token_endpoint() -> AsyncIterator[TokenEndpoint]:
    """A running endpoint."""
    endpoint = TokenEndpoint()
    server = await asyncio.start_server(endpoint.handle, "127.0.0.1", 0)
    endpoint.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield endpoint
    finally:
        endpoint.gate.set()
        server.close()
        await asyncio.gather(*filter(None, endpoint.handlers), return_exceptions=True)
