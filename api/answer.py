"""From a queued job to the client's answer, and what happens when the client leaves before it has it."""

import asyncio
import math
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from typing import Final

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from api.attachment import Attachment
from api.errors import error_reply
from api.marks import DETACHED, Kind, Marks, clock
from api.metrics import DoorMetrics
from api.reader import ClientGoneError, Reader, Taken
from api.relay import Relay
from api.replies import EventStream, Frames, json_reply
from api.request_id import answer_headers, answered_of
from api.submit import Desk, Ticket
from api.wishes import Wishes
from proto.clients import Client
from proto.dialects import DIALECTS, get_dialect
from proto.dialects.base import Dialect, StreamEncoder
from proto.errors import BadRequestError, ErrorCode, GatewayError
from proto.event_frames import EVENTS, EventFrames
from proto.events import OUTPUT_KINDS, TERMINAL_KINDS, Event, Failed
from proto.jobs import TERMINAL_STATUSES, Lane, ReplyHeader, Status
from proto.replay import Replay, Seen
from store.connection import StoreError
from store.jobs import Jobs, Place
from store.metrics import outcome_of
from store.readers import Readers, ReadingMode
from store.records import Record

log = structlog.get_logger()

#: How often, and how many seconds apart, a client's leaving is told to a store that is away.
LEAVE_TRIES: Final = 60
LEAVE_PAUSE: Final = 1.0


