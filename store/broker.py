"""What every process must agree on about the broker: queues, serialisation, timeouts (`docs/architecture.md`).

A message carries a job's id alone: prompts never reach the broker, Flower or a log.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, Final

from celery import Celery
from celery.app.amqp import AMQP
from kombu import Connection, Exchange, Queue
from kombu.exceptions import ChannelError, KombuError
from redis.exceptions import RedisError

from proto.errors import ErrorCode, GatewayError
from proto.jobs import CHAT_TASK, CONTROL_QUEUE, REFILL_TASK, ChatMessage, Lane
from store.settings import StoreSettings

#: What kombu raises for a broker that is away, wrapped in errors of its own or, here and there, not.
_AWAY: Final = (KombuError, OSError, RedisError)

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


class SteadyAmqp(AMQP):
    """What Celery makes its connections with."""

    Connection = SteadyConnection


def create_celery(settings: StoreSettings) -> Celery:
    """The Celery app of this deployment; workers add their tasks to it, the front door only sends."""
    app = Celery("warp2api", broker=settings.broker, amqp=SteadyAmqp, set_as_current=False)
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
            Queue(name, Exchange(name), routing_key=name)
            for name in (*(lane.value for lane in Lane), CONTROL_QUEUE)
        ],
        task_routes={REFILL_TASK: {"queue": CONTROL_QUEUE}},
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport="store.broker_transport:Transport" if _is_redis(settings) else None,
        broker_transport_options=_transport_options(settings) if _is_redis(settings) else {},
        enable_utc=True,
    )
    return app


def _is_redis(settings: StoreSettings) -> bool:
    return settings.broker.startswith(("redis://", "rediss://"))


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
    channel: Any  # the stubs leave its methods out
    with app.connection_for_read() as connection:
        try:
            with connection.channel() as channel:
                count: int = channel.queue_declare(queue, passive=True).message_count
        except ChannelError:
            return 0  # Redis keeps no empty queue
        except _AWAY as error:
            raise BrokerError from error
        return count


def send_chats(app: Celery, messages: Sequence[ChatMessage]) -> None:
    """Enqueue attempts of jobs, in one batch where the transport can; blocks, so call it off the event loop.

    Raises:
        BrokerError: the broker is away; which messages it took is unknown.
    """
    try:
        _send(app, messages)
    except _AWAY as error:
        raise BrokerError from error


def _send(app: Celery, messages: Sequence[ChatMessage]) -> None:
    producer: Any  # the stubs do not know kombu 5.7's batches
    with app.producer_pool.acquire(block=True) as producer:
        batched = len(messages) > 1 and producer.supports_batch_publish
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
