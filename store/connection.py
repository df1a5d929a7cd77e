"""One connection to Redis with group commit: what is asked for while a pipeline is in flight goes in the next one.

Commands are sent as they are given and their replies read one by one. A connection that breaks, or leads to a server
that does not take writes, fails what was in flight with `StoreError`: whether the server ran it is unknown, so every
verb is safe to send again. Nothing is retried here but scripts the server does not know yet.
"""

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import hiredis
import structlog
from redis.asyncio.connection import Connection, ConnectionPool
from redis.exceptions import (
    NoScriptError,
    OutOfMemoryError,
    RedisError,
    ResponseError,
)

from proto.errors import ErrorCode, GatewayError
from store.logs import start_apart
from store.looked_up import LookedUpConnection, master_finder
from store.scripts import Script
from store.server_url import is_sentinel, read_sentinel_url

log = structlog.get_logger()

Argument: TypeAlias = bytes | str | int | float
Command: TypeAlias = tuple[Argument, ...]

#: The stub of hiredis says "a tuple of one element"; it takes any.
_pack: Callable[[Command], bytes] = hiredis.pack_command  # type: ignore[assignment]

#: Error codes of a server that is not, or no longer, the one to write to: it must be looked for again.
_NOT_IN_CHARGE: Final = ("READONLY", "NOREPLICAS")

#: Seconds the server may take for one pipeline before it counts as gone.
REPLY_TIMEOUT: Final = 5.0
#: Milliseconds that replicas may take to have what must not be forgotten.
REPLICATION_TIMEOUT: Final = 1000
#: Commands in one pipeline at most, so that one huge batch does not hold up everybody's replies.
MAX_PIPELINE: Final = 512


class StoreError(GatewayError):
    """Redis cannot be reached or did not answer; whether the command ran is unknown."""

    def __init__(self, message: str = "The gateway's store is not available.") -> None:
        super().__init__(ErrorCode.UNAVAILABLE, message, retry_after=2)


def plain_connection(url: str) -> Connection:
    """A connection not yet opened: RESP2, no timeouts of its own, no retries behind our back."""
    options = {"protocol": 2, "socket_timeout": None, "socket_connect_timeout": REPLY_TIMEOUT}
    if is_sentinel(url):
        address = read_sentinel_url(url)
        return LookedUpConnection(master_finder(address), db=address.db, **address.login, **options)
    pool = ConnectionPool.from_url(url, health_check_interval=0, **options)
    connection: Connection = pool.make_connection()  # type: ignore[no-untyped-call]  # redis-py leaves it bare
    return connection


def script_call(script: Script, keys: Sequence[str], args: Sequence[Argument]) -> "Call":
    """A script's invocation, ready for `Store.gather`."""
    return Call(("EVALSHA", script.sha, len(keys), *keys, *args), script)


def _forget(reply: asyncio.Future[Any]) -> None:
    if not reply.cancelled() and isinstance(error := reply.exception(), ResponseError):
        log.error("store.refused", error=str(error))


def _translate(error: ResponseError) -> Exception:
    """A server that refuses work for now is away like one that cannot be reached; anything else is our bug."""
    if not isinstance(error, OutOfMemoryError):
        return error
    log.warning("store.refused", error=type(error).__name__)
    failure = StoreError()
    failure.__cause__ = error
    return failure


def _is_not_in_charge(error: ResponseError) -> bool:
    return (error.status_code or str(error).partition(" ")[0]) in _NOT_IN_CHARGE


class Call:
    """One command, and the script behind it if it is one."""

    __slots__ = ("command", "script")

    def __init__(self, command: Command, script: Script | None = None) -> None:
        self.command = command
        self.script = script


