"""The pool service as a process. Only here are its settings read from the environment."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
import uvicorn

from api.connection import bounded_connection
from api.pool_service.app import BODY_WITHIN, create_app
from api.pool_service.settings import PoolServiceSettings
from api.running import run_server
from proto.errors import ErrorCode, GatewayError
from proto.keys import Keys
from store.connection import Store
from store.logs import LogSettings, configure_logging
from store.settings import StoreSettings
from tokens.lending import Lending
from tokens.pool import open_pool
from tokens.settings import TokenSettings

log = structlog.get_logger()


def serve(host: str | None = None, port: int | None = None) -> None:
    """Serve until SIGTERM.

    Raises:
        GatewayError: there is no POOL_SERVICE_TOKEN.
    """
    configure_logging(LogSettings())
    settings, store_settings = PoolServiceSettings(), StoreSettings()
    token = settings.pool_service_token.get_secret_value()
    if not token:
        raise GatewayError(
            ErrorCode.NOT_CONFIGURED,
            "POOL_SERVICE_TOKEN: set it to a long random text, here and where tokens are borrowed.",
        )
    # The service lends what is its own: it borrows nothing itself.
    token_settings = TokenSettings().model_copy(update={"pool_service_base_url": ""})

    @asynccontextmanager
    async def open_lending() -> AsyncIterator[Lending]:
        store = Store(store_settings.redis_url.get_secret_value())
        async with open_pool(token_settings, store, Keys(store_settings.deployment), borrows=False) as pool:
            yield Lending(pool, settings.pool_service_ttl)
        await store.aclose()

    config = uvicorn.Config(
        create_app(token, open_lending),
        host=host or settings.pool_service_host,
        port=settings.pool_service_port if port is None else port,
        loop="uvloop",
        http=bounded_connection(BODY_WITHIN),
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=5,
    )
    run_server(uvicorn.Server(config))
