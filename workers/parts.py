"""What a worker process stands on, opened in order and closed in the opposite one."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from proto.errors import GatewayError
from proto.jobs import ChatMessage, Lane
from proto.warp_request import RequestOptions
from store.connection import Store
from store.jobs import Jobs
from store.models import SharedModels
from store.settings import StoreSettings
from store.subscriber import Subscriber
from tokens.pool import TokenPool, open_pool
from tokens.settings import TokenSettings
from workers.chat import Workshop
from workers.held import Held, Stop
from workers.relay import RelayWriter
from workers.runtime import background
from workers.settings import UpstreamSettings, WorkerSettings
from workers.transport import build_client
from workers.upstream import Upstream

log = structlog.get_logger()


@asynccontextmanager
async def open_workshop(
    lane: Lane,
    settings: WorkerSettings,
    store_settings: StoreSettings,
    token_settings: TokenSettings,
    upstream_settings: UpstreamSettings,
    send: Callable[[ChatMessage], None],
) -> AsyncIterator[Workshop]:
    """Everything that `run_chat` works with, and what runs beside it: flushing, renewing, listening for cancels.

    `send` enqueues a message and blocks; it is called off the loop.
    """
    url = store_settings.redis_url.get_secret_value()
    # The relay has a connection of its own: claims and leases need not wait for its batches.
    store, relay_store = Store(url), Store(url)
    jobs = Jobs(store, store_settings)
    held = Held(jobs, f"{socket.gethostname()}:{os.getpid()}", lane)
    relay = RelayWriter(relay_store, jobs)

    def on_control(message: bytes) -> None:
        held.stop(message.decode(), Stop.CANCELLED)

    async def enqueue(message: ChatMessage) -> None:
        await asyncio.to_thread(send, message)

    control = Subscriber(url, jobs.keys.control_channel, on_control, lambda: None)
    async with (
        open_pool(token_settings, store, jobs.keys) as pool,
        build_client(upstream_settings) as client,
    ):
        upstream = Upstream(client, upstream_settings)
        async with background(relay.run(), control.run(), held.renew(pool.renew_all), first_refill(pool)):
            yield Workshop(
                jobs,
                relay,
                held,
                pool,
                upstream,
                RequestOptions(history=settings.warp_history),
                enqueue,
                SharedModels(store, jobs.keys),
            )
        await jobs.retire(held.worker, lane)
    await relay_store.aclose()
    await store.aclose()


async def first_refill(pool: TokenPool) -> None:
    """Fill the pool when a process starts: beat's first round is half a minute away."""
    try:
        await pool.refill("start")
        stats = await pool.pool_stats()
        log.info("pool.started", size=stats.size, ready=stats.ready, target=stats.target)
    except GatewayError as error:
        log.warning("pool.first_refill_failed", error=str(error))
