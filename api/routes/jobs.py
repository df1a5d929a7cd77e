"""Coming back for an answer: a job's state, its log as a stream, and its cancelling. `docs/jobs.md` is the page."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.job_view import job_view
from api.marks import Kind, Marks
from api.replies import json_reply
from api.request_id import request_id_of
from api.services import services_of
from proto.errors import BadRequestError, ErrorCode, GatewayError
from proto.events import Event, decode_events
from proto.jobs import TERMINAL_STATUSES, Status
from proto.replay import Position, Seen
from store.jobs import Jobs
from store.records import Record

router = APIRouter()


@router.get("/v1/jobs/{job_id}")
async def show_job(request: Request, job_id: str) -> Response:
    """Where a job stands; once it has ended, with its answer as a whole or its error."""
    services = services_of(request)
    client = services.client_keys.client(request.headers)
    return await _shown(request, await services.answers.record(job_id, client))


@router.get("/v1/jobs/{job_id}/events")
async def follow_job(request: Request, job_id: str) -> Response:
    """The job's answer as a stream, from where the client left off."""
    services = services_of(request)
    dialect = request.query_params.get("dialect")
    marks = Marks(kind=Kind.RESUME)
    with services.metrics.counted(marks):
        client = services.client_keys.client(request.headers)
        return await services.answers.events(request, job_id, client, dialect, _seen(request), marks)


@router.post("/v1/jobs/{job_id}/cancel")
async def cancel_job(request: Request, job_id: str) -> Response:
    """End a job that is queued, and tell a running one's worker; what has ended stays as it is."""
    services = services_of(request)
    client = services.client_keys.client(request.headers)
    before = await services.answers.record(job_id, client)
    status = await services.answers.jobs.cancel(job_id)
    if before.status is Status.QUEUED and status is Status.CANCELLED:
        services.metrics.ended(before.lane, ErrorCode.CANCELLED)
    return await _shown(request, await services.answers.record(job_id, client))


async def _shown(request: Request, record: Record) -> Response:
    jobs, job_id = services_of(request).answers.jobs, record.header.id_seed
    ended = record.status in TERMINAL_STATUSES
    tail = None if ended else (await jobs.tails([job_id]))[0]
    events = await _whole_log(jobs, job_id, record.seq) if ended else []
    return json_reply(job_view(record, tail.place if tail else None, events, request_id_of(request)))


async def _whole_log(jobs: Jobs, job_id: str, seq: int) -> list[Event]:
    """All events of a log that ends at `seq`.

    Raises:
        GatewayError: JOB_GONE: the log's time is over, or the store has dropped some of it.
    """
    entries = await jobs.read(job_id)
    if len(entries) != seq:
        raise GatewayError(ErrorCode.JOB_GONE, "The job's log is no longer complete.")
    return [event for entry in entries for event in decode_events(entry.data)]


def _seen(request: Request) -> Seen:
    last = request.headers.get("last-event-id")
    frames = request.query_params.get("after_frames", "0")
    if not (frames.isascii() and frames.isdigit() and len(frames) < 10):
        raise BadRequestError("after_frames must be a count of frames.", param="after_frames")
    return Seen(Position.parse(last) if last else None, int(frames))
