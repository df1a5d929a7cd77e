"""The bridge's app: a second server on the same store, with the front door's keys, bounds and errors."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api import errors
from api.auth import ClientKeys, keys_of
from api.bridge.monitor import socket
from api.bridge.monitor.feed import Sources
from api.bridge.monitor.hub import Hub
from api.bridge.routes import auth, codec, page, status
from api.bridge.services import BridgeServices
from api.request_id import RequestIdMiddleware
from api.routes import models
from api.settings import ApiSettings
from api.telemetry import NO_TELEMETRY
from proto.models import ModelCatalogue
from store.all_batches import AllBatches
from store.catalogue import follow_offer
from store.connection import Store
from store.jobs import Jobs
from store.models import SharedModels
from store.monitor import Monitor
from store.settings import StoreSettings
from tokens.pool import open_pool
from tokens.settings import TokenSettings


def create_app(settings: ApiSettings, store_settings: StoreSettings, token_settings: TokenSettings) -> FastAPI:
    """Build the bridge; it opens its connections when it starts.

    Raises:
        KeysFileError: the keys file is not there or broken.
    """
    client_keys = keys_of(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(settings, client_keys, store_settings, token_settings) as services:
            app.state.services = services
            yield

    app = FastAPI(
        title="warp2api bridge",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry=NO_TELEMETRY,
    )
    app.add_middleware(RequestIdMiddleware)
    errors.install(app)
    for routes in (codec, models, auth, page, socket, status):
        app.include_router(routes.router)
    return app


@asynccontextmanager
async def open_services(
    settings: ApiSettings, client_keys: ClientKeys, store_settings: StoreSettings, token_settings: TokenSettings
) -> AsyncIterator[BridgeServices]:
    """The parts of a bridge, and what runs beside its requests."""
    url = store_settings.redis_url.get_secret_value()
    store = Store(url)
    jobs = Jobs(store, store_settings)
    catalogue = ModelCatalogue(settings.models, settings.model_aliases)
    beside = []
    if store_settings.models_refresh:
        beside.append(asyncio.create_task(follow_offer(SharedModels(store, jobs.keys), catalogue)))
    try:
        # The bridge lends nothing: it shows the pool, and refreshes it when it is told to.
        async with open_pool(token_settings, store, jobs.keys, borrows=False) as pool:
            hub = Hub(Sources(url, Monitor(store, jobs.keys), jobs, pool, AllBatches(store, jobs.keys)))
            yield BridgeServices(settings, client_keys, catalogue, store, jobs, pool, hub)
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await store.aclose()
