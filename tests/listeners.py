"""A port on which something listens, for tests that need one taken."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def listener() -> Iterator[int]:
    """A loopback port on which something listens, and nothing any more afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]
