"""Celery publishing off the event loop: one thread, one broker connection, jobs in the order they came."""

import asyncio
import queue
import threading
from typing import NamedTuple

import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from proto.errors import ErrorCode, GatewayError
from proto.jobs import ChatMessage
from store.broker import send_chat

log = structlog.get_logger()


class _Order(NamedTuple):
    message: ChatMessage
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[None]


class Publisher:
    """Sends chat messages. `start` before use, `stop` when no more are to come."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="publisher", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Send what was ordered, then end the thread; waits for it."""
        self._orders.put(None)
        self._thread.join()
        self._app.close()

    async def publish(self, message: ChatMessage) -> None:
        """Enqueue one attempt of a job.

        Raises:
            GatewayError: the broker did not take the message; whether it arrived is unknown.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._orders.put(_Order(message, loop, done))
        await done

    def _work(self) -> None:
        while (order := self._orders.get()) is not None:
            failure: Exception | None = None
            try:
                send_chat(self._app, order.message)
            except (OperationalError, OSError) as error:
                log.warning("publish.failed", job_id=order.message.job_id, error=type(error).__name__)
                failure = GatewayError(ErrorCode.UNAVAILABLE, "The gateway's queue is not available.", retry_after=2)
                failure.__cause__ = error
            order.loop.call_soon_threadsafe(_settle, order.done, failure)


def _settle(done: asyncio.Future[None], failure: Exception | None) -> None:
    if done.cancelled():
        return
    if failure is None:
        done.set_result(None)
    else:
        done.set_exception(failure)
