"""From a client's request to a queued job: parse, admit, publish."""

import secrets
import time
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import structlog

from api.idempotency import HEADER as IDEMPOTENCY_HEADER
from api.metrics import DoorMetrics
from api.publisher import Publisher
from api.rate_headers import rate_headers
from proto.clients import Client, Leaving
from proto.dialects import get_dialect
from proto.dialects.base import Dialect, ParsedRequest
from proto.drafts import draft_job
from proto.errors import ErrorCode, GatewayError
from proto.events import Failed
from proto.jobs import NO_ORIGIN, ChatJob, ChatMessage, Lane, Origin, ReplyHeader
from proto.models import ModelCatalogue
from store import tracing
from store.admission import Admission, Binding, Pace
from store.jobs import Jobs
from store.responses import Asked, Responses
from store.tracing import Kind

log = structlog.get_logger()

#: Seconds a refused client is told to wait when nothing of the last minutes tells how long it takes.
UNKNOWN_WAIT: Final = 5.0
#: Seconds it is told at most: it is an estimate, and above a minute SDKs do not wait as told.
LONGEST_WAIT: Final = 60.0

#: Beside those of the store, the verdict on a chat that the store had no room for.
STORE_FULL: Final = "store_full"


class Ticket(NamedTuple):
    """A job as prepared at the door, before it is admitted. What was `asked` is kept for the job's `keep_for`."""

    job: ChatJob
    header: ReplyHeader
    binding: Binding | None = None
    asked: Asked | None = None


class Desk:
    """Prepares, admits and publishes jobs."""

    def __init__(
        self, jobs: Jobs, responses: Responses, publisher: Publisher, catalogue: ModelCatalogue, metrics: DoorMetrics
    ) -> None:
        #: Set while the store's memory runs short: what is running may end, nothing new begins.
        self.store_full = False
        self._jobs = jobs
        self._responses = responses
        self._publisher = publisher
        self._catalogue = catalogue
        self._metrics = metrics

    def prepare(
        self,
        dialect: Dialect,
        body: Any,
        client: Client,
        binding: Binding | None = None,
        origin: Origin = NO_ORIGIN,
    ) -> Ticket:
        """Understand a request and make its job.

        Raises:
            BadRequestError: with the field at fault.
        """
        parsed: ParsedRequest = dialect.parse(body, self._catalogue.resolve)
        now = time.time()
        # What may wait for hours has its time from the claim on.
        may_wait = client.lane is Lane.BATCH
        deadline = 0 if may_wait else round((now + self._jobs.settings.job_deadline) * 1000)
        job_id = secrets.token_hex(12)
        job, header = draft_job(
            dialect.name, parsed, job_id, lane=client.lane, now=now, deadline=deadline, origin=origin
        )
        return Ticket(job, header, binding)

    async def submit(
        self,
        ticket: Ticket,
        *,
        client: Client,
        reply_to: str,
        headers: dict[str, str],
        leaving: Leaving = Leaving.CANCEL,
        keep: bool = False,
    ) -> str:
        """Admit the job and enqueue it; the arguments are those of `Jobs.admit`.

        `headers` gets what the answer is to say of the client's rate limit. Returns the id of the job that answers:
        another one than the ticket's when its idempotency key has a job.

        Raises:
            GatewayError: no room, or the store or the broker is away. Then no job is left behind.
        """
        job, header, binding, asked = ticket
        if self.store_full:
            self._metrics.admission(header.dialect, client.lane, STORE_FULL)
            raise GatewayError(ErrorCode.QUEUE_FULL, "The gateway's store is nearly full.", retry_after=10)
        with tracing.span("admit", job.origin.trace):
            admitted = await self._jobs.admit(
                job,
                header,
                client=client.name,
                limits=client.limits,
                reply_to=reply_to,
                leaving=leaving,
                keep=keep,
                binding=binding,
            )
        self._metrics.admission(header.dialect, client.lane, admitted.verdict)
        vendor, now = get_dialect(header.dialect).vendor, datetime.now(UTC)
        headers.update(rate_headers(vendor, client.limits.per_minute, admitted.backlog, now))
        if admitted.verdict is Admission.BOUND:
            headers["idempotent-replayed"] = "true"
            return admitted.job_id
        if admitted.verdict is not Admission.OK:
            raise await self._refusal(admitted.verdict, admitted.backlog, client)
        structlog.contextvars.bind_contextvars(job_id=job.id)
        try:
            if asked is not None and not await self._responses.keep(job.keep_for, job.id, asked):
                log.warning("response.not_kept", bytes=len(asked.input))
            with tracing.span("publish", job.origin.trace, Kind.PRODUCER):
                await self._publisher.publish(ChatMessage(job.id, job.lane))
        except GatewayError as error:
            await self._jobs.fail(job.id, Failed(error.code, error.message, error.retry_after))
            self._metrics.ended(client.lane, error.code)
            raise
        log.debug("job.admitted", lane=job.lane, dialect=header.dialect, stream=header.stream)
        if header.ignored:
            log.info("request.fields_ignored", fields=header.ignored)
        return job.id

    async def _refusal(self, verdict: Admission, backlog: float, client: Client) -> GatewayError:
        if verdict is Admission.REUSED:
            message = "This Idempotency-Key was sent with another request; its job is still kept."
            return GatewayError(ErrorCode.IDEMPOTENCY_KEY_REUSED, message, param=IDEMPOTENCY_HEADER)
        if verdict is Admission.RATE:
            per_minute = client.limits.per_minute
            wait = backlog + 60 / per_minute - 60
            message = f"This key may begin {per_minute} requests a minute."
            return GatewayError(ErrorCode.RATE_LIMITED, message, retry_after=wait)
        pace = await self._jobs.pace(client.lane)
        if verdict is Admission.CLIENT:
            concurrency = client.limits.concurrency
            message = f"This key may have {concurrency} requests waiting or running at once."
            return GatewayError(ErrorCode.RATE_LIMITED, message, retry_after=share_wait(pace, concurrency))
        what = "Too many requests are" if verdict is Admission.FULL else "Too much is"
        wait = room_wait(pace, self._jobs.settings.max_waiting)
        return GatewayError(ErrorCode.QUEUE_FULL, f"{what} waiting for a worker.", retry_after=wait)


def share_wait(pace: Pace, concurrency: int) -> float:
    """Seconds until one of a client's jobs has probably ended: they are taken to be spread evenly."""
    return UNKNOWN_WAIT if pace.took is None else _sane(pace.took / concurrency)


def room_wait(pace: Pace, max_waiting: int) -> float:
    """Seconds in which a tenth of the waiting list is probably taken: the client is not the only one to come back.

    A lane that stands still gets no better by what it was.
    """
    return UNKNOWN_WAIT if pace.every is None else _sane(max(pace.every * max_waiting / 10, pace.still))


def _sane(seconds: float) -> float:
    return min(max(seconds, 1.0), LONGEST_WAIT)
