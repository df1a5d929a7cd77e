"""The model list, in the shape of whoever asks."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.errors import dialect_of
from api.replies import json_reply
from api.services import services_of
from proto.errors import ErrorCode, GatewayError

router = APIRouter()


@router.get("/v1/models")
async def list_models(request: Request) -> Response:
    """All configured models."""
    services = services_of(request)
    services.client_keys.client(request.headers)
    anthropic = dialect_of(request).name == "anthropic"
    return json_reply(services.catalogue.anthropic_list() if anthropic else services.catalogue.openai_list())


@router.get("/v1/models/{model:path}")
async def get_model(request: Request, model: str) -> Response:
    """One model, by its id or by a name that an alias covers."""
    services = services_of(request)
    services.client_keys.client(request.headers)
    found = services.catalogue.find(model)
    if found is None:
        raise GatewayError(ErrorCode.MODEL_NOT_FOUND, f"There is no model {model!r} here.", param="model")
    return json_reply(found.anthropic() if dialect_of(request).name == "anthropic" else found.openai())
