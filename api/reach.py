"""Servers of one's own on this machine: where they are reached, and ports that are kept for them."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def reachable(host: str) -> str:
    """A host to connect to for a host to listen on, as it stands in a URL."""
    if host in ("", "0.0.0.0"):  # noqa: S104  # compared, not listened on
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def local_url(host: str, port: int) -> str:
    """The address of a server that listens there, as a local client writes it."""
    return f"http://{reachable(host)}:{port}"


@contextmanager
def held_port(wanted: int = 0) -> Iterator[int]:
    """A loopback port that nobody else is given during the block: a server may start there, and start again.

    A socket stays bound to it and does not listen. The kernel then gives the port to no connection and to nobody who
    asks for any, and still lets one server listen there that sets SO_REUSEADDR, as servers do. That is Linux;
    elsewhere the port was free when it was asked for, and no more.

    Args:
        wanted: the port; 0 takes any that is free.

    Raises:
        OSError: `wanted` is taken.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", wanted))
        port: int = holder.getsockname()[1]
        if sys.platform != "linux":
            holder.close()
        yield port
