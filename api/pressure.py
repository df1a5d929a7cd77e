"""Memory of the store: above a mark nothing new is admitted, so that what runs can still be logged."""

import asyncio
from typing import Final

import structlog

from api.submit import Desk
from store.connection import Store, StoreError

log = structlog.get_logger()

#: Share of `maxmemory` above which admission stops, and seconds between two looks.
MARK: Final = 0.8
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


def is_full(info: bytes) -> bool:
    """Whether the server's own account of its memory shows it above the mark; never without a `maxmemory`."""
    used, limit = memory(info)
    return limit > 0 and used > MARK * limit


def memory(info: bytes) -> tuple[int, int]:
    """The bytes that the server uses, and those it may use, 0 for no limit."""
    facts = dict(line.split(b":", 1) for line in info.split() if b":" in line)
    return int(facts.get(b"used_memory", 0)), int(facts.get(b"maxmemory", 0))
