"""What is promised of the connection to the broker."""

import threading

import pytest
from kombu import Producer

from bench.processes import free_port
from store.broker import create_celery
from store.settings import StoreSettings
from workers.event_batching import ImpatientDispatcher


class EnoughError(Exception):
    """Ends what would go on for ever."""


def test_a_lost_broker_is_looked_for_steadily_and_for_ever() -> None:
    app = create_celery(StoreSettings(_env_file=None, redis_url=f"redis://127.0.0.1:{free_port()}/0"))
    pauses: list[float] = []

    def on_error(_: Exception, pause: float) -> None:
        pauses.append(pause)
        if len(pauses) == 3:
            raise EnoughError

    with app.connection_for_read() as connection, pytest.raises(EnoughError):
        # As Celery's consumer asks: without a pace of its own.
        connection.ensure_connection(on_error, app.conf.broker_connection_max_retries)
    assert pauses == [0.5, 1.0, 1.5]
    assert app.conf.broker_connection_max_retries is None


def test_a_heartbeat_does_not_wait_for_a_broker_that_is_away() -> None:
    app = create_celery(StoreSettings(_env_file=None, redis_url=f"redis://127.0.0.1:{free_port()}/0"))
    with app.connection_for_write() as connection:
        dispatcher = ImpatientDispatcher(connection, hostname="worker", enabled=False, app=app)
        dispatcher.enabled = True
        dispatcher.producer = Producer(connection, auto_declare=False)
        # As Celery's heartbeat asks. It would stay in there until the broker is back, deaf to any signal.
        sending = threading.Thread(
            target=dispatcher.send, args=("worker-heartbeat",), kwargs={"retry": True}, daemon=True
        )
        sending.start()
        sending.join(10)

        assert not sending.is_alive()
        assert len(dispatcher._outbound_buffer) == 1
