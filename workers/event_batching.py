"""Celery's events in batches: Flower hears of a task a moment later, and a chat costs a publish or two less. None waits
for a broker that is away.

Celery sends buffered events at the end of each turn of its event loop. A turn of a busy worker holds one or two tasks,
so that was a publish for almost every event: a sixth of what the consuming thread did.
"""

from typing import Any, Final

from celery import bootsteps
from celery.events.dispatcher import EventDispatcher
from celery.worker.consumer.events import Events

#: Seconds an event may wait for others, and how many may.
LONGEST_WAIT: Final = 0.25
MOST: Final = 500


class ImpatientDispatcher(EventDispatcher):
    """Keeps an event that the broker does not take, and goes on.

    Celery has heartbeats tried again until the broker is back, in the thread that would hear of a SIGTERM.
    """

    def send(self, type: str, **wishes: Any) -> None:  # type: ignore[override]  # noqa: A002  # as Celery calls it
        """Send it, or keep it to be sent later."""
        super().send(type, **(wishes | {"retry": False}))


class BatchEvents(bootsteps.StartStopStep):
    """A step of the consumer, after the one that makes its event dispatcher (anew at each connection)."""

    requires = (Events,)

    def start(self, consumer: Any) -> None:
        """Let events wait."""
        dispatcher, hub = consumer.event_dispatcher, consumer.hub
        if dispatcher is None or hub is None:
            return
        waiting = False

        def flush() -> None:
            nonlocal waiting
            waiting = False
            if consumer.event_dispatcher is dispatcher:
                dispatcher.flush()

        def flush_soon() -> None:
            nonlocal waiting
            if not waiting:
                waiting = True
                hub.call_later(LONGEST_WAIT, flush)

        dispatcher.buffer_limit = MOST
        dispatcher.on_send_buffered = flush_soon
