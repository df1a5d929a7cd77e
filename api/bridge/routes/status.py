"""Liveness."""

from fastapi import APIRouter
from starlette.responses import Response

from api.replies import json_reply
from api.routes.status import VERSION

router = APIRouter()

#: How the bridge calls itself; by it the front door knows that it is one that answers.
SERVICE = "warp2api bridge"


@router.get("/healthz")
async def healthz() -> Response:
    """Alive: always 200, and needs neither key nor store."""
    return json_reply({"status": "ok", "service": SERVICE, "version": VERSION})
