"""Celery's consumer without what nothing here needs."""

from typing import Any

from celery.worker.consumer import Consumer

_Blueprint: Any = Consumer.Blueprint


class LaneConsumer(Consumer):
    """Takes messages. On quorum queues Celery's own would first declare 28 exchanges and as many queues, for tasks that
    are to run at a later time.
    """

    class Blueprint(_Blueprint):  # type: ignore[misc]  # the stubs leave it out
        """The steps of starting, without that one."""

        default_steps = tuple(step for step in _Blueprint.default_steps if not step.endswith(":DelayedDelivery"))
