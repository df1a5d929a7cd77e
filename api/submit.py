"""From a client's request to a queued job: parse, admit, publish."""

import secrets
import time
from typing import Any, NamedTuple

import structlog

from api.publisher import Publisher
from proto.clients import Client, Leaving
from proto.dialects.base import Dialect, ParsedRequest
from proto.errors import ErrorCode, GatewayError
from proto.estimate import estimate_conversation
from proto.events import Failed
from proto.jobs import ChatJob, ChatMessage, ReplyHeader
from proto.models import ModelCatalogue
from store.jobs import Admission, Jobs

log = structlog.get_logger()

_REFUSALS = {
    Admission.FULL: (ErrorCode.QUEUE_FULL, "Too many requests are waiting for a worker.", 5.0),
    Admission.BYTES: (ErrorCode.QUEUE_FULL, "Too much is waiting for a worker.", 5.0),
    Admission.CLIENT: (ErrorCode.RATE_LIMITED, "This key has too many requests running.", 2.0),
}


class Ticket(NamedTuple):
    """A job as prepared at the door, before it is admitted."""

    job: ChatJob
    header: ReplyHeader


class Desk:
    """Prepares, admits and publishes jobs."""

    def __init__(self, jobs: Jobs, publisher: Publisher, catalogue: ModelCatalogue) -> None:
        #: Set while the store's memory runs short: what is running may end, nothing new begins.
        self.store_full = False
        self._jobs = jobs
        self._publisher = publisher
        self._catalogue = catalogue

    def prepare(self, dialect: Dialect, body: Any, client: Client) -> Ticket:
        """Understand a request and make its job.

        Raises:
            BadRequestError: with the field at fault.
        """
        parsed: ParsedRequest = dialect.parse(body, self._catalogue.resolve)
        job_id = secrets.token_hex(12)
        now = time.time()
        input_tokens = estimate_conversation(parsed.conversation)
        deadline = round((now + self._jobs.settings.job_deadline) * 1000)
        job = ChatJob(job_id, parsed.conversation, client.lane, deadline, input_tokens)
        header = ReplyHeader(
            dialect=dialect.name,
            model=parsed.requested_model,
            id_seed=job_id,
            created=int(now),
            stream=parsed.stream,
            include_usage=parsed.include_usage,
            input_tokens=input_tokens,
            ignored=parsed.ignored,
            extra=parsed.extra,
        )
        return Ticket(job, header)

    async def submit(
        self,
        ticket: Ticket,
        *,
        client: Client,
        reply_to: str,
        leaving: Leaving = Leaving.CANCEL,
        keep: bool = False,
    ) -> None:
        """Admit the job and enqueue it; the arguments are those of `Jobs.admit`.

        Raises:
            GatewayError: no room, or the store or the broker is away. Then no job is left behind.
        """
        job, header = ticket
        if self.store_full:
            raise GatewayError(ErrorCode.QUEUE_FULL, "The gateway's store is nearly full.", retry_after=10)
        admission = await self._jobs.admit(
            job,
            header,
            client=client.name,
            limits=client.limits,
            reply_to=reply_to,
            leaving=leaving,
            keep=keep,
        )
        if admission is not Admission.OK:
            code, message, retry_after = _REFUSALS[admission]
            raise GatewayError(code, message, retry_after=retry_after)
        try:
            await self._publisher.publish(ChatMessage(job.id, job.lane))
        except GatewayError as error:
            await self._jobs.fail(job.id, Failed(error.code, error.message, error.retry_after))
            raise
        log.debug(
            "job.admitted",
            job_id=job.id,
            client=client.name,
            dialect=header.dialect,
            model=header.model,
            stream=header.stream,
        )
