"""From a queued job to the client's answer, and what happens when the client leaves before it has it."""

import asyncio
from collections.abc import AsyncGenerator

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive

from api.errors import error_reply
from api.relay import ClientGoneError, Reader, Relay
from api.replies import EventStream, Frames, json_reply
from api.submit import Desk, Ticket
from proto.clients import Client
from proto.dialects.base import Dialect, StreamEncoder
from proto.errors import GatewayError
from proto.events import OUTPUT_KINDS, TERMINAL_KINDS, Event, Failed
from store.connection import StoreError
from store.jobs import Jobs

log = structlog.get_logger()


class Attachment:
    """One request attached to one job: it reads, it notices the client's leaving, and it lets go exactly once."""

    def __init__(self, answers: "Answers", reader: Reader, receive: Receive) -> None:
        self.reader = reader
        #: Whether the client has left before it had everything.
        self.gone = False
        #: Whether the client was given everything.
        self.delivered = False
        self._answers = answers
        self._watcher = asyncio.create_task(self._watch(receive), name="client-watcher")

    def close(self) -> None:
        """Let go of the job; a client that left before the end takes its job with it."""
        self._watcher.cancel()
        self._answers.relay.close(self.reader)
        if self.delivered:
            self._answers.jobs.delivered(self.reader.job_id)
        elif self.gone:
            self._answers.cancel_soon(self.reader.job_id)

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        self.reader.fail(ClientGoneError())


class Answers:
    """Answers requests out of the logs of their jobs.

    Args:
        hold_headers: seconds a stream's response headers wait for the first output, so that an early upstream
            failure is still an HTTP status the client's SDK can retry.
    """

    def __init__(self, desk: Desk, relay: Relay, jobs: Jobs, *, hold_headers: float) -> None:
        self.relay = relay
        #: Set when the process was told to stop: from then on a connection that ends does not mean a client that left.
        self.stopping = False
        self._desk = desk
        self.jobs = jobs
        self._hold_headers = hold_headers
        self._cancelling: set[asyncio.Task[None]] = set()

    async def answer(self, request: Request, dialect: Dialect, ticket: Ticket, client: Client) -> Response:
        """Queue the job and answer the request out of its log.

        Raises:
            GatewayError: the job could not be queued.
        """
        attachment = Attachment(self, self.relay.open(ticket.job.id), request.receive)
        handed_over = False
        try:
            await self._desk.submit(ticket, client=client, reply_to=self.relay.channel)
            if not ticket.header.stream:
                return await self._whole(request, dialect, ticket, attachment)
            events = await self._held(attachment.reader)
            if events and isinstance(events[-1], Failed) and not any(isinstance(e, OUTPUT_KINDS) for e in events):
                attachment.delivered = True
                return _with_job(error_reply(request, dialect, events[-1]), ticket)
            handed_over = True
            frames = self._frames(attachment, dialect.stream(ticket.header), events)
            return _with_job(EventStream(frames, {}, attachment.close), ticket)
        except ClientGoneError:
            return Response(status_code=499)
        finally:
            if not handed_over:
                attachment.close()

    def cancel_soon(self, job_id: str) -> None:
        """Cancel a job whose client has left, without making anybody wait."""
        if self.stopping:
            return
        task = asyncio.create_task(self._cancel(job_id), name="cancel-job")
        self._cancelling.add(task)
        task.add_done_callback(self._cancelling.discard)

    async def _cancel(self, job_id: str) -> None:
        try:
            status = await self.jobs.cancel(job_id)
        except StoreError:
            log.warning("job.cancel_failed", job_id=job_id)
        else:
            log.info("job.client_left", job_id=job_id, status=status)

    async def _whole(self, request: Request, dialect: Dialect, ticket: Ticket, attachment: Attachment) -> Response:
        events: list[Event] = []
        while not (events and isinstance(events[-1], TERMINAL_KINDS)):
            events += await attachment.reader.next()
        attachment.delivered = True
        if isinstance(events[-1], Failed):
            return _with_job(error_reply(request, dialect, events[-1]), ticket)
        return _with_job(json_reply(dialect.whole(ticket.header, events)), ticket)

    async def _held(self, reader: Reader) -> list[Event]:
        """What comes until the first output or the end, or until the headers have waited long enough."""
        events: list[Event] = []
        try:
            async with asyncio.timeout(self._hold_headers):
                while not any(isinstance(event, (*OUTPUT_KINDS, *TERMINAL_KINDS)) for event in events):
                    events += await reader.next()
        except TimeoutError:
            pass
        return events

    async def _frames(
        self, attachment: Attachment, encoder: StreamEncoder, events: list[Event]
    ) -> AsyncGenerator[Frames, None]:
        opening = encoder.opening()
        try:
            while not attachment.delivered:
                frames = [*opening, *[frame for event in events for frame in encoder.feed(event)]]
                opening = []
                attachment.delivered = bool(events) and isinstance(events[-1], TERMINAL_KINDS)
                if frames or attachment.delivered:
                    yield Frames(b"".join(frames), last=attachment.delivered)
                elif not events:
                    yield Frames(encoder.keepalive())
                if not attachment.delivered:
                    events = await attachment.reader.next()
        except ClientGoneError:
            return
        except GatewayError as error:
            failed = Failed(error.code, error.message, error.retry_after)
            yield Frames(b"".join(encoder.feed(failed)), last=True)


def _with_job(response: Response, ticket: Ticket) -> Response:
    response.headers["x-job-id"] = ticket.job.id
    if ticket.header.ignored:
        response.headers["x-ignored-fields"] = ", ".join(ticket.header.ignored)
    return response
