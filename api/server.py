"""The front door as a process. Only here are its settings read from the environment."""

import asyncio
import logging
import socket
from importlib.metadata import version
from types import FrameType
from typing import Final

import structlog
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.auth import refuses_host
from api.bridge.settings import BridgeSettings
from api.connection import bounded_connection
from api.running import run_server
from api.settings import ApiSettings
from proto.errors import ErrorCode, GatewayError
from store.logs import LogSettings, configure_logging
from store.settings import StoreSettings
from store.tracing import start_tracing, stop_tracing
from tokens.settings import TokenSettings

log = structlog.get_logger()

#: Seconds before the end of `DRAIN_TIMEOUT` at which running answers are ended with an error of their dialect.
LAST_WORDS: Final = 1.0


class Server(uvicorn.Server):
    """Tells the app at the first signal, before connections are drained: no longer ready, and nobody is leaving."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        app = self.config.app
        if isinstance(app, FastAPI) and hasattr(app.state, "services"):
            app.state.services.health.stopping = True
            app.state.services.answers.stopping = True
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close as uvicorn does; what is still being answered shortly before the time is over is told so."""
        app, patience = self.config.app, float(self.config.timeout_graceful_shutdown or 0)
        timer = None
        if isinstance(app, FastAPI) and hasattr(app.state, "services"):
            last_words = max(patience - LAST_WORDS, patience / 2)
            timer = asyncio.get_running_loop().call_later(last_words, app.state.services.answers.break_off)
        try:
            await super().shutdown(sockets)
        finally:
            if timer is not None:
                timer.cancel()


def serve(host: str | None = None, port: int | None = None) -> None:
    """Serve until SIGTERM; running answers may then take `DRAIN_TIMEOUT` seconds to end.

    Raises:
        GatewayError: the host would let anybody in.
    """
    configure_logging(LogSettings())
    start_tracing("api")
    logging.getLogger("uvicorn.error").addFilter(_is_no_websocket_advice)
    settings = ApiSettings()
    host = host or settings.host
    port = settings.port if port is None else port
    if refuses_host(host, has_keys=settings.asks_for_key, allow_open=settings.allow_open):
        raise GatewayError(
            ErrorCode.INVALID_REQUEST,
            f"Refusing to serve on {host} without client keys: set API_TOKENS, or ALLOW_OPEN=1 to let anybody in.",
        )
    config = uvicorn.Config(
        create_app(settings, StoreSettings(), TokenSettings(), BridgeSettings().base_url),
        host=host,
        port=port,
        loop="uvloop",
        http=bounded_connection(settings.client_timeout),
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=round(settings.drain_timeout),
        timeout_keep_alive=75,
        backlog=4096,
    )
    log.info("process.started", role="api", version=version("warp2api"), host=host, port=port)
    run_server(Server(config))
    stop_tracing()
    log.info("process.stopped", role="api")


def _is_no_websocket_advice(record: logging.LogRecord) -> bool:
    """Codex asks for a websocket whenever it starts; uvicorn's advice to install a library for it would mislead."""
    return "WebSocket library" not in record.msg and "upgrade request" not in record.msg
