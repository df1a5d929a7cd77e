"""The chat routes: one body in, one job, one answer out."""

from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.body import read_json
from api.idempotency import binding_of
from api.marks import Marks
from api.request_id import answered_of, request_id_of
from api.services import Services, services_of
from api.wishes import wishes_of
from proto.dialects import get_dialect
from proto.dialects.openai_responses import OpenAIResponses
from proto.jobs import Origin

router = APIRouter()


@router.post("/v1/chat/completions")
async def chat_completions(request: Request) -> Response:
    """OpenAI Chat Completions."""
    return await _chat(request, "openai")


@router.post("/v1/messages")
async def messages(request: Request) -> Response:
    """Anthropic Messages."""
    return await _chat(request, "anthropic")


@router.post("/v1/responses")
async def responses(request: Request) -> Response:
    """OpenAI Responses, which alone remembers what was said."""
    return await _chat(request, "responses", remembers=True)


async def _chat(request: Request, dialect_name: str, *, remembers: bool = False) -> Response:
    services: Services = services_of(request)
    marks = Marks(dialect_name)
    with services.metrics.counted(marks):
        return await _answer(request, services, dialect_name, marks, remembers=remembers)


async def _answer(
    request: Request, services: Services, dialect_name: str, marks: Marks, *, remembers: bool
) -> Response:
    client = services.client_keys.client(request.headers)
    marks.lane = client.lane
    try:
        body = await read_json(request, services.settings)
    except ClientDisconnect:
        return Response(status_code=499)
    dialect = get_dialect(dialect_name)
    if remembers:
        dialect = OpenAIResponses(await services.kept.known(client.name, body))
    wishes = wishes_of(request.headers, default=client.leaving)
    binding = binding_of(request, body)
    if services.images is not None:
        await services.images.inline(body)
    origin = Origin(request_id_of(request), answered_of(request).trace)
    ticket = services.desk.prepare(dialect, body, client, binding, origin)
    marks.model = ticket.header.model
    if remembers:
        ticket = services.kept.to_keep(ticket, body, client.name)
    return await services.answers.answer(request, dialect, ticket, client, wishes, marks)
