"""Query parameters of lists."""

from collections.abc import Sequence

from starlette.requests import Request

from proto.errors import BadRequestError


def limit_of(request: Request, *, default: int, most: int) -> int:
    """How many entries a page is to have.

    Raises:
        BadRequestError: not a number from 1 to `most`.
    """
    given = request.query_params.get("limit", str(default))
    if not (given.isascii() and given.isdigit() and len(given) < 9 and 1 <= int(given) <= most):
        raise BadRequestError(f"limit: must be a number from 1 to {most}", param="limit")
    return int(given)


def choice_of(request: Request, name: str, choices: Sequence[str]) -> str:
    """One of several words, the first if none is given.

    Raises:
        BadRequestError: it is another one.
    """
    given = request.query_params.get(name, choices[0])
    if given not in choices:
        raise BadRequestError(f"{name}: must be one of {', '.join(filter(None, choices))}", param=name)
    return given
