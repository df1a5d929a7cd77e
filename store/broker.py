"""What every process must agree on about the broker: queues, serialisation, timeouts (`docs/architecture.md`).

A message carries a job's id alone: prompts never reach the broker, Flower or a log.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Final, NamedTuple

from amqp.exceptions import AMQPError
from celery import Celery
from celery.app.amqp import AMQP
from kombu import Connection, Exchange, Queue
from kombu.exceptions import ChannelError, KombuError
from kombu.transport import TRANSPORT_ALIASES
from kombu.utils.url import as_url
from redis.exceptions import RedisError

from proto.errors import ErrorCode, GatewayError
from proto.jobs import CHAT_TASK, CONTROL_QUEUE, REFILL_TASK, ChatMessage, Lane
from store import rabbitmq
from store.looked_up import ASK_TIMEOUT
from store.server_url import SentinelUrl, read_sentinel_url
from store.settings import StoreSettings

# Not by `broker_transport`: kombu forgets that when it goes on to the next of several addresses.
TRANSPORT_ALIASES.update(
    amqp="store.rabbitmq:Transport",
    amqps="store.rabbitmq:TlsTransport",
    sentinel="store.broker_transport:SentinelTransport",
)

#: What kombu raises for a broker that is away, wrapped in errors of its own or, here and there, not.
_AWAY: Final = (KombuError, OSError, RedisError, AMQPError)

#: One try more where somebody waits for the answer; seconds.
_AT_ONCE: Final = {"max_retries": 1, "interval_start": 0, "timeout": 5}

#: Seconds between two tries to reconnect: the first pause, what each adds, the longest.
_PACE: Final = {"interval_start": 0.5, "interval_step": 0.5, "interval_max": 2}


class BrokerError(GatewayError):
    """The broker cannot be reached."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.UNAVAILABLE, "The gateway's queue is not available.", retry_after=2)


class SteadyConnection(Connection):
    """Tries a lost connection again every other second, for ever.

    kombu waits two seconds longer after each try, up to half a minute, and Celery does not let that be set: a broker
    that was away for a minute would find its workers asleep.
    """

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        """As kombu's, at our pace; whoever asks for another one gets it."""
        return super().ensure_connection(*args, **{**_PACE, **options})

    def info(self) -> dict[str, Any]:
        """What a worker tells of its connection to whoever inspects it: no options, as they may hold a password."""
        return {**super().info(), "transport_options": {}}


class SteadyAmqp(AMQP):
    """What Celery makes its connections with."""

    Connection = SteadyConnection


def create_celery(settings: StoreSettings) -> Celery:
    """The Celery app of this deployment; workers add their tasks to it, the front door only sends."""
    kind = _kind(settings)
    app = Celery("warp2api", broker=kind.url, amqp=SteadyAmqp, set_as_current=False)
    app.conf.update(
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_serializer="json",
        result_serializer="json",
        accept_content=["json"],
        task_acks_late=True,
        task_reject_on_worker_lost=False,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_send_task_events=True,
        task_default_queue=Lane.INTERACTIVE.value,
        task_queues=[
            # A key of its own for each: queues that share one get each other's messages.
            Queue(name, Exchange(name), routing_key=name, queue_arguments=kind.queue_arguments)
            for name in (*(lane.value for lane in Lane), CONTROL_QUEUE)
        ],
        task_routes={REFILL_TASK: {"queue": CONTROL_QUEUE}},
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # A server that takes no writes for now, or still holds a lost connection's queues, says so with such an error.
        broker_channel_error_retry=True,
        enable_utc=True,
        **kind.configuration,
    )
    return app


class _Kind(NamedTuple):
    """What differs from one kind of broker to the other."""

    url: str
    configuration: Mapping[str, object]
    queue_arguments: Mapping[str, str] | None = None