class Store:
    """A client bound to the event loop that first uses it. Close it with `aclose`."""

    def __init__(self, url: str) -> None:
        self._connection = plain_connection(url)
        self._replicas = read_sentinel_url(url).replicas if is_sentinel(url) else 0
        #: How often the connection was lost: what one server has told its replicas, the next knows nothing of.
        self._losses = 0
        self._pending: list[tuple[Call, asyncio.Future[Any]]] = []
        self._flusher: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    async def run(self, script: Script, keys: Sequence[str], args: Sequence[Argument]) -> Any:
        """Run a script.

        Raises:
            StoreError: Redis is away.
            redis.exceptions.ResponseError: the script itself failed, which is a bug.
        """
        return await self._submit(script_call(script, keys, args))

    async def run_for_good(self, script: Script, keys: Sequence[str], args: Sequence[Argument]) -> Any:
        """Run a script that writes what must not be forgotten: where the address asks for replicas, they have it too
        when this returns.

        Raises:
            StoreError: Redis is away, or too few replicas have it.
            redis.exceptions.ResponseError: the script itself failed, which is a bug.
        """
        losses = self._losses
        reply = await self.run(script, keys, args)
        if self._replicas:
            having = await self.command("WAIT", self._replicas, REPLICATION_TIMEOUT)
            if having < self._replicas or losses != self._losses:
                raise StoreError
        return reply

    async def command(self, *command: Argument) -> Any:
        """Run one plain command; raises as `run` does."""
        return await self._submit(Call(command))

    async def gather(self, calls: Sequence[Call]) -> list[Any]:
        """Run several calls in one pipeline and return their replies in order; raises the first failure."""
        return list(await asyncio.gather(*[self._submit(call) for call in calls]))

    def post(self, *commands: Command) -> None:
        """Send plain commands whose replies nobody needs; if Redis is away they are lost."""
        for command in commands:
            self._submit(Call(command)).add_done_callback(_forget)

    async def aclose(self) -> None:
        """Stop and disconnect; what is still waiting fails with `StoreError`."""
        if self._flusher is not None:
            self._flusher.cancel()
            await asyncio.gather(self._flusher, return_exceptions=True)
            self._flusher = None
        self._fail(self._take(), StoreError("The store connection was closed."))
        await self._connection.disconnect()

    def _submit(self, call: Call) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        # One that died of a bug has failed its batch; what comes after it must not wait for a dead task.
        if self._flusher is None or self._flusher.done():
            self._flusher = start_apart(self._flush_forever(), name="store-flusher")
        future: asyncio.Future[Any] = loop.create_future()
        self._pending.append((call, future))
        self._wake.set()
        return future

    def _take(self) -> list[tuple[Call, asyncio.Future[Any]]]:
        batch, self._pending = self._pending[:MAX_PIPELINE], self._pending[MAX_PIPELINE:]
        return batch

    async def _flush_forever(self) -> None:
        while True:
            await self._wake.wait()
            batch = self._take()
            if not self._pending:
                self._wake.clear()
            try:
                async with asyncio.timeout(REPLY_TIMEOUT):
                    await self._flush(batch)
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("store.lost", error=type(error).__name__, in_flight=len(batch))
                await self._connection.disconnect(nowait=True)
                self._losses += 1
                failure = StoreError()
                failure.__cause__ = error
                self._fail(batch, failure)
            except BaseException:
                self._fail(batch, StoreError("The store connection was closed."))
                raise

    async def _flush(self, batch: list[tuple[Call, asyncio.Future[Any]]]) -> None:
        refused = await self._exchange(batch)
        if not refused:
            return
        scripts = {call.script for call, _ in refused if call.script is not None}
        for script in scripts:
            await self._connection.send_packed_command(_pack(("SCRIPT", "LOAD", script.text)), check_health=False)
            await self._connection.read_response(timeout=math.inf)
        still_refused = await self._exchange(refused)
        self._fail(still_refused, ResponseError("a script vanished right after it was loaded"))

    async def _exchange(self, batch: list[tuple[Call, asyncio.Future[Any]]]) -> list[tuple[Call, asyncio.Future[Any]]]:
        """Send the batch, settle its futures, and return those whose script the server does not know."""
        packed = b"".join([_pack(call.command) for call, _ in batch])
        await self._connection.send_packed_command(packed, check_health=False)
        refused = []
        for call, future in batch:
            try:
                reply = await self._connection.read_response(timeout=math.inf)
            except NoScriptError:
                refused.append((call, future))
            except ResponseError as error:
                if _is_not_in_charge(error):
                    raise
                if not future.done():
                    future.set_exception(_translate(error))
            else:
                if not future.done():
                    future.set_result(reply)
        return refused

    @staticmethod
    def _fail(batch: list[tuple[Call, asyncio.Future[Any]]], error: Exception) -> None:
        for _, future in batch:
            if not future.done():
                future.set_exception(error)
