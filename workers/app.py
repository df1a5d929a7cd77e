"""The worker processes: Celery takes the messages, the runtime does the work. Only here is the environment read."""

import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

import structlog
from celery import Celery, signals
from celery.beat import Scheduler, Service
from celery.exceptions import Reject
from prometheus_client import CollectorRegistry

from proto.jobs import CHAT_TASK, CONTROL_QUEUE, REFILL_TASK, Lane
from store.broker import create_celery
from store.connection import Store, StoreError
from store.files import Files
from store.jobs import Jobs
from store.logs import LogSettings, configure_logging
from store.metrics import MetricsSettings, expose, new_registry
from store.models import SharedModels
from store.settings import CatalogueSettings, StoreSettings
from store.storage import Storage
from store.tracing import start_tracing, stop_tracing
from tokens.pool import TokenPool, open_pool
from tokens.settings import TokenSettings
from workers import celery_words
from workers.batches.opening import run_batches
from workers.chat import Workshop, run_chat
from workers.consumer import LaneConsumer
from workers.event_batching import BatchEvents, ImpatientDispatcher
from workers.file_sweep import sweep_files
from workers.keeper import Reaper
from workers.metrics import BatchNumbers
from workers.models import ModelRefresher
from workers.niceness import stand_back
from workers.parts import enqueueing, first_refill, open_workshop, process_name, queue_length
from workers.runtime import Runtime, background, crash
from workers.settings import UpstreamSettings, WorkerSettings
from workers.transport import build_client
from workers.watchdog import Watchdog

log = structlog.get_logger()

REFILL_EVERY: Final = 30.0
#: How far a batch worker stands back where there is not CPU enough for all: those who chat wait for their answers.
BATCH_NICENESS: Final = 5


class ChatFailedError(Exception):
    """How a chat that ended in `Failed` shows in Celery and Flower: by its code, and nothing else."""


def run_worker(lane: str) -> None:
    """Run one worker process of a lane until SIGTERM; jobs then have `DRAIN_TIMEOUT` seconds to end."""
    configure_logging(LogSettings())
    start_tracing("worker")
    settings, store_settings = WorkerSettings(), StoreSettings()
    which = Lane(lane)
    if which is Lane.BATCH:
        stand_back(BATCH_NICENESS)
    app = create_celery(store_settings)
    runtime = Runtime(lambda: open_workshop(which, settings, store_settings, TokenSettings(), UpstreamSettings(), app))
    register_chat(app, runtime, settings.drain_timeout)
    _work(app, which.value, settings.concurrency(which), runtime, lambda: runtime.parts.metrics.registry)


def register_chat(app: Celery, runtime: Runtime[Workshop], drain_timeout: float) -> None:
    """Add the chat task, and hand the work over when the process is told to stop."""

    @app.task(name=CHAT_TASK, throws=(ChatFailedError,))
    def chat(job_id: str) -> None:
        if runtime.parts.held.draining:
            raise Reject("draining", requeue=True)
        with runtime.parts.watchdog.took():
            code = runtime.call(run_chat(job_id, runtime.parts))
        if code is not None:
            raise ChatFailedError(code.value)

    def on_shutting_down(**_: Any) -> None:
        runtime.parts.held.draining = True  # at once, before the loop gets to it
        runtime.spawn(runtime.parts.held.drain(drain_timeout))

    signals.worker_shutting_down.connect(on_shutting_down, weak=False)


@dataclass(frozen=True)
class KeeperParts:
    """What the periodic tasks work with."""

    pool: TokenPool
    watchdog: Watchdog
    registry: CollectorRegistry


def run_keeper() -> None:
    """Run the periodic tasks until SIGTERM."""
    configure_logging(LogSettings())
    store_settings = StoreSettings()
    app = create_celery(store_settings)
    settings, catalogue = WorkerSettings(), CatalogueSettings()

    def batches(numbers: BatchNumbers) -> Coroutine[Any, Any, None]:
        return run_batches(app, settings, store_settings, catalogue, numbers)

    runtime = Runtime(lambda: _open_keeper(store_settings, TokenSettings(), UpstreamSettings(), app, batches))
    register_rounds(app, runtime)
    app.conf.beat_schedule = {
        "refill": {"task": REFILL_TASK, "schedule": REFILL_EVERY, "options": {"expires": REFILL_EVERY}},
    }
    # Beat's own schedule is fixed, so it keeps it in memory; the thread ends with the process.
    beat = Service(app, scheduler_cls=Scheduler)
    ticking = threading.Thread(target=beat.start, name="beat", daemon=True)
    signals.worker_ready.connect(lambda **_: ticking.start(), weak=False)
    signals.worker_shutting_down.connect(lambda **_: beat.stop(), weak=False)
    _work(app, CONTROL_QUEUE, 4, runtime, lambda: runtime.parts.registry)


