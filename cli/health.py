"""`warp2api health`: whether the process beside it lives, for the health checks of containers."""

import asyncio
import http.client
import socket
from enum import StrEnum
from typing import Final

from api.bridge.settings import BridgeSettings
from api.reach import reachable
from api.settings import ApiSettings
from cli.settings import FlowerSettings
from proto.jobs import CONTROL_QUEUE, Lane
from proto.keys import Keys
from store.connection import Store
from store.monitor import Monitor
from store.settings import StoreSettings

#: Seconds the question may take.
PATIENCE: Final = 4.0


class Part(StrEnum):
    """The kinds of processes that can be asked about."""

    API = "api"
    BRIDGE = "bridge"
    FLOWER = "flower"
    WORKER = "worker"
    KEEPER = "keeper"


def run_health(part: Part) -> int:
    """0 if such a process of this host lives, 1 if not; one line says why."""
    of_worker = part in (Part.WORKER, Part.KEEPER)
    problem = asyncio.run(_of_worker(part)) if of_worker else _of_server(*_address(part))
    print(problem or f"{part} lives")
    return 1 if problem else 0


def _address(part: Part) -> tuple[str, int, str]:
    """Where a server listens, and what it answers with 200 while it lives."""
    if part is Part.API:
        api = ApiSettings()
        return api.host, api.port, "/healthz"
    if part is Part.BRIDGE:
        bridge = BridgeSettings()
        return bridge.bridge_host, bridge.bridge_port, "/healthz"
    flower = FlowerSettings()
    return flower.flower_host, flower.flower_port, "/healthcheck"


def _of_server(host: str, port: int, path: str) -> str:
    connection = http.client.HTTPConnection(reachable(host), port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"port {port} does not answer: {type(error).__name__}"
    finally:
        connection.close()
    return "" if status == http.client.OK else f"port {port} answers with {status}"


async def _of_worker(part: Part) -> str:
    """By the heartbeat it writes into the store; a worker names itself after its host.

    Raises:
        StoreError: the store is away, so nobody knows.
    """
    settings = StoreSettings()
    store = Store(settings.redis_url.get_secret_value())
    try:
        async with asyncio.timeout(PATIENCE):
            rows = (await Monitor(store, Keys(settings.deployment)).overview()).workers
    except TimeoutError:
        return "the store does not answer"
    finally:
        await store.aclose()
    lanes = {CONTROL_QUEUE} if part is Part.KEEPER else set(Lane)
    here = any(row.lane in lanes and row.id.startswith(f"{socket.gethostname()}:") for row in rows)
    return "" if here else f"no {part} of this host has been heard of lately"
