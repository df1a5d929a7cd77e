"""The JSON of a request, wherever it came from: an object of a bounded number of items, or a clear refusal."""

import gc
from typing import Any, Final

import orjson

from proto.errors import BadRequestError

#: Items in all arrays of a body together. Each costs some 25 microseconds in which every other stream has to wait.
MAX_ITEMS: Final = 20_000


def decode_json(body: bytes) -> dict[str, Any]:
    """The object that a body holds.

    Raises:
        BadRequestError: not JSON, not an object, or more items than `MAX_ITEMS`.
    """
    decoded = _decode(body)
    if not isinstance(decoded, dict):
        raise BadRequestError("The request body must be a JSON object.")
    _check_items(decoded)
    return decoded


def _decode(body: bytes) -> Any:
    gc.disable()  # a million new arrays would start it over and over, to find nothing
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequestError(f"The request body is not valid JSON: {error}") from error
    finally:
        gc.enable()


def _check_items(body: dict[str, Any]) -> None:
    items = 0
    for name, member in body.items():
        unseen = [member]
        while unseen:
            value = unseen.pop()
            if isinstance(value, dict):
                unseen.extend(value.values())
            elif isinstance(value, list):
                items += len(value)
                if items > MAX_ITEMS:
                    field = name[:64]
                    body.clear()  # the exception would keep it alive for a while
                    raise BadRequestError(f"{field}: a request's arrays may hold {MAX_ITEMS} items.", param=field)
                unseen.extend(value)
