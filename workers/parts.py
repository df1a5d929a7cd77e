"""What a worker process stands on, opened in order and closed in the opposite one."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import structlog
from celery import Celery

from proto.errors import GatewayError
from proto.jobs import ChatMessage, Lane
from proto.warp_request import RequestOptions
from store.broker import send_chats, waiting_messages
from store.connection import Store
from store.continuations import Bounds, Continuations
from store.jobs import Jobs
from store.models import SharedModels
from store.responses import Responses
from store.settings import StoreSettings
from store.subscriber import Subscriber
from tokens.pool import TokenPool, open_pool
from tokens.settings import TokenSettings
from workers.chat import Workshop
from workers.continuing import Continuing
from workers.held import Held, Stop
from workers.metrics import WorkerMetrics
from workers.relay import RelayWriter
from workers.runtime import background, crash
from workers.settings import UpstreamSettings, WorkerSettings
from workers.tap import Tap
from workers.transport import build_client
from workers.upstream import Upstream
from workers.watchdog import Watchdog

log = structlog.get_logger()


@asynccontextmanager
async def open_workshop(
    lane: Lane,
    settings: WorkerSettings,
    store_settings: StoreSettings,
    token_settings: TokenSettings,
    upstream_settings: UpstreamSettings,
    app: Celery,
) -> AsyncIterator[Workshop]:
    """Everything that `run_chat` works with, and what runs beside it: flushing, renewing, listening for cancels."""
    url = store_settings.redis_url.get_secret_value()
    # The relay has a connection of its own: claims and leases need not wait for its batches. So has the tap, as nothing
    # is to wait for what is only watched; it is opened when somebody does.
    store, relay_store, tap_store = Store(url), Store(url), Store(url)
    jobs = Jobs(store, store_settings)
    tap = Tap(tap_store, jobs.keys.packets_channel, process_name())
    held = Held(jobs, process_name(), lane, settings.concurrency(lane), enqueueing(app), tap)
    relay = RelayWriter(relay_store, jobs)

    def on_control(message: bytes) -> None:
        held.stop(message.decode(), Stop.CANCELLED)

    async def starving() -> bool:
        has_room = not held.draining and watchdog.in_hand < settings.concurrency(lane)
        return has_room and await queue_length(app, lane.value) > 0

    async def give_up() -> None:
        await held.drain(settings.drain_timeout)
        await jobs.retire(held.worker, lane)
        await crash()

    watchdog = Watchdog(starving, give_up)
    control = Subscriber(url, jobs.keys.control_channel, on_control, lambda: None)
    async with (
        open_pool(token_settings, store, jobs.keys) as pool,
        build_client(upstream_settings) as client,
    ):
        upstream = Upstream(client, upstream_settings)
        renewing = held.renew(pool.renew_all)
        beside = (relay.run(), control.run(), renewing, first_refill(pool), watchdog.run(), tap.run())
        async with background(*beside):
            yield Workshop(
                jobs,
                relay,
                held,
                pool,
                upstream,
                _continuing(settings, store, jobs),
                SharedModels(store, jobs.keys),
                Responses(store, jobs),
                watchdog,
                tap,
                settings.slow_stage,
                WorkerMetrics(lane, settings.concurrency(lane), held, relay.numbers),
            )
        await jobs.retire(held.worker, lane)
    await tap_store.aclose()
    await relay_store.aclose()
    await store.aclose()


def process_name() -> str:
    """What this process is called where its heartbeats are kept."""
    return f"{socket.gethostname()}:{os.getpid()}"


def enqueueing(app: Celery) -> Callable[[Sequence[ChatMessage]], Awaitable[None]]:
    """What enqueues messages off the loop; raises `BrokerError` while the broker is away."""

    async def enqueue(messages: Sequence[ChatMessage]) -> None:
        await asyncio.to_thread(send_chats, app, messages)

    return enqueue


async def queue_length(app: Celery, queue: str) -> int:
    """How many messages wait; asked off the loop.

    Raises:
        BrokerError: the broker is away.
    """
    return await asyncio.to_thread(waiting_messages, app, queue)


def _continuing(settings: WorkerSettings, store: Store, jobs: Jobs) -> Continuing:
    bounds = Bounds(settings.continue_ttl, settings.continue_max_bytes)
    return Continuing(
        RequestOptions(history=settings.warp_history),
        Continuations(store, jobs.keys, bounds) if settings.warp_continue else None,
        settings.warp_continue_open,
        settings.continue_max_entry,
    )


async def first_refill(pool: TokenPool) -> None:
    """Fill the pool when a process starts: beat's first round is half a minute away."""
    try:
        await pool.refill("start")
        stats = await pool.pool_stats()
        log.info("pool.started", size=stats.size, ready=stats.ready, target=stats.target)
    except GatewayError as error:
        log.warning("pool.first_refill_failed", error=str(error))
