"""kombu's transport to RabbitMQ, with confirmed batches and waits that end.

A message counts as taken once RabbitMQ has confirmed it, for a quorum queue by a majority of its members. py-amqp would
wait for each; here a batch is sent as a whole, and then waited for. What nobody waits for, Celery's events, is sent
without.
"""

import ssl
from contextlib import suppress
from typing import Any, Final

from amqp.exceptions import RecoverableConnectionError
from kombu.transport import pyamqp

#: Seconds RabbitMQ may take to confirm, and to answer anything else.
CONFIRM_TIMEOUT: Final = 5.0
REPLY_TIMEOUT: Final = 10.0
#: Seconds of silence after half of which either side asks whether the other lives.
HEARTBEAT: Final = 10

#: What Celery is told beside the transport.
CONFIGURATION: Final = {
    # A consumer's own limit: quorum queues know no other, and Celery finds that out by the queues' type.
    "worker_detect_quorum_queues": True,
    "broker_heartbeat": HEARTBEAT,
    "broker_connection_timeout": CONFIRM_TIMEOUT,
    "broker_transport_options": {
        # Publishing tries a lost connection once more and then says so.
        "max_retries": 1,
        "interval_start": 0,
    },
}
#: Replicated by Raft: what is confirmed survives the loss of a minority of the cluster.
QUEUE_ARGUMENTS: Final = {"x-queue-type": "quorum"}


class RefusedError(OSError):
    """RabbitMQ did not take a message that it was sent."""


class Channel(pyamqp.Channel):
    """Knows which of its messages are confirmed, from its first batch on."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._confirms = False
        self._sent = 0
        self._unconfirmed: set[int] = set()
        self._refused = False

    def create_publish_batch(self, **_: Any) -> "ConfirmedBatch":
        """As kombu's `Producer.batch` asks."""
        if not self._confirms:
            self.confirm_select()
            self._confirms = True
            events: Any = self.events  # type: ignore[attr-defined]  # the stubs leave it out
            events["basic_ack"].add(self._on_confirmed)
            events["basic_nack"].add(self._on_refused)
        return ConfirmedBatch(self)

    def basic_publish(self, *args: Any, **options: Any) -> Any:
        """Send a message; whoever wants to know what became of it sends a batch."""
        if self._confirms:
            self._sent += 1
            self._unconfirmed.add(self._sent)
        return super().basic_publish(*args, **options)

    def basic_ack(self, *args: Any, **options: Any) -> Any:
        """Acknowledge a message, unless its connection is lost: then it is handed out again, and its job not there to
        be claimed.
        """
        with suppress(RecoverableConnectionError):
            return super().basic_ack(*args, **options)

    def wait_for_confirms(self) -> None:
        """Return once RabbitMQ has taken all that was sent.

        Raises:
            RefusedError: it refused some of it.
            TimeoutError: it did not say.
        """
        connection = self.connection
        try:
            while self._unconfirmed:
                connection.drain_events(timeout=CONFIRM_TIMEOUT)
        except TimeoutError:
            connection.collect()  # to close it in order would be waiting for the same server
            raise
        if self._refused:
            self._refused = False
            raise RefusedError("RabbitMQ refused a message")

    def _on_confirmed(self, tag: int, multiple: bool) -> None:
        if multiple:
            self._unconfirmed = {sent for sent in self._unconfirmed if sent > tag}
        else:
            self._unconfirmed.discard(tag)

    def _on_refused(self, tag: int, multiple: bool) -> None:
        self._refused = True
        self._on_confirmed(tag, multiple)


class ConfirmedBatch:
    """Messages sent one behind the other; `flush` waits for all of them."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    def publish(self, message: Any, **options: Any) -> Any:
        """Send one."""
        return self.channel.basic_publish(message, **options)

    def flush(self) -> None:
        """Wait for what was sent; raises as `Channel.wait_for_confirms`."""
        self.channel.wait_for_confirms()

    def discard(self) -> None:
        """Nothing is held back that could be dropped."""

    def close(self) -> None:
        """Nothing is held open."""


class Connection(pyamqp.Connection):
    """Waits for no answer for ever: a server that hangs is one that is away."""

    Channel = Channel

    def connect(self, callback: Any = None) -> Any:
        """As py-amqp's."""
        connected = super().connect(callback)
        sock: Any = self.sock  # there, once connected
        sock.settimeout(REPLY_TIMEOUT)
        return connected


class Transport(pyamqp.Transport):
    """For `amqp://`; everything else is kombu's."""

    Connection = Connection
    implements = pyamqp.Transport.implements.extend(batch_publish=True)


class TlsTransport(Transport):
    """For `amqps://`: the server's certificate is checked, by `SSL_CERT_FILE` if that is set."""

    default_port = pyamqp.DEFAULT_SSL_PORT

    def establish_connection(self) -> Any:
        """As kombu's, with TLS."""
        client: Any = self.client
        client.ssl = {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": client.hostname}
        return super().establish_connection()
