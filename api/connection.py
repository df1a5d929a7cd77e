"""What one connection may cost: uvicorn's protocol on httptools, with the bounds that it lacks.

By itself it waits for ever for a request's head and body, keeps a head of any size, and waits for ever for a client
that does not read.
"""

import asyncio
from functools import partial
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Bytes of a request's line and headers together.
MAX_HEAD = 64 * 1024


class BoundedConnection(HttpToolsProtocol):
    """Closes the connection of a client that takes too long.

    Args:
        patience: seconds a request's head, then its body, may take to arrive, and for which a client may leave a full
            buffer unread. A body that the app still waits for is the app's to refuse; it gets the time to say so.
        uvicorn: what uvicorn gives to every protocol.
    """

    def __init__(self, *, patience: float, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._patience = patience
        self._in_head = True
        self._head_size = 0
        self._arrival: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A request is expected from here on."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is expected any more."""
        self._expect_nothing()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take no more of a head than it may have; of a connection kept alive, the first bytes begin the next request.

        One reading of the socket can be four times as large, and end the head it began.
        """
        if self._in_head and self._arrival is None:
            self._expect()
        while data and self._in_head and not self.transport.is_closing():
            room = MAX_HEAD + 1 - self._head_size
            piece, data = data[:room], data[room:]
            self._head_size += len(piece)
            super().data_received(piece)
            if self._in_head and self._head_size > MAX_HEAD and not self.transport.is_closing():
                self.send_400_response(f"The request's headers are larger than {MAX_HEAD} bytes.")
        if data and not self.transport.is_closing():
            super().data_received(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header, but not a trailer: nobody reads those, and they would have no bound."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The body comes next, in a time of its own."""
        self._in_head = False
        self._expect()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is here; until the first byte of the next one, uvicorn's keep-alive counts."""
        self._in_head = True
        self._head_size = 0
        self._expect_nothing()
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The client does not read; it is waited for, but not for ever."""
        super().pause_writing()
        if self._reading is None:
            self._reading = self.loop.call_later(self._patience, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _expect(self) -> None:
        self._expect_nothing()
        self._arrival = self.loop.call_later(self._patience, self._too_late)

    def _expect_nothing(self) -> None:
        if self._arrival is not None:
            self._arrival.cancel()
            self._arrival = None

    def _too_late(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._expect()  # an answer is under way; what else the client sends must not cut it off
        else:
            self.transport.close()


def bounded_connection(patience: float) -> type[asyncio.Protocol]:
    """A factory of connections, in the form that uvicorn's `http` option takes."""
    return cast("type[asyncio.Protocol]", partial(BoundedConnection, patience=patience))
