"""What a chat's headers ask for beyond the answer: ids to come back by, and what leaving means."""

from typing import NamedTuple, TypeVar

from starlette.datastructures import Headers

from proto.clients import Leaving
from proto.errors import BadRequestError

T = TypeVar("T")

_YES_NO = {"": False, "0": False, "false": False, "1": True, "true": True}
_ON_DISCONNECT = {choice.value: choice for choice in Leaving}


class Wishes(NamedTuple):
    """`resumable`: frames carry ids. `detached`: nobody waits for the answer. `keep`: the log outlives its delivery."""

    resumable: bool
    detached: bool
    leaving: Leaving
    keep: bool


def wishes_of(headers: Headers, *, default: Leaving) -> Wishes:
    """Read a request's headers; `default` is what leaving means for this client if nothing says otherwise.

    Raises:
        BadRequestError: a header has a value it cannot have.
    """
    resumable = _choice(headers, "X-Resumable", _YES_NO, default=False)
    detached = "respond-async" in _preferences(headers)
    comes_back = resumable or detached or bool(headers.get("idempotency-key"))
    leaving = _choice(headers, "X-On-Disconnect", _ON_DISCONNECT, default=Leaving.DRAIN if comes_back else default)
    if detached:
        leaving = Leaving.DRAIN
    return Wishes(resumable, detached, leaving, keep=comes_back or leaving is Leaving.DRAIN)


def wants_coalescing(headers: Headers) -> bool:
    """Whether lines of a batch that ask the same may share an answer.

    Raises:
        BadRequestError: the header has a value it cannot have.
    """
    return _choice(headers, "X-Coalesce", _YES_NO, default=False)


def _choice(headers: Headers, name: str, choices: dict[str, T], *, default: T) -> T:
    value = headers.get(name)
    if value is None:
        return default
    try:
        return choices[value.strip().lower()]
    except KeyError:
        allowed = ", ".join(word for word in choices if word)
        raise BadRequestError(f"{name} must be one of: {allowed}.", param=name) from None


def _preferences(headers: Headers) -> set[str]:
    """The names in all `Prefer` headers (RFC 7240), without their values and parameters."""
    listed = ",".join(headers.getlist("prefer")).split(",")
    return {item.partition(";")[0].partition("=")[0].strip().lower() for item in listed}
