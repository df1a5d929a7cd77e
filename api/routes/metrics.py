"""Numbers for Prometheus: this front door's own, and those that are kept for the whole deployment."""

import ipaddress

from fastapi import APIRouter
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from api.services import services_of
from proto.clients import Right

router = APIRouter()

#: What a proxy adds to a request that it passes on for somebody else.
_FORWARDED = ("forwarded", "x-forwarded-for")


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Counts alone. Who asks from this machine needs no key; anybody else one with the right `monitor`."""
    services = services_of(request)
    if not _is_local(request):
        services.client_keys.client(request.headers, Right.MONITOR)
    page = generate_latest(services.metrics.registry) + await services.store_metrics.page()
    return Response(page, media_type=CONTENT_TYPE_LATEST)


def _is_local(request: Request) -> bool:
    """Whether a program on this machine asks for itself."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    return ipaddress.ip_address(request.client.host).is_loopback
