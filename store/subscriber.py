"""One pub/sub connection that says when it may have missed something.

redis-py would reconnect silently; here each new subscription is announced through `on_subscribed`, so that whoever
listens can read the truth again. Pub/sub is only the fast path.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import structlog
from redis.exceptions import RedisError

from store.connection import plain_connection

log = structlog.get_logger()

#: Seconds of silence after which the connection is asked whether it lives, and as many until it counts as gone.
PING_AFTER: Final = 10.0
RECONNECT_PAUSE: Final = (0.05, 2.0)


class Subscriber:
    """Listens to one channel. `on_message` gets each payload; `on_subscribed` runs at every (re)subscription."""

    def __init__(
        self, url: str, channel: str, on_message: Callable[[bytes], None], on_subscribed: Callable[[], None]
    ) -> None:
        self._connection = plain_connection(url)
        self._channel = channel
        self._on_message = on_message
        self._on_subscribed = on_subscribed
        self.connected = asyncio.Event()

    async def run(self) -> None:
        """Listen until cancelled; a lost connection is taken up again with growing pauses."""
        pause, longest = RECONNECT_PAUSE
        while True:
            try:
                await self._listen()
            except (RedisError, OSError, TimeoutError) as error:
                if self.connected.is_set():
                    log.warning("store.subscription_lost", error=type(error).__name__)
                    pause = RECONNECT_PAUSE[0]
            finally:
                self.connected.clear()
                with contextlib.suppress(RedisError, OSError):
                    await self._connection.disconnect(nowait=True)
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest)

    async def _listen(self) -> None:
        await self._connection.send_command("SUBSCRIBE", self._channel, check_health=False)
        silent = False
        while True:
            reply = await self._connection.read_response(timeout=PING_AFTER)
            if reply is None:
                if silent:
                    raise TimeoutError("the store did not answer a ping")
                silent = True
                await self._connection.send_command("PING", check_health=False)
                continue
            silent = False
            match reply:
                case [b"message", _, bytes(data)]:
                    self._on_message(data)
                case [b"subscribe", *_]:
                    self.connected.set()
                    self._on_subscribed()
