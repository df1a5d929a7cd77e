"""What the routes work with, built once by `api.app`."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection, Request

from api.answer import Answers
from api.auth import ClientKeys
from api.bridge_probe import BridgeProbe
from api.health import Health
from api.image_fetch import ImageFetcher
from api.kept import KeptAnswers
from api.metrics import DoorMetrics
from api.settings import ApiSettings
from api.store_metrics import StoreMetrics
from api.submit import Desk
from proto.models import ModelCatalogue
from store.batches import Batches
from store.files import Files


@dataclass(frozen=True)
class DoorServices:
    """What both apps have that clients come to, the front door and the bridge."""

    settings: ApiSettings
    client_keys: ClientKeys
    catalogue: ModelCatalogue


@dataclass(frozen=True)
class Services(DoorServices):
    """The parts of one front door."""

    desk: Desk
    answers: Answers
    kept: KeptAnswers
    files: Files
    batches: Batches
    health: Health
    metrics: DoorMetrics
    store_metrics: StoreMetrics
    bridge: BridgeProbe
    #: Fetches remote images, where the operator lets it.
    images: ImageFetcher | None


def door_of(connection: HTTPConnection) -> DoorServices:
    """The parts of whichever app serves this request."""
    services: DoorServices = connection.app.state.services
    return services


def services_of(request: Request) -> Services:
    """The parts of the front door that serves this request."""
    services: Services = request.app.state.services
    return services
