"""Batches by Anthropic's API. `docs/batches.md` is the page."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.body import body_pieces, check_type
from api.download import send_file
from api.idempotency import key_of, replayed
from api.query import limit_of
from api.replies import json_reply
from api.services import Services, services_of
from api.wishes import wants_coalescing
from proto.batch_intake import MAX_BODY, BatchIntake
from proto.batch_lines import MAX_LINE
from proto.batch_objects import anthropic_batch
from proto.batches import FINAL_STATUSES, Batch, BatchKind, BatchSpec, BatchStatus
from proto.clients import Client, Right
from proto.dialects.anthropic_messages import AnthropicMessages
from proto.errors import BadRequestError, ErrorCode, GatewayError
from store.admission import Binding
from store.batches import BatchPage, new_id
from store.files import BATCH_INPUT, File

router = APIRouter()

#: Batches on a page: when not said, and at most.
PAGE: Final = 20
MAX_PAGE: Final = 1000
_PATH: Final = "/v1/messages/batches"
_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")


@router.post(_PATH)
async def create_message_batch(request: Request) -> Response:
    """Have many Messages requests run; they go to the storage as they come."""
    services = services_of(request)
    client = services.client_keys.client(request.headers, Right.BATCH)
    check_type(request.headers.get("content-type"))
    key, coalesce = key_of(request), wants_coalescing(request.headers)
    _address(request)  # refused before the batch is made, not after
    try:
        file, count, digest = await _take_in(request, services, client)
    except ClientDisconnect:
        return Response(status_code=499)
    created = await services.batches.now()
    spec = BatchSpec(
        id=new_id("msgbatch", client.name, key),
        client=client.name,
        kind=BatchKind.ANTHROPIC,
        endpoint=AnthropicMessages.path,
        input_key=file.id,
        input_bytes=file.bytes,
        created=created,
        expires=created + round(services.batches.window * 1000),
        coalesce=coalesce,
    )
    binding = Binding(key, f"{digest} {coalesce}") if key else None
    try:
        batch = await services.batches.create(spec, BatchStatus.IN_PROGRESS, count, binding)
    except GatewayError as error:
        if error.code is ErrorCode.IDEMPOTENCY_KEY_REUSED:
            await services.files.doom(file.id)
        raise
    again = batch.spec.input_key != file.id
    if again:
        await services.files.doom(file.id)  # the batch runs on what came first
    return _reply(request, batch, headers=replayed(again))


@router.get(_PATH)
async def list_message_batches(request: Request) -> Response:
    """The client's batches, newest first."""
    services = services_of(request)
    client = services.client_keys.client(request.headers, Right.BATCH)
    limit = limit_of(request, default=PAGE, most=MAX_PAGE)
    after, before = (request.query_params.get(name, "") for name in ("after_id", "before_id"))
    if after and before:
        raise BadRequestError("before_id: only one of after_id and before_id may be given", param="before_id")
    page = await services.batches.page(client.name, BatchKind.ANTHROPIC, after=after, before=before, limit=limit)
    return json_reply(_list(request, page))


@router.get(_PATH + "/{batch_id}")
async def show_message_batch(request: Request, batch_id: str) -> Response:
    """Where a batch stands."""
    return _reply(request, await _batch(request, batch_id))


@router.post(_PATH + "/{batch_id}/cancel")
async def cancel_message_batch(request: Request, batch_id: str) -> Response:
    """Have no more of a batch run; what has ended stays."""
    services = services_of(request)
    client = services.client_keys.client(request.headers, Right.BATCH)
    return _reply(request, await services.batches.cancel(client.name, BatchKind.ANTHROPIC, batch_id))


@router.delete(_PATH + "/{batch_id}")
async def delete_message_batch(request: Request, batch_id: str) -> Response:
    """Forget a batch that has ended, with its results."""
    services = services_of(request)
    client = services.client_keys.client(request.headers, Right.BATCH)
    await services.batches.delete(client.name, BatchKind.ANTHROPIC, batch_id)
    return json_reply({"id": batch_id, "type": "message_batch_deleted"})


@router.get(_PATH + "/{batch_id}/results")
async def message_batch_results(request: Request, batch_id: str) -> Response:
    """The results of a batch that has ended, a JSON object a line."""
    services = services_of(request)
    batch = await _batch(request, batch_id)
    if batch.status not in FINAL_STATUSES:
        raise BadRequestError(f"The batch {batch_id} has not ended; it has no results yet.")
    file = await services.files.find(batch.output_file)
    if file is None:
        raise GatewayError(ErrorCode.FILE_NOT_FOUND, f"The results of batch {batch_id} are no longer kept.")
    return await send_file(request, services.files, file, "application/x-jsonl")


async def _take_in(request: Request, services: Services, client: Client) -> tuple[File, int, str]:
    """The requests of the body as a file, how many they are, and their digest.

    Raises:
        GatewayError: they are not as they should be, or too many; nothing of them is left.
        ClientDisconnect: the client left meanwhile.
    """
    digest = hashlib.sha256()
    intake = BatchIntake(min(services.settings.max_body, MAX_LINE))
    async with services.files.upload() as upload:
        async for piece in body_pieces(request, MAX_BODY, services.settings.client_timeout):
            lines = intake.feed(piece)
            digest.update(lines)
            await upload.write(lines)
        intake.end()
        ttl = services.batches.window + services.files.ttl
        file = await upload.commit(client=client.name, filename="", purpose=BATCH_INPUT, ttl=ttl, listed=False)
    return file, intake.count, digest.hexdigest()


async def _batch(request: Request, batch_id: str) -> Batch:
    services = services_of(request)
    client = services.client_keys.client(request.headers, Right.BATCH)
    return await services.batches.get(client.name, BatchKind.ANTHROPIC, batch_id)


def _reply(request: Request, batch: Batch, headers: Mapping[str, str] | None = None) -> Response:
    return json_reply(anthropic_batch(batch, _results_url(request, batch)), headers=headers)


def _list(request: Request, page: BatchPage) -> dict[str, Any]:
    data = [anthropic_batch(batch, _results_url(request, batch)) for batch in page.batches]
    return {
        "data": data,
        "has_more": page.more,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
    }


def _results_url(request: Request, batch: Batch) -> str:
    """Where this client reaches the results."""
    return f"{_address(request)}{_PATH}/{batch.spec.id}/results"


def _address(request: Request) -> str:
    """Where this client reaches the gateway: at the address it asks at, or that of the proxy in between.

    The SDK sends its key wherever this says, so it must be this gateway. The names are taken
    from the client's own request and told to nobody else.
    """
    headers = request.headers
    # Of several proxies each may add its own; the first is the one that the client speaks to.
    scheme, host = (headers.get(f"x-forwarded-{name}", "").partition(",")[0].strip() for name in ("proto", "host"))
    host = host or headers.get("host", "")
    if scheme not in ("http", "https"):
        scheme = request.url.scheme
    if not _HOST.fullmatch(host):
        raise BadRequestError("The Host header is missing or not sane.")
    return f"{scheme}://{host}"
