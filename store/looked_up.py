"""A connection to whichever server is in charge: where that is, is asked anew each time the connection is opened."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from kombu.utils.url import as_url
from redis.asyncio.connection import Connection
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff

from store.server_url import SentinelUrl, is_sentinel, read_sentinel_url

#: Seconds that one of those who know may take to answer, before the next is asked.
ASK_TIMEOUT: Final = 1.0

#: Finds the server's host and port; raises redis-py's `ConnectionError` if nobody knows.
Finder: TypeAlias = Callable[[], Awaitable[tuple[str, int]]]


class LookedUpConnection(Connection):
    """redis-py's, to where `find` says."""

    def __init__(self, find: Finder, **options: Any) -> None:
        super().__init__(retry=Retry(NoBackoff(), 0), **options)
        self._find = find

    async def _connect(self) -> None:
        self.host, self.port = await self._find()
        await super()._connect()  # type: ignore[no-untyped-call]  # redis-py leaves it bare


async def url_now(url: str) -> str:
    """The address of the one server that this address leads to at the moment.

    Raises:
        redis.exceptions.ConnectionError: nobody knows.
    """
    if not is_sentinel(url):
        return url
    address = read_sentinel_url(url)
    host, port = await master_finder(address)()
    user, password = address.login.get("username"), address.login.get("password")
    return as_url("redis", host, port, user, password, str(address.db))


def master_finder(address: SentinelUrl) -> Finder:
    """Asks the Sentinels for their master, the one that answered last before the others."""
    sentinels = Sentinel(  # type: ignore[no-untyped-call]  # redis-py leaves it bare
        address.hosts,
        sentinel_kwargs={
            **address.sentinel_login,
            "socket_timeout": ASK_TIMEOUT,
            "socket_connect_timeout": ASK_TIMEOUT,
            "retry": Retry(NoBackoff(), 0),
        },
    )

    async def find() -> tuple[str, int]:
        try:
            host, port = await sentinels.discover_master(address.master)
        finally:
            await sentinels.aclose()  # until it is asked again
        return host, port

    return find
