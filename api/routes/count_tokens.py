"""Counting a request's tokens before it is sent: no job, no queue, no upstream."""

import asyncio

from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.body import read_json
from api.replies import json_reply
from api.services import services_of
from proto.counting import count_conversation
from proto.dialects import get_dialect

router = APIRouter()


@router.post("/v1/messages/count_tokens")
async def count_tokens(request: Request) -> Response:
    """About how many input tokens a Messages request has; it need not say `max_tokens`."""
    services = services_of(request)
    services.client_keys.client(request.headers)
    try:
        body = await read_json(request, services.settings)
    except ClientDisconnect:
        return Response(status_code=499)
    parsed = get_dialect("anthropic").parse({**body, "max_tokens": 1}, services.catalogue.resolve)
    # A full body can take a second; the tokenizer lets go of the interpreter meanwhile.
    return json_reply({"input_tokens": await asyncio.to_thread(count_conversation, parsed.conversation)})
