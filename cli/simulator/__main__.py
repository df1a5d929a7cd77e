"""`python -m cli.simulator`: runs one. Its first line of output says where it listens."""

import logging
from pathlib import Path
from typing import Annotated

import msgspec
import typer
import uvicorn
import uvloop

from api.reach import held_port
from cli.simulator.app import create_simulator
from cli.simulator.options import Options

_LOOPBACK = "127.0.0.1"
#: Seconds that open streams are given at a SIGTERM.
_GRACE = 1


def main(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 0,
    options: Annotated[str, typer.Option(help="Settings as JSON, as POST /_sim/settings takes them.")] = "{}",
    cert: Annotated[Path | None, typer.Option(help="Certificate chain (PEM): TLS with HTTP/2, by granian.")] = None,
    key: Annotated[Path | None, typer.Option(help="The certificate's key (PEM).")] = None,
    h2_streams: Annotated[int, typer.Option(help="Streams that one HTTP/2 connection may have open.")] = 200,
    host: Annotated[str, typer.Option(help="Address to listen on; it asks nobody who they are.")] = _LOOPBACK,
) -> None:
    """Run the upstream simulator."""
    chosen = msgspec.json.decode(options, type=Options)
    if cert is None or key is None:
        _serve_plain(chosen, host, port)
    else:
        uvloop.run(_serve_tls(chosen, host, port, cert, key, h2_streams))


def _serve_plain(options: Options, host: str, port: int) -> None:
    config = uvicorn.Config(
        create_simulator(options),
        host=host,
        port=port,
        lifespan="off",
        access_log=False,
        log_level="error",
        timeout_graceful_shutdown=_GRACE,
    )
    logging.getLogger("uvicorn.error").addFilter(_is_no_cut)
    listener = config.bind_socket()
    _announce("http", host, listener.getsockname()[1])
    uvicorn.Server(config).run(sockets=[listener])


def _is_no_cut(record: logging.LogRecord) -> bool:
    """To uvicorn, a scripted cut is an error of the application."""
    return "without completing response" not in record.getMessage()


async def _serve_tls(options: Options, host: str, port: int, cert: Path, key: Path, h2_streams: int) -> None:
    from granian.constants import Interfaces
    from granian.http import HTTP2Settings
    from granian.log import LogLevels
    from granian.server.embed import Server

    with held_port(port) as held:
        server = Server(
            create_simulator(options),
            address=host,
            port=held,
            interface=Interfaces.ASGINL,
            ssl_cert=cert,
            ssl_key=key,
            http2_settings=HTTP2Settings(max_concurrent_streams=h2_streams),
            log_level=LogLevels.critical,
        )
        _announce("https", host, held)
        await server.serve()


def _announce(scheme: str, host: str, port: int) -> None:
    print(f"simulator at {scheme}://{host}:{port}", flush=True)


if __name__ == "__main__":
    typer.run(main)
