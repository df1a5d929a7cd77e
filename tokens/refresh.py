"""One refresh of a token at a time, whoever asks: in this process by a shared task, across processes by a lock.

What is guaranteed about a rotated refresh token, which exists only in this process until it is stored:
- Bearer and refresh token are stored together, by one script, and the caller's cancellation never interrupts that.
- While the store is away the process keeps the new token and goes on trying; closing waits for it.
- A refresh begun later wins over one begun earlier, whichever is stored first, and an error of one that was overtaken
  says nothing about the token.
- It stays in this process' memory, and each refill offers it again, should the store have lost its last second.
- A process killed between the endpoint's answer and the store loses it; nobody else could have it. That is not
  silent: its lock is found never ended, which is logged as `token.refresh_unfinished`, and the old refresh token is
  tried; if the endpoint takes it no more, the token is dead with cause `login`, and says so.
"""

import asyncio
import random
import secrets
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Final

import structlog

from store.connection import StoreError
from tokens.credentials import Credential
from tokens.sources.base import RefreshError, RefreshVerdict, TokenSource
from tokens.verbs import RefreshHeld, RefreshTurn, Verbs

log = structlog.get_logger()

#: Seconds an attempt may take: two endpoints of 5 s, and the store.
LOCK: Final = 12.0
#: Pauses in seconds between the attempts of one refresh.
PAUSES: Final = (0.3, 1.0)
#: Seconds between looks at a refresh that another process does.
LOOK: Final = 0.05
#: Seconds between tries to store what was refreshed while the store is away.
STORE_AGAIN: Final = 0.5


class Refreshed(Enum):
    """How a refresh ended. `YES`: there is a newer bearer; `NO`: not now; `NEVER`: the token is dead or gone."""

    YES = auto()
    NO = auto()
    NEVER = auto()


_TOLD: Final = {"newer": Refreshed.YES, "failed": Refreshed.NO, "gone": Refreshed.NEVER, "dead": Refreshed.NEVER}


class Refresher:
    """`on_refreshed` is called when a token of the pool has a new bearer."""

    def __init__(self, verbs: Verbs, sources: Sequence[TokenSource], on_refreshed: Callable[[], None]) -> None:
        self._verbs = verbs
        self._sources = {source.name: source for source in sources}
        self._on_refreshed = on_refreshed
        self._running: dict[tuple[str, int], asyncio.Task[Refreshed]] = {}
        self._rotated: dict[str, tuple[TokenSource, Credential, int]] = {}

    async def refresh(self, token_id: str, generation: int = -1) -> Refreshed:
        """Refresh a token whose bearer of that generation is of no more use (-1: whichever it has).

        The work goes on when the caller is cancelled.

        Raises:
            StoreError: Redis is away.
            SealError: the token's secrets cannot be opened with the configured keys.
        """
        key = (token_id, generation)
        task = self._running.get(key)
        if task is None:
            task = asyncio.create_task(self._refresh(token_id, generation), name=f"refresh-{token_id}")
            self._running[key] = task
            task.add_done_callback(lambda done: self._ended(key, done))
        return await asyncio.shield(task)

    async def offer_rotated(self) -> None:
        """Put what this process has rotated again; the pool keeps what it has unless it has lost it."""
        for source, credential, attempt in tuple(self._rotated.values()):
            if await self._verbs.put(credential, source.tier, source.name, attempt) != "kept":
                log.warning("token.restored", token=credential.token_id)

    async def aclose(self, patience: float) -> None:
        """Let running refreshes end, so that no rotated token is lost; after `patience` seconds give up, loudly."""
        if not self._running:
            return
        _, pending = await asyncio.wait(self._running.values(), timeout=patience)
        for task in pending:
            log.error("token.refresh_abandoned", token=task.get_name().removeprefix("refresh-"))
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    def _ended(self, key: tuple[str, int], task: asyncio.Task[Refreshed]) -> None:
        self._running.pop(key, None)
        if not task.cancelled() and task.exception() is not None:
            log.warning("token.refresh_broken", token=key[0], error=type(task.exception()).__name__)

    async def _refresh(self, token_id: str, generation: int) -> Refreshed:
        owner, attempts, waited = secrets.token_hex(8), 0, False
        while True:
            turn = await self._verbs.refresh_begin(token_id, owner, LOCK, generation, waited=waited)
            if isinstance(turn, RefreshHeld):
                waited, generation = True, max(generation, turn.generation)
                await asyncio.sleep(LOOK * random.uniform(1, 2))  # noqa: S311  # jitter
                continue
            if isinstance(turn, str):
                return _TOLD[turn]
            waited = False
            if turn.unfinished and attempts == 0:
                log.warning("token.refresh_unfinished", token=token_id)
            try:
                await self._attempt(turn)
            except RefreshError as error:
                log.warning("token.refresh_failed", token=token_id, verdict=error.verdict, error=str(error))
                if error.verdict is RefreshVerdict.TRANSIENT and attempts < len(PAUSES):
                    await asyncio.sleep(PAUSES[attempts] * random.uniform(0.5, 1))  # noqa: S311  # jitter
                    attempts += 1
                    continue
                stands = await self._verbs.refresh_failed(turn, error.verdict)
                if stands == "overtaken":
                    waited, generation = True, max(generation, turn.generation)
                    continue
                return Refreshed.NEVER if stands in ("dead", "gone") else Refreshed.NO
            return Refreshed.YES

    async def _attempt(self, turn: RefreshTurn) -> None:
        source = self._sources.get(turn.source)
        if source is None:
            raise RefreshError(RefreshVerdict.CONFIG, f"the source {turn.source} is not configured here")
        fresh = await source.refresh(turn.credential)
        if fresh.refresh_token != turn.credential.refresh_token:
            self._rotated[fresh.token_id] = (source, fresh, turn.attempt)
        while True:
            try:
                told = await self._verbs.put(fresh, source.tier, source.name, turn.attempt)
                break
            except StoreError:
                log.error("token.refreshed_but_not_stored", token=fresh.token_id)
                await asyncio.sleep(STORE_AGAIN)
        log.info("token.refreshed", token=fresh.token_id, told=told)
        self._on_refreshed()
