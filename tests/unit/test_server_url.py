"""Addresses of Sentinels, and what the broker is told of them."""

import json

import pytest
from pydantic import ValidationError

from store.broker import create_celery
from store.server_url import read_sentinel_url
from store.settings import StoreSettings

URL = "sentinel://us%40er:p%2Fw%3A@one:7,[::1]:8,three/2?master=main&replicas=1&sentinel_username=s&sentinel_password=q"


def test_an_address_of_sentinels() -> None:
    read = read_sentinel_url(URL)

    assert read.hosts == (("one", 7), ("::1", 8), ("three", 26379))
    assert (read.master, read.db, read.replicas) == ("main", 2, 1)
    assert read.login == {"username": "us@er", "password": "p/w:"}
    assert read.sentinel_login == {"username": "s", "password": "q"}
    assert "p/w" not in repr(read)


def test_a_password_alone() -> None:
    assert read_sentinel_url("sentinel://:pw@one?master=m").login == {"password": "pw"}
    assert read_sentinel_url("sentinel://one?master=m").login == {}


@pytest.mark.parametrize(
    "url",
    ["sentinel://one:7", "sentinel://?master=m", "sentinel://one/x?master=m", "sentinel://one?master=m&tls=1"],
)
def test_one_that_cannot_be_read_is_refused_without_its_secrets(url: str) -> None:
    with pytest.raises(ValidationError, match=r"sentinel://user:password@host:port") as caught:
        StoreSettings(_env_file=None, redis_url=url.replace("://", "://:planted@"))
    assert "planted" not in str(caught.value)


def test_the_broker_has_an_address_of_each_sentinel() -> None:
    app = create_celery(StoreSettings(_env_file=None, redis_url=URL))

    assert app.conf.broker_url.split(";") == [
        "sentinel://us%40er:p%2Fw%3A@one:7/2",
        "sentinel://us%40er:p%2Fw%3A@%3A%3A1:8/2",
        "sentinel://us%40er:p%2Fw%3A@three:26379/2",
    ]
    options = app.conf.broker_transport_options
    assert options["master_name"] == "main"
    assert options["sentinel_kwargs"].items() >= {"username": "s", "password": "q"}.items()
    with app.connection_for_read() as connection:
        told = json.dumps(connection.info() | {"password": ""})
    assert '"q"' not in told
    assert "sentinel_kwargs" not in told


def test_queues_on_rabbitmq_are_quorum_queues() -> None:
    app = create_celery(StoreSettings(_env_file=None, broker_url="amqp://one//;amqp://two//"))

    kinds = {queue.queue_arguments["x-queue-type"] for queue in app.amqp.queues.values()}
    assert kinds == {"quorum"}
    with app.connection_for_write() as connection:
        connection.maybe_switch_next()
        assert connection.hostname == "two"
        assert connection.transport.implements.batch_publish
