"""Batches by OpenAI's API. `docs/batches.md` is the page."""

from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.body import read_json
from api.idempotency import binding_of, replayed
from api.query import limit_of
from api.replies import json_reply
from api.services import services_of
from api.wishes import wants_coalescing
from proto.batch_objects import openai_batch, read_batch_request
from proto.batches import BatchKind, BatchSpec, BatchStatus
from proto.clients import Right
from proto.errors import BadRequestError
from store.batches import BatchPage, new_id
from store.files import BATCH_INPUT

router = APIRouter()

#: Batches on a page: when not said, and at most.
PAGE: Final = 20
MAX_PAGE: Final = 100


@router.post("/v1/batches")
async def create_batch(request: Request) -> Response:
    """Have the requests of an uploaded file run."""
    services = services_of(request)
    client = services.client_keys.client(request.headers, Right.BATCH)
    try:
        body = await read_json(request, services.settings)
    except ClientDisconnect:
        return Response(status_code=499)
    wanted, coalesce = read_batch_request(body), wants_coalescing(request.headers)
    binding = binding_of(request, body, coalesce)
    file = await services.files.get(client.name, wanted.input_file_id, param="input_file_id")
    if file.purpose != BATCH_INPUT:
        raise BadRequestError(f"input_file_id: its purpose is not {BATCH_INPUT!r}", param="input_file_id")
    created = await services.batches.now()
    spec = BatchSpec(
        id=new_id("batch", client.name, binding.key if binding else None),
        client=client.name,
        kind=BatchKind.OPENAI,
        endpoint=wanted.endpoint,
        input_key=file.id,
        input_bytes=file.bytes,
        created=created,
        expires=created + round(services.batches.window * 1000),
        input_file=file.id,
        metadata=wanted.metadata,
        output_ttl=wanted.output_expires_after.seconds if wanted.output_expires_after else None,
        coalesce=coalesce,
    )
    batch = await services.batches.create(spec, BatchStatus.VALIDATING, binding=binding)
    return json_reply(openai_batch(batch), headers=replayed(batch.spec != spec))


@router.get("/v1/batches")
async def list_batches(request: Request) -> Response:
    """The client's batches, newest first."""
    services = services_of(request)
    client = services.client_keys.client(request.headers, Right.BATCH)
    limit = limit_of(request, default=PAGE, most=MAX_PAGE)
    after = request.query_params.get("after", "")
    return json_reply(_list(await services.batches.page(client.name, BatchKind.OPENAI, after=after, limit=limit)))


@router.get("/v1/batches/{batch_id}")
async def show_batch(request: Request, batch_id: str) -> Response:
    """Where a batch stands."""
    services = services_of(request)
    client = services.client_keys.client(request.headers, Right.BATCH)
    return json_reply(openai_batch(await services.batches.get(client.name, BatchKind.OPENAI, batch_id)))


@router.post("/v1/batches/{batch_id}/cancel")
async def cancel_batch(request: Request, batch_id: str) -> Response:
    """Have no more of a batch run; what has ended stays."""
    services = services_of(request)
    client = services.client_keys.client(request.headers, Right.BATCH)
    return json_reply(openai_batch(await services.batches.cancel(client.name, BatchKind.OPENAI, batch_id)))


def _list(page: BatchPage) -> dict[str, Any]:
    data = [openai_batch(batch) for batch in page.batches]
    return {
        "object": "list",
        "data": data,
        "has_more": page.more,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
    }
