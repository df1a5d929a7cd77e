"""An address of Redis that is not one server's: whom to ask for the server that is in charge now.

`sentinel://user:password@host:port,host:port/0?master=name` names Sentinels. User and password are the servers';
`sentinel_username` and `sentinel_password` are the Sentinels' own, if they ask for one. With `replicas=1`, what must
not be forgotten counts as written once one replica has it too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

SENTINEL_PORT: Final = 26379
#: Login and places, the database, the query. `urlsplit` is no help: it may refuse a list with an IPv6 address in it.
_ADDRESS: Final = re.compile(r"sentinel://([^/?#]*)/?(\d*)/?(?:\?([^#]*))?")


@dataclass(frozen=True)
class SentinelUrl:
    """An address of Sentinels, read."""

    hosts: tuple[tuple[str, int], ...]
    master: str
    db: int
    #: How many replicas must have what must not be forgotten.
    replicas: int
    #: User and password of the servers, and of the Sentinels, as far as there are any.
    login: Mapping[str, str] = field(repr=False)
    sentinel_login: Mapping[str, str] = field(repr=False)


def is_sentinel(url: str) -> bool:
    """Whether the address is one of Sentinels."""
    return url.startswith("sentinel://")


def read_sentinel_url(url: str) -> SentinelUrl:
    """Read an address of Sentinels.

    Raises:
        ValueError: it is not one; the message does not repeat it.
    """
    address = _ADDRESS.fullmatch(url)
    authority, database, questions = address.groups("") if address else ("", "", "")
    query = dict(parse_qsl(questions))
    master = query.pop("master", "")
    sentinel_login = _login(query.pop("sentinel_username", ""), query.pop("sentinel_password", ""))
    login, _, places = authority.rpartition("@")
    hosts = tuple(_host(place) for place in places.split(",") if place)
    replicas = query.pop("replicas", "0")
    if not master or not hosts or query or not replicas.isdecimal():
        raise ValueError("an address of Sentinels is sentinel://user:password@host:port,host:port/0?master=name")
    user, _, password = login.partition(":")
    return SentinelUrl(
        hosts, master, int(database or 0), int(replicas), _login(unquote(user), unquote(password)), sentinel_login
    )


def _host(place: str) -> tuple[str, int]:
    # As in any URL: [::1]:26379, name:26379, name.
    parts = urlsplit(f"//{place}")
    return parts.hostname or "localhost", parts.port or SENTINEL_PORT


def _login(user: str, password: str) -> dict[str, Any]:
    return {name: value for name, value in (("username", user), ("password", password)) if value}
