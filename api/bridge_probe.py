"""Whether the bridge is there, asked for in passing: the front door's own page says so."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import httpx

#: Seconds an answer may take, and for which it counts.
PATIENCE: Final = 0.2
LASTING: Final = 1.0


class BridgeProbe:
    """Asks the bridge for its health, once a second at most however many want to know. Close it with `aclose`.

    Args:
        url: the bridge's address.
        clock: steady seconds.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.url = url
        self._clock = clock
        # No connection is kept: one would outlive the bridge.
        self._client = httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
        self._asking = asyncio.Lock()
        self._asked: tuple[float, bool] | None = None

    async def is_reachable(self) -> bool:
        """Whether it answered just now or within the last second."""
        async with self._asking:
            if self._asked is None or self._clock() - self._asked[0] >= LASTING:
                reached = await self._ask()
                self._asked = (self._clock(), reached)
            return self._asked[1]

    async def aclose(self) -> None:
        """Ask no more."""
        await self._client.aclose()

    async def _ask(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._client.get(f"{self.url}/healthz")
        except (httpx.HTTPError, TimeoutError):
            return False
        return answer.status_code == httpx.codes.OK
