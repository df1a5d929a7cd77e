"""The front door's app: what it stands on is opened in order here, and closed in the opposite one."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI

from api import errors
from api.answer import Answers
from api.auth import ClientKeys, keys_of
from api.bridge_probe import BridgeProbe
from api.health import Health
from api.image_fetch import ImageFetcher
from api.kept import KeptAnswers
from api.metrics import DoorMetrics
from api.pressure import watch_memory
from api.publisher import Publisher
from api.relay import Relay
from api.request_id import RequestIdMiddleware
from api.routes import batches, chat, count_tokens, files, jobs, message_batches, metrics, models, responses, status
from api.services import Services
from api.settings import ApiSettings
from api.store_metrics import StoreMetrics
from api.submit import Desk
from api.telemetry import NO_TELEMETRY
from proto.models import ModelCatalogue
from store.batches import Batches
from store.broker import create_celery
from store.catalogue import follow_offer
from store.connection import Store
from store.files import Files
from store.jobs import Jobs
from store.models import SharedModels
from store.readers import Readers
from store.responses import Responses
from store.settings import StoreSettings
from store.storage import Storage
from tokens.pool import TokenPool
from tokens.settings import TokenSettings

log = structlog.get_logger()


def create_app(
    settings: ApiSettings, store_settings: StoreSettings, token_settings: TokenSettings, bridge_url: str
) -> FastAPI:
    """Build the front door; it opens its connections when it starts.

    Args:
        settings: the front door's own.
        store_settings: where jobs are kept.
        token_settings: what the pool is made of.
        bridge_url: where the bridge is, for the front page to tell.

    Raises:
        KeysFileError: the keys file is not there or broken.
    """
    client_keys = keys_of(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(settings, client_keys, store_settings, token_settings, bridge_url) as services:
            app.state.services = services
            yield

    app = FastAPI(
        title="warp2api", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None, telemetry=NO_TELEMETRY
    )
    app.add_middleware(RequestIdMiddleware)
    errors.install(app)
    for routes in (chat, count_tokens, responses, files, batches, message_batches, jobs, metrics, models, status):
        app.include_router(routes.router)
    return app


@asynccontextmanager
async def open_services(
    settings: ApiSettings,
    client_keys: ClientKeys,
    store_settings: StoreSettings,
    token_settings: TokenSettings,
    bridge_url: str,
) -> AsyncIterator[Services]:
    """The parts of a front door, and what runs beside its requests."""
    url = store_settings.redis_url.get_secret_value()
    store = Store(url)
    jobs = Jobs(store, store_settings)
    publisher = Publisher(create_celery(store_settings))
    readers = Readers(store, jobs.keys)
    relay = Relay(url, jobs, readers, replica=secrets.token_hex(6), keepalive=settings.keepalive)
    catalogue = ModelCatalogue(settings.models, settings.model_aliases)
    kept = Responses(store, jobs)
    uploads = Files(store, Storage(store_settings), store_settings)
    door_metrics = DoorMetrics(catalogue)
    # The front door lends nothing: it only counts what the workers lend.
    pool = TokenPool(store, jobs.keys, token_settings, ())
    desk = Desk(jobs, kept, publisher, catalogue, door_metrics)
    services = Services(
        settings=settings,
        client_keys=client_keys,
        catalogue=catalogue,
        desk=desk,
        answers=Answers(desk, relay, jobs, readers, door_metrics, hold_headers=settings.hold_headers),
        kept=KeptAnswers(kept),
        files=uploads,
        batches=Batches(store, uploads, store_settings),
        health=Health(store, jobs, pool),
        metrics=door_metrics,
        store_metrics=StoreMetrics(store, jobs, pool),
        bridge=BridgeProbe(bridge_url),
        images=ImageFetcher(settings.max_body) if settings.fetch_images else None,
    )
    publisher.start()
    beside = [asyncio.create_task(relay.run()), asyncio.create_task(watch_memory(store, desk))]
    if store_settings.models_refresh:
        beside.append(asyncio.create_task(follow_offer(SharedModels(store, jobs.keys), catalogue)))
    try:
        yield services
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await asyncio.to_thread(publisher.stop)
        if services.images is not None:
            await services.images.aclose()
        await services.bridge.aclose()
        await store.aclose()
