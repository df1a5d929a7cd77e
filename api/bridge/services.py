"""What the bridge's routes work with, built once by `api.bridge.app`."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from api.bridge.monitor.hub import Hub
from api.services import DoorServices
from store.connection import Store
from store.jobs import Jobs
from tokens.pool import TokenPool


@dataclass(frozen=True)
class BridgeServices(DoorServices):
    """The parts of one bridge."""

    store: Store
    jobs: Jobs
    pool: TokenPool
    hub: Hub


def bridge_of(connection: HTTPConnection) -> BridgeServices:
    """The parts that serve this request or websocket."""
    services: BridgeServices = connection.app.state.services
    return services
