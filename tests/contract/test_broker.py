"""What is promised of the connection to the broker."""

import pytest

from bench.processes import free_port
from store.broker import create_celery
from store.settings import StoreSettings


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
