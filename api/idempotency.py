"""The `Idempotency-Key` header: which job a request that is sent again belongs to."""

import hashlib
import re
from typing import Any, Final

import orjson
from starlette.requests import Request

from proto.errors import BadRequestError
from store.admission import Binding

HEADER: Final = "Idempotency-Key"
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")


def binding_of(request: Request, body: Any, *wishes: Any) -> Binding | None:
    """The request's idempotency key with what must be the same when it comes again: the route, the body, and `wishes`,
    what its headers say that makes another request of it.

    The body counts as what it says, not how it is written: order of members and white space do not matter.

    Raises:
        BadRequestError: as `key_of`, or the body is nested too deeply.
    """
    key = key_of(request)
    if key is None:
        return None
    try:
        content = orjson.dumps([request.url.path, body, *wishes], option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:  # what can be read may be nested deeper than what can be written
        raise BadRequestError("The request body is nested too deeply.") from error
    return Binding(key, hashlib.sha256(content).hexdigest())


def key_of(request: Request) -> str | None:
    """The request's idempotency key, as a digest.

    Raises:
        BadRequestError: it is empty, too long, or not of printable characters.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise BadRequestError(f"{HEADER} is 1 to 255 printable ASCII characters without spaces.", param=HEADER)
    return hashlib.sha256(key.encode()).hexdigest()


def replayed(again: bool) -> dict[str, str]:
    """The header that tells a client whether its request had been answered before."""
    return {"idempotent-replayed": "true"} if again else {}
