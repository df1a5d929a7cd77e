"""While the store's memory runs short, the front door admits nothing."""

import asyncio
from typing import Final

import structlog

from api.submit import Desk
from store.connection import Store, StoreError
from store.pressure import is_full

log = structlog.get_logger()

#: Seconds between two looks.
LOOK_EVERY: Final = 1.0


async def watch_memory(store: Store, desk: Desk) -> None:
    """Open and close the desk by the store's memory, until cancelled."""
    while True:
        try:
            info: bytes = await store.command("INFO", "memory")
        except StoreError:
            pass
        else:
            full = is_full(info)
            if full != desk.store_full:
                log.warning("store.memory", full=full)
                desk.store_full = full
        await asyncio.sleep(LOOK_EVERY)
