"""kombu's Redis transport with one client a channel.

kombu makes a client object for every command it sends, which with redis-py 8 costs more CPU than the command: a
third of all that a worker's consuming thread did. A client is safe to share, and the connections were pooled anyway.
"""

from functools import cached_property
from typing import Any

from kombu.transport import redis


class Channel(redis.Channel):
    """Keeps the client it sends commands with."""

    @cached_property
    def _command_client(self) -> Any:
        return super()._create_client()  # type: ignore[misc]  # the stubs leave it out

    def _create_client(self, asynchronous: bool = False) -> Any:
        if asynchronous:
            return super()._create_client(asynchronous=True)  # type: ignore[misc]  # the stubs leave it out
        return self._command_client


class Transport(redis.Transport):
    """Chosen by `broker_transport`; everything else is kombu's."""

    Channel = Channel
