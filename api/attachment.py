"""One request attached to one job, from before its admission to the last byte of its answer."""

import asyncio

from starlette.types import Receive

from api.marks import Marks
from api.reader import ClientGoneError, Reader
from proto.errors import ErrorCode, GatewayError


class Attachment:
    """What is known of one request's reading, and the watch for its client's leaving.

    Args:
        reader: what it reads.
        receive: the request's; from now on nobody else may use it.
        marks: what its answer comes to.
        keep: whether the job's log lives no shorter once it is delivered.
    """

    def __init__(self, reader: Reader, receive: Receive, marks: Marks, *, keep: bool) -> None:
        self.reader = reader
        self.marks = marks
        self.keep = keep
        #: Whether the job is, or may be, there to be left; it is not while it has yet to be admitted.
        self.joined = False
        #: Whether the client was given everything.
        self.delivered = False
        #: Whether a response under way has taken this over, and will let it go.
        self.handed_over = False
        #: Whether the client can go on elsewhere by the ids it has.
        self.resumable = False
        self._watcher = asyncio.create_task(self._watch(receive), name="client-watcher")

    def stop_watching(self) -> None:
        """The request is over."""
        self._watcher.cancel()

    def break_off(self) -> None:
        """This process stops: say so. A stream with ids is left to be cut: its client goes on elsewhere."""
        if not self.handed_over:
            message = "This front door is being stopped; ask again."
            self.reader.fail(GatewayError(ErrorCode.UNAVAILABLE, message, retry_after=1))
        elif not self.resumable:
            message = "This front door was stopped; the answer is incomplete."
            self.reader.fail(GatewayError(ErrorCode.INTERRUPTED, message))

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.reader.fail(ClientGoneError())
