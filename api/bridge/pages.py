"""Which web pages may have a browser talk to a bridge that asks for no key."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers

from api.host_names import is_nobodys_name


def is_own_page(headers: Headers) -> bool:
    """Whether this is no page of somebody else's, in a browser on a machine that may come here without a key.

    A browser says which page asks. That page has to be of the same host, and the host's name nobody's.
    """
    origin = headers.get("origin")
    if origin is None:
        return True
    return urlsplit(origin).netloc == headers.get("host") and is_nobodys_name(headers.get("host", ""))
