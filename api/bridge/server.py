"""The bridge as a process. Only here are its settings read from the environment."""

from importlib.metadata import version

import structlog
import uvicorn

from api.auth import refuses_host
from api.bridge.app import create_app
from api.bridge.settings import BridgeSettings
from api.connection import bounded_connection
from api.running import run_server
from api.settings import ApiSettings
from proto.errors import ErrorCode, GatewayError
from store.logs import LogSettings, configure_logging
from store.settings import StoreSettings
from tokens.settings import TokenSettings

log = structlog.get_logger()

#: Bytes of one message of a websocket's client: wishes, not contents.
MAX_MESSAGE = 64 * 1024
#: Seconds that a request may take to end after SIGTERM. Watchers are sent away at once, and come back to the next one.
PATIENCE = 5


def serve(host: str | None = None, port: int | None = None) -> None:
    """Serve until SIGTERM.

    Raises:
        GatewayError: the host would let anybody in.
    """
    configure_logging(LogSettings())
    bridge, settings = BridgeSettings(), ApiSettings()
    host = host or bridge.bridge_host
    if refuses_host(host, has_keys=settings.asks_for_key, allow_open=settings.allow_open):
        raise GatewayError(
            ErrorCode.INVALID_REQUEST,
            f"Refusing to serve on {host} without client keys: set API_TOKENS, or ALLOW_OPEN=1 to let anybody in.",
        )
    port = bridge.bridge_port if port is None else port
    log.info("process.started", role="bridge", version=version("warp2api"), host=host, port=port)
    config = uvicorn.Config(
        create_app(settings, StoreSettings(), TokenSettings()),
        host=host,
        port=port,
        loop="uvloop",
        http=bounded_connection(settings.client_timeout),
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE,
        lifespan="on",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=PATIENCE,
    )
    run_server(uvicorn.Server(config))
    log.info("process.stopped", role="bridge")