class Answers:
    """Answers requests out of the logs of their jobs.

    Args:
        hold_headers: seconds a stream's response headers wait for the first output, so that an early upstream
            failure is still an HTTP status the client's SDK can retry.
    """

    def __init__(
        self, desk: Desk, relay: Relay, jobs: Jobs, readers: Readers, metrics: DoorMetrics, *, hold_headers: float
    ) -> None:
        self.relay = relay
        #: Set when the process was told to stop: from then on a connection that ends does not mean a client that left.
        self.stopping = False
        self.jobs = jobs
        self._desk = desk
        self._readers = readers
        self._metrics = metrics
        self._hold_headers = hold_headers
        self._attached: set[Attachment] = set()
        self._leaving: set[asyncio.Task[None]] = set()
        metrics.count_open(lambda: len(self._attached))

    async def answer(
        self, request: Request, dialect: Dialect, ticket: Ticket, client: Client, wishes: Wishes, marks: Marks
    ) -> Response:
        """Queue the job and answer the request out of its log, or at once if it is detached.

        Raises:
            GatewayError: the job could not be queued.
        """
        headers = answer_headers(request)
        marks.submitted = clock()
        if wishes.detached:
            job_id = await self._desk.submit(
                ticket, client=client, reply_to="", leaving=wishes.leaving, keep=wishes.keep, headers=headers
            )
            if job_id == ticket.job.id:
                _tell_job(request, ticket.header)
                marks.admitted = clock()
                return _accepted(job_id, marks)
            return await self.attach(request, job_id, client, wishes, marks)
        reader = self.relay.open(ticket.job.id)
        with self._attachment(request, reader, marks, keep=wishes.keep) as attachment:
            try:
                job_id = await self._desk.submit(
                    ticket,
                    client=client,
                    reply_to=self.relay.channel,
                    leaving=wishes.leaving,
                    keep=wishes.keep,
                    headers=headers,
                )
                if job_id == ticket.job.id:
                    _tell_job(request, ticket.header)
                    marks.admitted = clock()
                    attachment.joined = True
                    return await self._reply(request, dialect, ticket.header, attachment, ids=wishes.resumable)
            except StoreError:
                # Whether the job was admitted is unknown. If it was, nobody will read it.
                attachment.joined = True
                raise
            except ClientGoneError:
                return Response(status_code=499)
        return await self.attach(request, job_id, client, wishes, marks)

    async def attach(self, request: Request, job_id: str, client: Client, wishes: Wishes, marks: Marks) -> Response:
        """Answer a chat request out of a job that is there already, running or ended, as its first request was.

        What leaving means for the job was settled when it was admitted. `client` must be the one whose job it is.

        Raises:
            GatewayError: JOB_NOT_FOUND, or the store is away.
        """
        marks.kind = Kind.REPLAY
        record = await self.record(job_id, client)
        _tell_job(request, record.header)
        if wishes.detached:
            return _accepted(job_id, marks, record.status)
        mode: ReadingMode = "stream" if record.header.stream else "whole"
        reader = await self.join(job_id, mode)
        with self._attachment(request, reader, marks, keep=record.keep) as attachment:
            attachment.joined = True
            dialect = get_dialect(record.header.dialect)
            try:
                return await self._reply(request, dialect, record.header, attachment, ids=wishes.resumable)
            except ClientGoneError:
                return Response(status_code=499)

    async def events(
        self, request: Request, job_id: str, client: Client, dialect: str | None, seen: Seen, marks: Marks
    ) -> Response:
        """The job's log as a stream with ids: what the client has not seen of it, and what comes.

        `dialect` is a client API's name, `events` for the events themselves, None for the job's own.

        Raises:
            BadRequestError: no such dialect, or `seen` lies behind the log's end.
            GatewayError: JOB_NOT_FOUND, JOB_GONE, or the store is away.
        """
        record = await self.record(job_id, client)
        _tell_job(request, record.header)
        marks.dialect, marks.model, marks.lane = record.header.dialect, record.header.model, record.lane
        encoder = _encoder(record.header, dialect or record.header.dialect)
        if seen.position is not None and seen.position.seq > record.seq:
            raise BadRequestError("Last-Event-ID lies behind the end of this job's log.", param="Last-Event-ID")
        reader = await self.join(job_id, "events" if dialect == EVENTS else "stream")
        with self._attachment(request, reader, marks, keep=record.keep) as attachment:
            attachment.joined = True
            try:
                # What has ended is there to be read, or gone: then that is still an HTTP status.
                entries = await reader.next() if record.status in TERMINAL_STATUSES else []
            except ClientGoneError:
                return Response(status_code=499)
            return self._stream(attachment, Replay(encoder, ids=True, seen=seen), entries)

    async def record(self, job_id: str, client: Client) -> Record:
        """What is known of one of the client's jobs; another client's does not exist for it.

        Raises:
            GatewayError: JOB_NOT_FOUND, or the store is away.
        """
        record = await self._readers.look(job_id)
        if record is None or record.client != client.name:
            raise _not_found()
        return record

    async def join(self, job_id: str, mode: ReadingMode) -> Reader:
        """Start reading a job that is there already.

        Raises:
            GatewayError: JOB_NOT_FOUND, or the store is away.
        """
        reader = await self.relay.attach(job_id, mode)
        if reader is None:
            raise _not_found()
        return reader

    def break_off(self) -> None:
        """This process has no more time: end what is still being answered."""
        for attachment in list(self._attached):
            attachment.break_off()

    def _close(self, attachment: Attachment) -> None:
        """Let go of a job: it was delivered, or its client has left, and the last one may take its job with it."""
        self._attached.discard(attachment)
        attachment.stop_watching()
        job_id = attachment.reader.job_id
        if attachment.handed_over:
            self._metrics.answered(attachment.marks)
        self.relay.close(attachment.reader)
        if attachment.delivered:
            if not attachment.keep:
                self.jobs.delivered(job_id)
        elif attachment.joined and not self.stopping:
            self._leave_soon(job_id, attachment.marks.lane)

    def _leave_soon(self, job_id: str, lane: Lane) -> None:
        """Say that a client has left, without making anybody wait."""
        task = asyncio.create_task(self._leave(job_id, lane), name="leave-job")
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _leave(self, job_id: str, lane: Lane) -> None:
        for _ in range(LEAVE_TRIES):
            if self.relay.is_read(job_id):
                return  # others read it here, or somebody has come meanwhile
            if self.relay.is_settled(asyncio.get_running_loop().time()):
                try:
                    status = await self._readers.leave(job_id, self.relay.channel)
                except StoreError:
                    log.debug("job.leave_put_off", job_id=job_id)
                else:
                    log.info("job.client_left", job_id=job_id, status=status)
                    if status is Status.CANCELLED:
                        self._metrics.ended(lane, ErrorCode.CANCELLED)
                    return
            await asyncio.sleep(LEAVE_PAUSE)
        log.warning("job.leave_failed", job_id=job_id)

    @contextmanager
    def _attachment(self, request: Request, reader: Reader, marks: Marks, *, keep: bool) -> Iterator[Attachment]:
        """Let go after the block, unless a response under way took it over."""
        attachment = Attachment(reader, request.receive, marks, keep=keep)
        self._attached.add(attachment)
        try:
            yield attachment
        finally:
            if not attachment.handed_over:
                self._close(attachment)

    def _stream(self, attachment: Attachment, replay: Replay, entries: list[Taken]) -> Response:
        """A response that takes the attachment over."""
        attachment.handed_over = attachment.marks.streaming = True
        attachment.resumable = replay.ids
        return EventStream(
            _frames(attachment, replay, entries, self.relay.keepalive), {}, lambda: self._close(attachment)
        )

    async def _reply(
        self, request: Request, dialect: Dialect, header: ReplyHeader, attachment: Attachment, *, ids: bool
    ) -> Response:
        """The answer as the request asked for it: whole, or a stream whose headers wait for the first output."""
        if not header.stream:
            return await self._whole(request, dialect, header, attachment)
        entries = await self._held(attachment.reader)
        events = _events(entries)
        if events and isinstance(events[-1], Failed) and not any(isinstance(e, OUTPUT_KINDS) for e in events):
            attachment.delivered = True
            attachment.marks.end(events[-1])
            return error_reply(request, dialect, events[-1])
        replay = Replay(dialect.stream(header), ids=ids)
        return self._stream(attachment, replay, entries)

    async def _whole(self, request: Request, dialect: Dialect, header: ReplyHeader, attachment: Attachment) -> Response:
        events: list[Event] = []
        while not (events and isinstance(events[-1], TERMINAL_KINDS)):
            events += _events(await attachment.reader.next())
        terminal = events[-1]
        assert isinstance(terminal, TERMINAL_KINDS)  # noqa: S101  # for the type checker
        attachment.delivered = True
        attachment.marks.end(terminal)
        if isinstance(terminal, Failed):
            return error_reply(request, dialect, terminal)
        return json_reply(dialect.whole(header, events))

    async def _held(self, reader: Reader) -> list[Taken]:
        """What comes until the first output or the end, or until the headers have waited long enough."""
        entries: list[Taken] = []
        try:
            async with asyncio.timeout(self._hold_headers):
                while not any(isinstance(event, (*OUTPUT_KINDS, *TERMINAL_KINDS)) for event in _events(entries)):
                    entries += await reader.next()
        except TimeoutError:
            pass
        return entries


