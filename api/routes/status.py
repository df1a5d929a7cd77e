"""Liveness, readiness, and a front page that says what this is."""

from importlib.metadata import version

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.openapi import document
from api.replies import json_reply
from api.services import services_of

router = APIRouter()

VERSION = version("warp2api")


@router.get("/")
async def front_page(request: Request) -> Response:
    """What runs here and where to go, and whether the bridge is there."""
    bridge = services_of(request).bridge
    return json_reply(
        {
            "service": "warp2api",
            "version": VERSION,
            "bridge": {"url": bridge.url, "reachable": await bridge.is_reachable()},
            "endpoints": [
                "/v1/chat/completions",
                "/v1/messages",
                "/v1/responses",
                "/v1/files",
                "/v1/batches",
                "/v1/messages/batches",
                "/v1/models",
                "/v1/jobs/{id}",
                "/healthz",
                "/readyz",
                "/metrics",
                "/openapi.json",
            ],
        }
    )


@router.get("/openapi.json")
async def openapi() -> Response:
    """All of this, described for programs."""
    return Response(document(), media_type="application/json")


@router.get("/healthz")
async def healthz(request: Request) -> Response:
    """Alive: always 200. `pool_stats` is null when the store does not answer within 200 ms."""
    pool_stats = await services_of(request).health.pool_stats()
    return json_reply({"status": "ok", "version": VERSION, "pool_stats": pool_stats})


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """Ready for chats: 200, else 503; the body says what is missing."""
    ready = await services_of(request).health.readiness()
    return json_reply({"ready": all(ready.values()), **ready}, status=200 if all(ready.values()) else 503)
