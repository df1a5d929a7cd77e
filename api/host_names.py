"""Names by which a gateway that asks for no key may be called: those that nobody on the internet owns.

Somebody else's name can be made to lead to 127.0.0.1 once a browser has loaded a page from it (DNS rebinding). To the
browser the gateway is then that page's own server, which it may ask and read as it likes. The Host header still tells.
"""

import ipaddress
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

#: Endings that the public DNS does not have (RFC 6761, 6762, 8375; `internal` is kept for private use).
_LOCAL: Final = (".localhost", ".local", ".internal", ".home.arpa", ".test")


@lru_cache(maxsize=64)
def is_nobodys_name(host: str) -> bool:
    """Whether a Host header holds an address, a name of one word, a name with a local ending, or nothing."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return _is_address(name) or "." not in name or name.endswith(_LOCAL)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
