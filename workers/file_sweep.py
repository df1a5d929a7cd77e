"""The keeper's round through the files: what nobody may have any more leaves the storage."""

import asyncio
from typing import Final

import structlog

from store.connection import StoreError
from store.files import Files
from store.storage import StorageError

log = structlog.get_logger()

#: Seconds between two rounds.
SWEEP_EVERY: Final = 60.0


async def sweep_files(files: Files) -> None:
    """Sweep every minute until cancelled."""
    while True:
        try:
            while swept := await files.sweep():
                log.info("files.swept", files=swept)
        except (StoreError, StorageError) as error:
            log.warning("files.sweep_put_off", error=type(error).__name__)
        await asyncio.sleep(SWEEP_EVERY)
