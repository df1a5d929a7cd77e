"""Nothing shown of borrowing or of the stored pool holds a secret: reprs, tracebacks with locals, logs, dumps."""

import asyncio
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from cryptography.fernet import Fernet
from rich.console import Console
from structlog.testing import capture_logs

from cli.token_table import token_table
from store.connection import Store
from tests.pool_services import TOKEN, pool_service
from tests.token_pools import INTERACTIVE, MakePool, api_key, firebase, settings, soon, use
from tokens import outcomes
from tokens.credentials import Credential
from tokens.sources.base import RefreshError, SourceError
from tokens.sources.pool_service import PoolService

PLANTED = [api_key("planted-key"), firebase("planted-login", bearer="planted-bearer")]


@asynccontextmanager
async def source(url: str) -> AsyncIterator[PoolService]:
    async with httpx.AsyncClient(trust_env=False) as http:
        yield PoolService(settings(pool_service_base_url=url, pool_service_token=TOKEN), http)


def with_locals(error: BaseException) -> str:
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


async def test_a_lender_that_is_away_or_talks_nonsense_shows_nothing(store: Store) -> None:
    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        await reader.readexactly(length)
        body = b'{"leases": [{"bearer": "planted-bearer"}], "bearer": "planted-bearer"}'
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(nonsense, "127.0.0.1", 0)
    for url in (f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "http://127.0.0.1:1"):
        async with source(url) as lender:
            with pytest.raises(SourceError) as refused:
                await lender.borrow(1, ())
            with pytest.raises(RefreshError) as unrefreshed:
                await lender.refresh(PLANTED[1])
        for error in (refused.value, unrefreshed.value):
            shown = with_locals(error)
            assert "planted-bearer" not in shown
            assert TOKEN not in shown
    server.close()


async def test_the_services_own_errors_and_logs_show_nothing(store: Store) -> None:
    with capture_logs() as logs:
        async with pool_service(store, *PLANTED) as (url, _, _), source(url) as lender:
            borrowed = await lender.borrow(2, ())
            await lender.report(borrowed[0], outcomes.rate_limited(40))
            await lender.renew(borrowed)
            await lender.give_back(borrowed)
    shown = f"{logs} {borrowed}"
    assert [each["event"] for each in logs if each["event"].startswith("pool_service.")]
    for secret in ("planted", TOKEN):
        assert secret not in shown


async def test_with_a_key_nothing_planted_is_in_any_key_of_redis(make_pool: MakePool, store: Store) -> None:
    pool = await make_pool(*PLANTED, token_encryption_key=Fernet.generate_key().decode())
    await use(pool, outcomes.rate_limited(40))
    await pool.refresh_now(PLANTED[1].token_id)
    async with pool.lease(INTERACTIVE, deadline=soon()):
        dump = b"".join([await everything(store, key) for key in await store.command("KEYS", "*")])
    assert PLANTED[0].token_id.encode() in dump
    assert b"planted" not in dump
    assert b"refresh-" not in dump
    assert b"bearer-1" not in dump


async def everything(store: Store, key: bytes) -> bytes:
    match await store.command("TYPE", key.decode()):
        case b"hash":
            values = await store.command("HGETALL", key.decode())
        case b"zset":
            values = await store.command("ZRANGE", key.decode(), 0, -1)
        case b"set":
            values = await store.command("SMEMBERS", key.decode())
        case kind:
            raise AssertionError(f"a {kind!r} in the pool")
    return key + b" " + b" ".join(values)


async def test_the_operators_table_shows_nothing(make_pool: MakePool) -> None:
    pool = await make_pool(*PLANTED)
    snapshot = await pool.verbs.snapshot()
    console = Console(width=200)
    with console.capture() as shown:
        console.print(token_table(snapshot.rows, await pool.pool_stats(), snapshot.now, 0))
    assert PLANTED[0].token_id in shown.get()
    assert "planted" not in shown.get()


def test_a_credential_shows_nothing() -> None:
    for credential in PLANTED:
        assert isinstance(credential, Credential)
        assert "planted" not in f"{credential!r} {credential}"
