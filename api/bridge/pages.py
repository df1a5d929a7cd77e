"""Which web pages may have a browser talk to a bridge that asks for no key."""

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers


def is_own_page(headers: Headers) -> bool:
    """Whether this is no page of somebody else's, in a browser on a machine that may come here without a key.

    A browser says which page asks. That page has to be of the same host, and the host no name: a name of somebody
    else's can be made to lead here.
    """
    origin = headers.get("origin")
    if origin is None:
        return True
    page = urlsplit(origin)
    if page.netloc != headers.get("host"):
        return False
    host = page.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return True
