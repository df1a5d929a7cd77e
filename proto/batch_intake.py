"""The requests of an Anthropic batch, found one by one in a body that is too large to be held as a whole."""

import re
from typing import Any, Final

import ijson
import orjson

from proto.dialects.common import missing, refusal
from proto.errors import BadRequestError
from proto.json_depth import JsonDepth

#: Requests in one batch (`docs/batches.md`).
MAX_REQUESTS: Final = 100_000
#: Bytes of the body that holds them.
MAX_BODY: Final = 256 * 1024 * 1024
#: Levels of nesting. The parser keeps the whole path of each level, so what it holds grows by their square.
MAX_DEPTH: Final = 256
_CUSTOM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class BatchIntake:
    """Takes the body's pieces as they come and gives back its requests as JSON lines.

    Args:
        max_request: bytes that one request may have.
    """

    def __init__(self, max_request: int) -> None:
        #: Requests so far.
        self.count = 0
        self._found = ijson.sendable_list()
        self._parser = ijson.items_coro(self._found, "requests.item", use_float=True)
        self._depth = JsonDepth(MAX_DEPTH)
        self._seen: set[str] = set()
        self._max_request = max_request
        #: Bytes since the last request was complete.
        self._pending = 0

    def feed(self, piece: bytes) -> bytes:
        """The lines of the requests that this piece of the body completes.

        Raises:
            BadRequestError: it is no JSON, or a request is not as it should be; the error names its field.
        """
        if not piece:
            return b""  # to the parser this would be the end
        if self._depth.exceeds(piece):
            raise refusal(f"requests[{self.count}]", f"is nested deeper than {MAX_DEPTH} levels")
        try:
            self._parser.send(piece)
        except ijson.JSONError:
            # Its message shows what stands around.
            raise BadRequestError("The request body is not valid JSON.") from None
        self._pending = 0 if self._found else self._pending + len(piece)
        if self._pending > self._max_request:
            raise refusal(f"requests[{self.count}]", f"is larger than {self._max_request} bytes")
        lines = b"".join([self._line(each) for each in self._found])
        self._found.clear()
        return lines

    def end(self) -> None:
        """The body is over.

        Raises:
            BadRequestError: it is not whole, or held no requests.
        """
        try:
            self._parser.close()
        except ijson.JSONError:
            raise BadRequestError("The request body is not valid JSON: its end is missing.") from None
        if not self.count:
            raise refusal("requests", "must be an array of at least one request")

    def _line(self, request: Any) -> bytes:
        path = f"requests[{self.count}]"
        if self.count == MAX_REQUESTS:
            raise refusal("requests", f"a batch may have {MAX_REQUESTS} requests")
        self.count += 1
        if not isinstance(request, dict):
            raise refusal(path, "Input should be an object")
        custom_id, params = check_request(request, self._seen, f"{path}.")
        try:
            return orjson.dumps({"custom_id": custom_id, "params": params}) + b"\n"
        except (orjson.JSONEncodeError, RecursionError) as error:
            raise refusal(f"{path}.params", "cannot be stored: it holds what JSON does not know") from error


def check_request(request: dict[str, Any], seen: set[str], within: str = "") -> tuple[str, dict[str, Any]]:
    """The `custom_id` and `params` of one request; the first is added to those `seen`.

    Raises:
        BadRequestError: they are not as they should be; the field's name begins with `within`.
    """
    custom_id, params = request.get("custom_id"), request.get("params")
    if custom_id is None:
        raise missing(f"{within}custom_id")
    if not isinstance(custom_id, str) or not _CUSTOM_ID.fullmatch(custom_id):
        raise refusal(f"{within}custom_id", "must be 1 to 64 letters, digits, '-' or '_'")
    if custom_id in seen:
        raise refusal(f"{within}custom_id", f"{custom_id!r} was used before in this batch")
    seen.add(custom_id)
    if params is None:
        raise missing(f"{within}params")
    if not isinstance(params, dict):
        raise refusal(f"{within}params", "Input should be an object")
    return custom_id, params
