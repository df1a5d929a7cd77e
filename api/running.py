"""A server from its start to its end, whenever the word to stop comes."""

import os
import signal

import uvicorn


def run_server(server: uvicorn.Server) -> None:
    """Serve until SIGTERM or SIGINT.

    Told to stop before it listens, the process ends at once: nobody has been served. While it serves the signals are
    uvicorn's, which raises them again once it has shut down, when there is nothing left to die of.

    Raises:
        SystemExit: it could not begin to serve; uvicorn has logged why.
    """

    def stop(*_: object) -> None:
        if not server.started:
            os._exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    server.run()
    if not server.started:
        raise SystemExit(1)
