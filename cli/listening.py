"""Servers of one's own before they are started: where they will listen, and whether they can."""

import socket
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from api.reach import local_url, reachable
from cli.problems import SetupError

LOOPBACK: Final = "127.0.0.1"
#: How many ports after the wanted one are tried.
NEXT: Final = 100


@dataclass(frozen=True)
class Listening:
    """Where a server listens, and the variable that says on which port."""

    host: str
    port: int
    variable: str

    @property
    def url(self) -> str:
        """Its address on this machine."""
        return local_url(self.host, self.port)

    @property
    def is_taken(self) -> bool:
        """Whether something listens there."""
        return listens(reachable(self.host), self.port)


def check_free(servers: Sequence[Listening]) -> None:
    """Raises:
    SetupError: something listens there already, or two of them want the same port.
    """
    variables: dict[int, str] = {}
    for server in servers:
        if not server.port:
            raise SetupError(f"{server.variable}: 0 leaves nothing to connect to; choose a port")
        if server.is_taken:
            raise SetupError(
                f"{server.variable}: something listens on {server.host}:{server.port} already; stop it, or choose "
                f"another with {server.variable}=…"
            )
        if server.port in variables:
            raise SetupError(f"{server.variable}: {server.port} is {variables[server.port]} too; choose another")
        variables[server.port] = server.variable


def listens(host: str, port: int) -> bool:
    """Whether something takes connections there."""
    try:
        socket.create_connection((host.strip("[]"), port), timeout=1).close()
    except OSError:
        return False
    return True


def next_free(wanted: int, taken: Collection[int]) -> int:
    """The first port from `wanted` on that is neither taken nor listened on.

    Raises:
        SetupError: there is none among the next hundred.
    """
    for port in range(wanted, wanted + NEXT):
        if port not in taken and not listens(LOOPBACK, port):
            return port
    raise SetupError(f"no port from {wanted} to {wanted + NEXT - 1} is free")
