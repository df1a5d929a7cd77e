"""A process's own copy of what the upstream offers."""

import asyncio
from typing import Final

import msgspec
import structlog

from proto.models import ModelCatalogue, ModelOffer
from store.connection import StoreError
from store.models import SharedModels

log = structlog.get_logger()

#: Seconds between two looks at the shared list.
LOOK_EVERY: Final = 5.0


async def follow_offer(shared: SharedModels, catalogue: ModelCatalogue) -> None:
    """Keep the catalogue as the keeper last fetched it, until cancelled. What cannot be read changes nothing."""
    known: ModelOffer | None = None
    while True:
        try:
            offer = await shared.read()
        except StoreError:
            offer = None  # whoever needs the store will say so
        except msgspec.ValidationError as error:
            log.warning("models.unreadable", error=str(error))
            offer = None
        if offer is not None and offer != known:
            known = offer
            catalogue.offer(offer.models)
            log.info("models.offered", models=len(offer.models))
        await asyncio.sleep(LOOK_EVERY)
