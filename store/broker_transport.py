"""kombu's Redis transport with one client a channel, and without retries behind our back.

kombu makes a client object for every command it sends, which with redis-py 8 costs more CPU than the command: a
third of all that a worker's consuming thread did. A client is safe to share, and the connections were pooled anyway.
redis-py would try ten times, for six seconds, before it says that the broker is away; a client is told so at once,
and Celery's consumers reconnect by themselves.
"""

from functools import cached_property
from typing import Any

from kombu.transport import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

_Channel: Any = redis.Channel  # the stubs leave most of it out


class _OneClient(_Channel):  # type: ignore[misc]  # the same
    """Keeps the client it sends commands with."""

    #: A batch is sent once: nothing here repeats a pipeline whose fate is unknown.
    supports_batch_publish = True

    @cached_property
    def _command_client(self) -> Any:
        return super()._create_client()

    def _create_client(self, asynchronous: bool = False) -> Any:
        if asynchronous:
            return super()._create_client(asynchronous=True)
        return self._command_client

    def _connparams(self, asynchronous: bool = False) -> Any:
        params = super()._connparams(asynchronous=asynchronous)
        return {**params, "retry": Retry(NoBackoff(), 0)}


class Channel(_OneClient, redis.Channel):
    """On one server."""


class SentinelChannel(_OneClient, redis.SentinelChannel):
    """On the server that the Sentinels call master whenever a connection is opened."""

    #: Of the transport's options.
    sentinel_kwargs: dict[str, Any]

    def _sentinel_managed_pool(self, asynchronous: bool = False) -> Any:
        self.sentinel_kwargs = {**self.sentinel_kwargs, "retry": Retry(NoBackoff(), 0)}
        return super()._sentinel_managed_pool(asynchronous)


class Transport(redis.Transport):
    """Chosen by `broker_transport`; everything else is kombu's."""

    Channel = Channel
    supports_batch_publish = True


class SentinelTransport(redis.SentinelTransport):
    """For `sentinel://`."""

    Channel = SentinelChannel
    supports_batch_publish = True
