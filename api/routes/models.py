"""The model list, in the shape of whoever asks."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.errors import vendor_of
from api.query import limit_of
from api.replies import json_reply
from api.services import door_of
from proto.dialects.base import Vendor
from proto.errors import ErrorCode, GatewayError
from proto.models import MAX_PAGE, PAGE

router = APIRouter()


@router.get("/v1/models")
async def list_models(request: Request) -> Response:
    """All names worth listing; in pages for Anthropic's clients."""
    services = door_of(request)
    services.client_keys.client(request.headers)
    if vendor_of(request) is not Vendor.ANTHROPIC:
        return json_reply(services.catalogue.openai_list())
    query = request.query_params
    page = services.catalogue.anthropic_list(
        limit_of(request, default=PAGE, most=MAX_PAGE), query.get("after_id", ""), query.get("before_id", "")
    )
    return json_reply(page)


@router.get("/v1/models/{model:path}")
async def get_model(request: Request, model: str) -> Response:
    """One model, by its id or by a name that an alias covers."""
    services = door_of(request)
    services.client_keys.client(request.headers)
    found = services.catalogue.find(model)
    if found is None:
        raise GatewayError(ErrorCode.MODEL_NOT_FOUND, f"There is no model {model!r} here.", param="model")
    return json_reply(found.anthropic() if vendor_of(request) is Vendor.ANTHROPIC else found.openai())
