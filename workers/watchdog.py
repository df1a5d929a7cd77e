"""Notices a process that takes no messages although there are some.

Celery's consumer has more than once been seen to live on without consuming after its connection was lost and made
again. Whatever the reason, the cure is a fresh process, so this only looks at the symptom.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

import structlog

from store.broker import BrokerError

log = structlog.get_logger()

#: Seconds between two looks, and how many in a row must find the same before the process counts as stalled. Looks are
#: counted, not seconds: a process that was stopped for a while has had no chance to take anything.
LOOK_EVERY: Final = 5.0
LOOKS: Final = 3


class Watchdog:
    """Calls `give_up` when messages wait, there is room for them, and none has come for `LOOKS` looks.

    Args:
        waiting: whether a message waits that this process ought to take; may raise `BrokerError`.
        give_up: ends the process.
    """

    def __init__(self, waiting: Callable[[], Awaitable[bool]], give_up: Callable[[], Awaitable[None]]) -> None:
        self._waiting = waiting
        self._give_up = give_up
        self._taken = 0
        self._lock = threading.Lock()
        #: Messages that are being worked on.
        self.in_hand = 0

    @contextmanager
    def took(self) -> Iterator[None]:
        """A message was taken and is worked on in the block; for any thread."""
        with self._lock:
            self._taken += 1
            self.in_hand += 1
        try:
            yield
        finally:
            with self._lock:
                self.in_hand -= 1

    async def run(self, look_every: float = LOOK_EVERY) -> None:
        """Look until cancelled, or until there is nothing left to hope for."""
        taken, idle = self._taken, 0
        while idle < LOOKS:
            await asyncio.sleep(look_every)
            seen = self._taken
            idle = idle + 1 if seen == taken and await self._starving() else 0
            taken = seen
        log.error("consumer.stalled", seconds=look_every * LOOKS)
        await self._give_up()

    async def _starving(self) -> bool:
        try:
            return await self._waiting()
        except BrokerError:
            return False  # the broker is away: that is no stall
