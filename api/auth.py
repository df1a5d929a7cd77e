"""Client keys: who may ask, and under which name its jobs are kept."""

import hashlib
import hmac
import ipaddress
from collections.abc import Sequence

from starlette.datastructures import Headers

from proto.errors import ErrorCode, GatewayError

#: The client of a gateway without keys.
OPEN_CLIENT = "open"


class ClientKeys:
    """The configured keys. Both headers are read on every route: an SDK's choice of header says nothing."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._digests = [hashlib.sha256(key.encode()).digest() for key in keys]

    def client(self, headers: Headers) -> str:
        """The name of the client that sent these headers: a fingerprint of its key, never the key.

        Raises:
            GatewayError: INVALID_API_KEY when keys are configured and neither header carries one.
        """
        if not self._digests:
            return OPEN_CLIENT
        for offered in _offered(headers):
            digest = hashlib.sha256(offered.encode()).digest()
            # Every key is compared, whichever matches: the time taken tells nothing.
            if sum(hmac.compare_digest(digest, known) for known in self._digests):
                return digest.hex()[:16]
        raise GatewayError(
            ErrorCode.INVALID_API_KEY,
            "Missing or incorrect API key: send one of this gateway's keys as `Authorization: Bearer …` "
            "or `x-api-key`.",
        )


def _offered(headers: Headers) -> list[str]:
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    offered = [bearer.strip()] if scheme.lower() == "bearer" else []
    return [key for key in (*offered, headers.get("x-api-key", "")) if key]


def refuses_host(host: str, *, has_keys: bool, allow_open: bool) -> bool:
    """Whether serving on `host` would let anybody in: not loopback, no client keys, not permitted on purpose."""
    if has_keys or allow_open or host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True