@asynccontextmanager
async def _open_keeper(
    store_settings: StoreSettings,
    token_settings: TokenSettings,
    upstream_settings: UpstreamSettings,
    app: Celery,
    batches: Callable[[BatchNumbers], Coroutine[Any, Any, None]],
) -> AsyncIterator[KeeperParts]:
    store = Store(store_settings.redis_url.get_secret_value())
    jobs = Jobs(store, store_settings)

    async def due() -> bool:
        await queue_length(app, CONTROL_QUEUE)  # raises if the broker is away
        return True  # beat orders a refill between any two looks

    async def is_empty(lane: Lane) -> bool:
        return await queue_length(app, lane.value) == 0

    watchdog = Watchdog(due, crash)
    async with open_pool(token_settings, store, jobs.keys) as pool, build_client(upstream_settings) as client:
        # The reaper runs beside Celery, not in it: it must not wait for a broker that is just coming back.
        reaper = Reaper(jobs, process_name(), is_empty, enqueueing(app))
        files = Files(store, Storage(store_settings), store_settings)
        lines = BatchNumbers()
        beside = [reaper.run(), batches(lines), first_refill(pool), sweep_files(files)]
        beside.append(watchdog.run(look_every=REFILL_EVERY))
        if store_settings.models_refresh:
            shared = SharedModels(store, jobs.keys)
            beside.append(ModelRefresher(shared, pool, client, upstream_settings, store_settings.models_refresh).run())
        async with background(*beside):
            registry = new_registry("keeper")
            registry.register(reaper.numbers)
            registry.register(lines)
            yield KeeperParts(pool, watchdog, registry)
        with suppress(StoreError):  # a heartbeat that nobody renews is soon forgotten
            await jobs.retire(process_name(), CONTROL_QUEUE)
    await store.aclose()


def register_rounds(app: Celery, runtime: Runtime[KeeperParts]) -> None:
    """Add the periodic task; it is safe to run twice at once."""

    @app.task(name=REFILL_TASK)
    def refill_pool() -> None:
        with runtime.parts.watchdog.took():
            runtime.call(runtime.parts.pool.refill("beat"))


def _leave(runtime: Runtime[Any]) -> None:
    """End a process that is told to stop while it starts: nothing runs yet, but what was opened is closed."""
    runtime.stop()
    os._exit(0)


def _work(
    app: Celery, queue: str, concurrency: int, runtime: Runtime[Any], registry: Callable[[], CollectorRegistry]
) -> None:
    """Run a Celery worker of one queue with its runtime beside it, whose parts have the `registry`."""
    metrics_settings = MetricsSettings()
    celery_words.silence()
    app.conf.worker_consumer = f"{LaneConsumer.__module__}:{LaneConsumer.__name__}"
    app.steps["consumer"].add(BatchEvents)
    app.events.dispatcher_cls = f"{ImpatientDispatcher.__module__}:{ImpatientDispatcher.__name__}"
    # Until Celery's own handler is there. In a thread: what a signal handler raises may be lost wherever it strikes.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=_leave, args=(runtime,)).start())
    log.info("process.started", role=queue, version=version("warp2api"), concurrency=concurrency)
    try:
        runtime.start()
        expose(registry(), metrics_settings)
        app.worker_main(
            [
                "--quiet",
                "worker",
                "--pool=threads",
                f"--concurrency={concurrency}",
                f"--queues={queue}",
                f"--hostname={queue}-{os.getpid()}@%h",
                "--without-gossip",
                "--without-mingle",
                "--task-events",
                "--loglevel=WARNING",
            ]
        )
    finally:
        runtime.stop()
        stop_tracing()
        log.info("process.stopped", role=queue)
