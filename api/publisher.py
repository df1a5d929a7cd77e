"""Celery publishing off the event loop: one thread, and what was ordered while it was busy goes out in one batch."""

import asyncio
import queue
import threading
from typing import Final, NamedTuple

import structlog
from celery import Celery

from proto.jobs import ChatMessage
from store.broker import BrokerError, send_chats

log = structlog.get_logger()

#: Messages in one batch at most.
MAX_BATCH: Final = 64


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
            BrokerError: the broker did not take the message; whether it arrived is unknown.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._orders.put(_Order(message, loop, done))
        await done

    def _work(self) -> None:
        last = False
        while not last:
            orders, last = self._take()
            if not orders:
                continue
            failure: BrokerError | None = None
            try:
                send_chats(self._app, [order.message for order in orders])
            except BrokerError as error:
                jobs = [order.message.job_id for order in orders]
                log.warning("publish.failed", jobs=jobs, error=type(error).__name__)
                failure = error
            orders[0].loop.call_soon_threadsafe(_settle, orders, failure)

    def _take(self) -> tuple[list[_Order], bool]:
        """Wait for an order and take all that stand behind it; True when none will follow."""
        orders: list[_Order] = []
        order = self._orders.get()
        while order is not None:
            orders.append(order)
            if len(orders) == MAX_BATCH or self._orders.empty():
                return orders, False
            order = self._orders.get()
        return orders, True


def _settle(orders: list[_Order], failure: BrokerError | None) -> None:
    for order in orders:
        if order.done.cancelled():
            continue
        if failure is None:
            order.done.set_result(None)
        else:
            told = BrokerError()  # one each: an exception keeps the traceback of whoever raises it
            told.__cause__ = failure
            order.done.set_exception(told)
