"""Files: uploaded for batches, and what batches answer. `docs/batches.md` is the page."""

import math
from typing import Final

from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.body import body_pieces
from api.download import send_file
from api.file_view import file_list, file_view
from api.form import open_form
from api.query import choice_of, limit_of
from api.replies import json_reply
from api.services import services_of
from proto.batch_lines import MAX_FILE
from proto.batch_objects import LONGEST_LIFE, SHORTEST_LIFE
from proto.clients import Right
from proto.errors import BadRequestError, ErrorCode, GatewayError
from store.files import BATCH_INPUT, File

router = APIRouter()

#: Bytes of a form with a file: that of a batch, and room for what stands around it.
MAX_UPLOAD: Final = MAX_FILE + 64 * 1024
#: Files on a page: when not said, and at most. OpenAI lets clients ask for ten thousand; ours come in smaller pages.
PAGE: Final = 1000
MAX_PAGE: Final = 10_000


@router.post("/v1/files")
async def upload_file(request: Request) -> Response:
    """Take a file for a batch; it goes to the storage as it comes."""
    services = services_of(request)
    client = services.client_keys.client(request.headers, Right.BATCH)
    if services.client_keys.open and "origin" in request.headers:
        # A form is what a web page of anywhere may send without asking first.
        raise GatewayError(ErrorCode.NOT_PERMITTED, "Web pages may not upload to a gateway without keys.")
    form = open_form(request.headers.get("content-type"))
    try:
        async with services.files.upload() as upload:
            await form.read(body_pieces(request, MAX_UPLOAD, services.settings.client_timeout), upload.write)
            if form.filename is None or not upload.bytes:
                missing = "is missing" if form.filename is None else "is empty"
                raise BadRequestError(f"file: {missing}", param="file", code=ErrorCode.MISSING_FIELD)
            file = await upload.commit(
                client=client.name,
                filename=form.filename[:255] or "upload",
                purpose=_purpose(form.fields),
                ttl=min(_life(form.fields), services.files.ttl),
            )
    except ClientDisconnect:
        return Response(status_code=499)
    return json_reply(file_view(file))


@router.get("/v1/files")
async def list_files(request: Request) -> Response:
    """The client's files, in pages."""
    services = services_of(request)
    client = services.client_keys.client(request.headers, Right.BATCH)
    page = await services.files.page(
        client.name,
        purpose=request.query_params.get("purpose", ""),
        after=request.query_params.get("after", ""),
        limit=min(limit_of(request, default=PAGE, most=MAX_PAGE), PAGE),
        newest=choice_of(request, "order", ("desc", "asc")) == "desc",
    )
    return json_reply(file_list(page))


@router.get("/v1/files/{file_id}")
async def show_file(request: Request, file_id: str) -> Response:
    """What is known of a file."""
    return json_reply(file_view(await _file(request, file_id)))


@router.get("/v1/files/{file_id}/content")
async def download_file(request: Request, file_id: str) -> Response:
    """A file's bytes, or the range of them that is asked for."""
    file = await _file(request, file_id)
    return await send_file(request, services_of(request).files, file, "application/octet-stream")


@router.delete("/v1/files/{file_id}")
async def delete_file(request: Request, file_id: str) -> Response:
    """Delete a file."""
    services = services_of(request)
    client = services.client_keys.client(request.headers, Right.BATCH)
    await services.files.delete(client.name, file_id)
    return json_reply({"id": file_id, "object": "file", "deleted": True})


async def _file(request: Request, file_id: str) -> File:
    services = services_of(request)
    client = services.client_keys.client(request.headers, Right.BATCH)
    return await services.files.get(client.name, file_id)


def _purpose(fields: dict[str, str]) -> str:
    """Raises:
    BadRequestError: no purpose, or one that is not served.
    """
    purpose = fields.get("purpose")
    if purpose is None:
        raise BadRequestError("purpose: is missing", param="purpose", code=ErrorCode.MISSING_FIELD)
    if purpose != BATCH_INPUT:
        message = f"purpose: only {BATCH_INPUT!r} is served here"
        raise BadRequestError(message, param="purpose", code=ErrorCode.UNSUPPORTED_VALUE)
    return purpose


def _life(fields: dict[str, str]) -> float:
    """Seconds after which the client wants the file to be gone.

    Raises:
        BadRequestError: it says so in a way that is not understood.
    """
    anchor, seconds = fields.get("expires_after[anchor]"), fields.get("expires_after[seconds]")
    if anchor is None and seconds is None:
        return math.inf
    if anchor != "created_at":
        raise BadRequestError("expires_after[anchor]: must be created_at", param="expires_after[anchor]")
    if not (seconds and seconds.isascii() and seconds.isdigit() and len(seconds) < 9):
        raise BadRequestError("expires_after[seconds]: must be a number", param="expires_after[seconds]")
    if not SHORTEST_LIFE <= int(seconds) <= LONGEST_LIFE:
        message = f"expires_after[seconds]: must be from {SHORTEST_LIFE} to {LONGEST_LIFE}"
        raise BadRequestError(message, param="expires_after[seconds]")
    return int(seconds)