async def _frames(
    attachment: Attachment, replay: Replay, entries: list[Taken], keepalive: float
) -> AsyncGenerator[Frames, None]:
    """The answer, with a keepalive after so many seconds without a frame."""
    frames = replay.opening()
    marks = attachment.marks
    loop_time = asyncio.get_running_loop().time
    sent_at = loop_time()
    try:
        while True:
            frames += [frame for entry in entries for frame in replay.feed(entry.seq, entry.events)]
            terminal = entries[-1].events[-1] if entries else None
            if isinstance(terminal, TERMINAL_KINDS):
                attachment.delivered = True
                marks.end(terminal)
            if frames or attachment.delivered:
                yield Frames(b"".join(frames), last=attachment.delivered)
                sent_at = loop_time()
                if marks.first_frame is None and entries:
                    marks.first_frame = clock()
            if attachment.delivered:
                return
            frames = []
            entries = await attachment.reader.next()
            # An answer may also go on for long in ways that its dialect does not show, such as omitted thinking.
            if not entries or loop_time() - sent_at >= keepalive:
                yield Frames(replay.keepalive("" if entries else _waiting(attachment.reader.place)))
                sent_at = loop_time()
    except ClientGoneError:
        return
    except GatewayError as error:
        failed = Failed(error.code, error.message, error.retry_after)
        marks.outcome = outcome_of(failed)
        yield Frames(b"".join(replay.unlogged(failed)), last=True)


def _waiting(place: Place | None) -> str:
    """What a comment tells of a job that waits."""
    if place is None:
        return ""
    estimate = "" if place.wait is None else f", about {math.ceil(place.wait)} s"
    return f"queued, position {place.position}{estimate}"


def _events(entries: list[Taken]) -> list[Event]:
    return [event for entry in entries for event in entry.events]


def _encoder(header: ReplyHeader, dialect: str) -> StreamEncoder:
    if dialect == EVENTS:
        return EventFrames()
    if dialect not in DIALECTS:
        raise BadRequestError(f"dialect must be one of: {', '.join((*DIALECTS, EVENTS))}.", param="dialect")
    if dialect != header.dialect:
        # What the job's own dialect keeps for itself means nothing to another.
        header = msgspec.structs.replace(header, dialect=dialect, include_usage=True, extra={})
    return get_dialect(dialect).stream(header)


def _not_found() -> GatewayError:
    return GatewayError(ErrorCode.JOB_NOT_FOUND, "There is no such job here, or it ended too long ago.")


def _accepted(job_id: str, marks: Marks, status: Status = Status.QUEUED) -> Response:
    marks.outcome = DETACHED
    headers = {"Location": f"/v1/jobs/{job_id}", "Preference-Applied": "respond-async"}
    return json_reply({"id": job_id, "object": "job", "status": status}, status=202, headers=headers)


def _tell_job(request: Request, header: ReplyHeader) -> None:
    """From here on whatever is answered, an error too, says which job it is of: its client may come back for it. And
    so do the log's lines.
    """
    structlog.contextvars.bind_contextvars(job_id=header.id_seed)
    answered_of(request).answers(header)
    headers = answer_headers(request)
    headers["x-job-id"] = header.id_seed
    if header.ignored:
        headers["x-ignored-fields"] = ", ".join(header.ignored)
