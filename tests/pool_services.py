"""A pool service for tests: the real app behind real HTTP, over a pool of its own deployment."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from api.connection import bounded_connection
from api.pool_service.app import BODY_WITHIN, create_app
from proto.keys import Keys
from store.connection import Store
from tests.token_pools import ListedSource, settings
from tokens.credentials import Credential
from tokens.lending import Lending
from tokens.pool import TokenPool
from tokens.sources.own_account import OwnAccount

TOKEN = "planted-pool-service-token"
TTL = 60.0


@asynccontextmanager
async def pool_service(
    store: Store,
    *given: Credential,
    deployment: str = "lender",
    ttl: float = TTL,
    body_within: float = BODY_WITHIN,
    **values: Any,
) -> AsyncIterator["tuple[str, TokenPool, ListedSource]"]:
    """A running service over these credentials: its address, its pool, and the source behind."""
    source = ListedSource(*given, name=OwnAccount.name)
    pool = TokenPool(store, Keys(deployment), settings(**values), [source])
    await pool.refill("test")

    @asynccontextmanager
    async def open_lending() -> AsyncIterator[Lending]:
        yield Lending(pool, ttl)

    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        create_app(TOKEN, open_lending, body_within), http=bounded_connection(body_within),
        log_config=None, access_log=False, ws="none", lifespan="on",
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve(sockets=[listening]))
    try:
        async with asyncio.timeout(10):
            while not server.started:
                await asyncio.sleep(0.005)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", pool, source
    finally:
        server.should_exit = True
        await serving
        listening.close()
        await pool.aclose()
