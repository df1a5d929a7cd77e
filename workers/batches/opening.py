"""What the runner of the batches stands on."""

from celery import Celery

from proto.models import ModelCatalogue
from store.catalogue import follow_offer
from store.connection import Store
from store.files import Files
from store.jobs import Jobs
from store.models import SharedModels
from store.settings import CatalogueSettings, StoreSettings
from store.storage import Storage
from workers.batches.runner import Runner
from workers.metrics import BatchNumbers
from workers.parts import enqueueing
from workers.runtime import background
from workers.settings import WorkerSettings


async def run_batches(
    app: Celery,
    settings: WorkerSettings,
    store_settings: StoreSettings,
    catalogue_settings: CatalogueSettings,
    numbers: BatchNumbers,
) -> None:
    """Run the batches of the deployment, while no other keeper does, until cancelled; count them in `numbers`."""
    # A connection of its own: what batches write is large, and the reaper is not to wait for it.
    store = Store(store_settings.redis_url.get_secret_value())
    jobs = Jobs(store, store_settings)
    files = Files(store, Storage(store_settings), store_settings)
    catalogue = ModelCatalogue(catalogue_settings.models, catalogue_settings.model_aliases)
    runner = Runner(store, jobs, files, catalogue.resolve, enqueueing(app), settings.batch_retry_pause, numbers)
    beside = [follow_offer(SharedModels(store, jobs.keys), catalogue)] if store_settings.models_refresh else []
    try:
        async with background(*beside):
            await runner.run()
    finally:
        await store.aclose()
