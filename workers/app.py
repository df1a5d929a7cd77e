"""The worker processes: Celery takes the messages, the runtime does the work. Only here is the environment read."""

import os
import signal
import threading
import time
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import structlog
from celery import Celery, signals
from celery.beat import Scheduler, Service
from celery.exceptions import Reject
from celery.platforms import SecurityWarning  # type: ignore[attr-defined]  # the stubs leave it out
from kombu.exceptions import KombuError

from proto.jobs import CHAT_TASK, CONTROL_QUEUE, REAP_TASK, REFILL_TASK, ChatMessage, Lane
from store.broker import create_celery, send_chats, waiting_messages
from store.connection import Store, StoreError
from store.jobs import Jobs
from store.logs import LogSettings, configure_logging
from store.models import SharedModels
from store.settings import StoreSettings
from tokens.pool import TokenPool, open_pool
from tokens.settings import TokenSettings
from workers.chat import Workshop, run_chat
from workers.event_batching import BatchEvents
from workers.keeper import Reaper
from workers.models import ModelRefresher
from workers.parts import first_refill, open_workshop
from workers.runtime import Runtime, background
from workers.settings import UpstreamSettings, WorkerSettings
from workers.transport import build_client

log = structlog.get_logger()

REAP_EVERY: Final = 1.0
REFILL_EVERY: Final = 30.0


class ChatFailedError(Exception):
    """How a chat that ended in `Failed` shows in Celery and Flower: by its code, and nothing else."""


def run_worker(lane: str) -> None:
    """Run one worker process of a lane until SIGTERM; jobs then have `DRAIN_TIMEOUT` seconds to end."""
    configure_logging(LogSettings())
    settings, store_settings = WorkerSettings(), StoreSettings()
    which = Lane(lane)
    app = create_celery(store_settings)
    runtime = Runtime(
        lambda: open_workshop(
            which,
            settings,
            store_settings,
            TokenSettings(),
            UpstreamSettings(),
            lambda message: send_chats(app, [message]),
        )
    )
    register_chat(app, runtime, settings.drain_timeout)
    concurrency = settings.worker_concurrency if which is Lane.INTERACTIVE else settings.batch_concurrency
    _work(app, which.value, concurrency, runtime)


def register_chat(app: Celery, runtime: Runtime[Workshop], drain_timeout: float) -> None:
    """Add the chat task, and hand the work over when the process is told to stop."""
    draining = False

    @app.task(name=CHAT_TASK, throws=(ChatFailedError,))
    def chat(job_id: str) -> None:
        if draining:
            raise Reject("draining", requeue=True)
        code = runtime.call(run_chat(job_id, runtime.parts))
        if code is not None:
            raise ChatFailedError(code.value)

    def on_shutting_down(**_: Any) -> None:
        nonlocal draining
        draining = True
        runtime.spawn(runtime.parts.held.drain(drain_timeout))

    signals.worker_shutting_down.connect(on_shutting_down, weak=False)


@dataclass(frozen=True)
class KeeperParts:
    """What the periodic tasks work with."""

    jobs: Jobs
    pool: TokenPool
    reaper: Reaper


def run_keeper() -> None:
    """Run the periodic tasks until SIGTERM."""
    configure_logging(LogSettings())
    store_settings = StoreSettings()
    app = create_celery(store_settings)
    runtime = Runtime(lambda: _open_keeper(store_settings, TokenSettings(), UpstreamSettings()))
    register_rounds(app, runtime)
    app.conf.beat_schedule = {
        "reap": {"task": REAP_TASK, "schedule": REAP_EVERY, "options": {"expires": 5 * REAP_EVERY}},
        "refill": {"task": REFILL_TASK, "schedule": REFILL_EVERY, "options": {"expires": REFILL_EVERY}},
    }
    # Beat's own schedule is fixed, so it keeps it in memory; the thread ends with the process.
    beat = Service(app, scheduler_cls=Scheduler)
    ticking = threading.Thread(target=beat.start, name="beat", daemon=True)
    signals.worker_ready.connect(lambda **_: ticking.start(), weak=False)
    signals.worker_shutting_down.connect(lambda **_: beat.stop(), weak=False)
    _work(app, CONTROL_QUEUE, 4, runtime)


@asynccontextmanager
async def _open_keeper(
    store_settings: StoreSettings, token_settings: TokenSettings, upstream_settings: UpstreamSettings
) -> AsyncIterator[KeeperParts]:
    store = Store(store_settings.redis_url.get_secret_value())
    jobs = Jobs(store, store_settings)
    async with open_pool(token_settings, store, jobs.keys) as pool, build_client(upstream_settings) as client:
        beside = [first_refill(pool)]
        if store_settings.models_refresh:
            shared = SharedModels(store, jobs.keys)
            beside.append(ModelRefresher(shared, pool, client, upstream_settings, store_settings.models_refresh).run())
        async with background(*beside):
            yield KeeperParts(jobs, pool, Reaper(jobs))
    await store.aclose()


def register_rounds(app: Celery, runtime: Runtime[KeeperParts]) -> None:
    """Add the periodic tasks; each is safe to run twice at once."""
    unsent: list[ChatMessage] = []

    @app.task(name=REAP_TASK)
    def reap() -> None:
        try:
            reaper = runtime.parts.reaper
            unsent.extend(runtime.call(reaper.round(time.monotonic())))
            # A job that still waits while its lane's queue is empty has lost its message with the process that held it.
            overlooked = runtime.call(reaper.overlooked())
            empty = {lane for lane in {message.lane for message in overlooked} if not waiting_messages(app, lane)}
            unsent.extend(message for message in overlooked if message.lane in empty)
            if unsent:
                send_chats(app, unsent)
                unsent.clear()
        except StoreError:
            runtime.parts.reaper.store_was_away()
        except KombuError as error:
            log.warning("reap.broker_away", unsent=len(unsent), error=str(error))

    @app.task(name=REFILL_TASK)
    def refill_pool() -> None:
        runtime.call(runtime.parts.pool.refill("beat"))


def _leave(runtime: Runtime[Any]) -> None:
    """End a process that is told to stop while it starts: nothing runs yet, but what was opened is closed."""
    runtime.stop()
    os._exit(0)


def _work(app: Celery, queue: str, concurrency: int, runtime: Runtime[Any]) -> None:
    """Run a Celery worker of one queue with its runtime beside it."""
    # Celery's words on being root are for pickled messages; ours are JSON, and a container's root is no one else's.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    app.steps["consumer"].add(BatchEvents)
    # Until Celery's own handler is there. In a thread: what a signal handler raises may be lost wherever it strikes.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=_leave, args=(runtime,)).start())
    try:
        runtime.start()
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