def _kind(settings: StoreSettings) -> _Kind:
    url = settings.broker
    match url.partition("://")[0]:
        case "redis" | "rediss" as scheme:
            transport, options = "store.broker_transport:Transport", _transport_options(settings)
            # As redis-py does of itself; what the URL says of TLS wins.
            tls = {"ssl_cert_reqs": "required"} if scheme == "rediss" else None
            chosen = {"broker_transport": transport, "broker_transport_options": options, "broker_use_ssl": tls}
            return _Kind(url, chosen)
        case "sentinel":
            return _sentinel(read_sentinel_url(url), _transport_options(settings))
        case "amqp" | "amqps":
            return _Kind(url, rabbitmq.CONFIGURATION, rabbitmq.QUEUE_ARGUMENTS)
        case _:
            return _Kind(url, {})


def _sentinel(address: SentinelUrl, options: dict[str, object]) -> _Kind:
    user, password = address.login.get("username"), address.login.get("password")
    urls = [as_url("sentinel", host, port, user, password, str(address.db)) for host, port in address.hosts]
    options["master_name"] = address.master
    options["sentinel_kwargs"] = {
        **address.sentinel_login,
        "socket_timeout": ASK_TIMEOUT,
        "socket_connect_timeout": ASK_TIMEOUT,
    }
    return _Kind(";".join(urls), {"broker_transport_options": options})


def _transport_options(settings: StoreSettings) -> dict[str, object]:
    # A prefix costs CPU for each command; the default deployment goes without.
    shared = settings.deployment != StoreSettings.model_fields["deployment"].default
    return {
        # Unacknowledged messages are counted in memory alone: a job's lease recovers it, not its message.
        "ack_emulation": False,
        "socket_timeout": 30,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        # A consumer on a connection that died without a word is back within twice this and a second.
        "health_check_interval": 5,
        # Publishing tries a lost connection once more and then says so; kombu's own default takes six seconds.
        "max_retries": 1,
        "interval_start": 0,
        "global_keyprefix": f"{{{settings.deployment}:broker}}:" if shared else "",
    }


def waiting_messages(app: Celery, queue: str) -> int:
    """How many messages of a queue no worker has taken yet; blocks.

    Raises:
        BrokerError: the broker is away.
    """
    connection: Any  # the stubs leave its methods out
    with app.pool.acquire(block=True) as connection:
        try:
            # A connection that was given up is in the pool again, closed, and opens its own channels only.
            connection.ensure_connection(**_AT_ONCE)
            channel = connection.channel()
            try:
                count: int = channel.queue_declare(queue, passive=True).message_count
            except ChannelError:
                count = 0  # Redis keeps no empty queue; RabbitMQ has none that no worker has asked for yet
            channel.close()
        except _AWAY as error:
            connection.collect()  # to close it in order would be waiting for the same server
            raise BrokerError from error
    return count


def send_chats(app: Celery, messages: Sequence[ChatMessage]) -> None:
    """Enqueue attempts of jobs, in one batch where the transport can; blocks, so call it off the event loop.

    Raises:
        BrokerError: the broker is away; which messages it took is unknown.
    """
    try:
        _send(app, messages)
    except TimeoutError as error:
        raise BrokerError from error
    except _AWAY as error:
        # A connection to RabbitMQ that was lost while nobody used it is found to be so by using it.
        if not _is_rabbitmq(app):
            raise BrokerError from error
        _send_again(app, messages)


def _is_rabbitmq(app: Celery) -> bool:
    return app.conf.broker_url.startswith("amqp")


def _send_again(app: Celery, messages: Sequence[ChatMessage]) -> None:
    try:
        _send(app, messages)
    except _AWAY as error:
        raise BrokerError from error


def _send(app: Celery, messages: Sequence[ChatMessage]) -> None:
    producer: Any  # the stubs do not know kombu 5.7's batches
    with app.producer_pool.acquire(block=True) as producer:
        # On RabbitMQ a batch is what is confirmed.
        confirmed = isinstance(producer.connection.transport, rabbitmq.Transport)
        batched = (len(messages) > 1 or confirmed) and producer.supports_batch_publish
        with producer.batch() if batched else nullcontext():
            for message in messages:
                app.send_task(
                    CHAT_TASK,
                    args=(message.job_id,),
                    queue=message.lane.value,
                    task_id=f"{message.job_id}.{message.attempt}",
                    producer=producer,
                    ignore_result=True,
                    retry=False,
                )
