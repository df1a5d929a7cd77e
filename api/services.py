"""What the routes work with, built once by `api.app`."""

from dataclasses import dataclass

from starlette.requests import Request

from api.answer import Answers
from api.auth import ClientKeys
from api.health import Health
from api.image_fetch import ImageFetcher
from api.kept import KeptAnswers
from api.settings import ApiSettings
from api.submit import Desk
from proto.models import ModelCatalogue


@dataclass(frozen=True)
class Services:
    """The parts of one front door."""

    settings: ApiSettings
    client_keys: ClientKeys
    catalogue: ModelCatalogue
    desk: Desk
    answers: Answers
    kept: KeptAnswers
    health: Health
    #: Fetches remote images, where the operator lets it.
    images: ImageFetcher | None


def services_of(request: Request) -> Services:
    """The parts that serve this request."""
    services: Services = request.app.state.services
    return services
