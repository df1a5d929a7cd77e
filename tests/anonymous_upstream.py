"""The upstream's side of an anonymous identity, over real HTTP: GraphQL, custom tokens, rotating refresh tokens."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.token_endpoint import WEB_KEY, make_jwt


class AnonymousUpstream:
    """`made` counts requests for an identity, whatever is answered.

    `script` holds answers by path that come before the real ones; None drops the connection. `gate`, when closed, holds
    the answer to a request for an identity back *after* the identity was made. While it `takes` no logins, it says 503.
    """

    def __init__(self) -> None:
        self.base = ""
        self.made = 0
        self.bodies: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.script: dict[str, list[tuple[int, bytes] | None]] = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self.alive: dict[str, str] = {}
        self.issued = 0
        self.takes = True
        self.handlers: set[asyncio.Task[None] | None] = set()

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that lead here."""
        return {
            "warp_anonymous": True,
            "warp_base_url": self.base,
            "warp_firebase_api_key": WEB_KEY,
            "firebase_token_url": f"{self.base}/v1/token",
            "firebase_custom_token_url": f"{self.base}/v1/custom",
        }

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection."""
        self.handlers.add(asyncio.current_task())
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            target = urlsplit(head.split(" ")[1])
            length = next(int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length:"))
            body = await reader.readexactly(length)
            self.paths.append(target.path)
            waiting = self.script.get(target.path)
            answer = self.answer(target.path, parse_qs(target.query), body)
            if target.path == "/graphql/v2":
                await self.gate.wait()
            answer = waiting.pop(0) if waiting else answer
            if answer is not None:
                writer.write(
                    f"HTTP/1.1 {answer[0]} X\r\nContent-Type: application/json\r\nContent-Length: {len(answer[1])}\r\n"
                    "Connection: close\r\n\r\n".encode()
                    + answer[1]
                )
                await writer.drain()
        finally:
            writer.close()

    def answer(self, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, bytes]:
        """What happens, and what is told of it."""
        if path == "/graphql/v2":
            assert query == {"op": ["CreateAnonymousUser"]}
            self.made += 1
            self.bodies.append(json.loads(body))
            self.alive[f"custom-{self.made}"] = f"nobody-{self.made}"
            made = {"__typename": "CreateAnonymousUserOutput", "idToken": f"custom-{self.made}", "firebaseUid": "u"}
            return 200, json.dumps({"data": {"createAnonymousUser": made}}).encode()
        assert query == {"key": [WEB_KEY]}
        if not self.takes:
            return 503, b""
        form = {key: value[0] for key, value in parse_qs(body.decode()).items()}
        given = form["token"] if path.endswith(("/custom", "/customToken")) else form["refresh_token"]
        user = self.alive.pop(given, None)
        if user is None:
            return 400, b'{"error": {"code": 400, "message": "INVALID_REFRESH_TOKEN"}}'
        self.issued += 1
        self.alive[f"kept-{self.issued}"] = user
        told = (make_jwt(user, 4_000_000_000, self.issued), f"kept-{self.issued}", "3600")
        return 200, json.dumps(dict(zip(("idToken", "refreshToken", "expiresIn"), told, strict=True))).encode()


@asynccontextmanager
async def anonymous_upstream() -> AsyncIterator[AnonymousUpstream]:
    """A running one."""
    upstream = AnonymousUpstream()
    server = await asyncio.start_server(upstream.handle, "127.0.0.1", 0)
    upstream.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield upstream
    finally:
        upstream.gate.set()
        server.close()
        await asyncio.gather(*filter(None, upstream.handlers), return_exceptions=True)
