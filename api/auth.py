"""Client keys: who may ask, and under which name its jobs are kept."""

import ipaddress
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import structlog
from starlette.datastructures import Headers

from api.host_names import is_nobodys_name
from api.keys_file import KeysFileError, hash_of, read_keys
from api.settings import ApiSettings
from proto.clients import NO_LIMITS, OPEN_CLIENT, Client, ClientLimits, Right
from proto.errors import ErrorCode, GatewayError

log = structlog.get_logger()

#: What a plain key of `API_TOKENS` opens: not what others say.
TOKEN_RIGHTS: Final = frozenset({Right.CHAT, Right.BATCH, Right.MONITOR})
#: Seconds between two looks at whether the keys file has changed.
LOOK_EVERY: Final = 1.0


class ClientKeys:
    """All keys: the plain ones of `API_TOKENS`, and those of the keys file, which is read again when it changes.

    Both headers are read on every route: an SDK's choice of header says nothing.

    Args:
        tokens: plain keys.
        limits: those of a plain key, and of a key in the file that says nothing else.
        path: the keys file, None for none.
        allow_open: without keys, whether clients may come by a name that somebody else may own.
        clock: steady seconds.

    Raises:
        KeysFileError: the keys file is not there or broken.
    """

    def __init__(
        self,
        tokens: Sequence[str] = (),
        *,
        limits: ClientLimits = NO_LIMITS,
        path: Path | None = None,
        allow_open: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plain = {hash_of(token): _plain_client(token, limits) for token in tokens}
        self._limits = limits
        self._path = path
        self._allow_open = allow_open
        self._clock = clock
        self._looked_at = clock()
        self._stamp = _stamp(path)
        self._listed = self._read()

    @property
    def open(self) -> bool:
        """Whether no key is asked for. A keys file locks the door even while no key stands in it."""
        return not self._plain and self._path is None

    def client(self, headers: Headers, right: Right = Right.CHAT) -> Client:
        """The client that sent these headers.

        Raises:
            GatewayError: INVALID_API_KEY when neither header carries a known key, NOT_PERMITTED when it lacks `right`,
                or as `any_client`.
        """
        client = self.any_client(headers)
        if right not in client.rights:
            raise GatewayError(ErrorCode.NOT_PERMITTED, f"This API key lacks the right {right.value!r}.")
        return client

    def any_client(self, headers: Headers) -> Client:
        """The client that sent these headers, whatever its rights are.

        Raises:
            GatewayError: INVALID_API_KEY when neither header carries a known key; NOT_PERMITTED when none is asked for
                and the gateway was called by a name that may be a web page's (`api/host_names.py`).
        """
        if self.open and not self._allow_open and not is_nobodys_name(headers.get("host", "")):
            raise GatewayError(
                ErrorCode.NOT_PERMITTED,
                "A gateway without client keys answers to addresses and local names alone; set API_TOKENS, or "
                "ALLOW_OPEN=1 to let anybody in.",
            )
        return self.holder(_offered(headers))

    def holder(self, keys: Iterable[str]) -> Client:
        """The client that one of these keys makes known, the first that does; from here on the log's lines of this
        request name it.

        Raises:
            GatewayError: INVALID_API_KEY when none does.
        """
        client = self._known(keys)
        structlog.contextvars.bind_contextvars(client=client.name)
        return client

    def _known(self, keys: Iterable[str]) -> Client:
        if self.open:
            return Client(OPEN_CLIENT, frozenset(Right), self._limits)
        self._look()
        for offered in keys:
            # Looked up by its hash: how long that takes tells nothing about the keys there are.
            digest = hash_of(offered)
            if client := self._plain.get(digest) or self._listed.get(digest):
                return client
        raise GatewayError(
            ErrorCode.INVALID_API_KEY,
            "Missing or incorrect API key: send one of this gateway's keys as `Authorization: Bearer …` "
            "or `x-api-key`.",
        )

    def _look(self) -> None:
        """Read the keys file again if it has changed; while it is broken the old keys stay."""
        now = self._clock()
        if self._path is None or now - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = now
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._listed = self._read()
        except KeysFileError as error:
            log.error("client_keys.kept", problem=error.message)
        else:
            log.info("client_keys.read", keys=len(self._listed))

    def _read(self) -> Mapping[str, Client]:
        keys = read_keys(self._path) if self._path is not None else ()
        return {key.sha256: key.client(self._limits) for key in keys}


def keys_of(settings: ApiSettings) -> ClientKeys:
    """The keys that are configured; raises as `ClientKeys` does."""
    return ClientKeys(
        settings.client_keys,
        limits=settings.client_limits,
        path=settings.client_keys_file,
        allow_open=settings.allow_open,
    )


def _plain_client(token: str, limits: ClientLimits) -> Client:
    return Client(hash_of(token)[:16], TOKEN_RIGHTS, limits)


def _stamp(path: Path | None) -> tuple[int, int, int] | None:
    """What differs once the file is another one; None while there is none."""
    try:
        seen = path.stat() if path is not None else None
    except OSError:
        return None
    return (seen.st_mtime_ns, seen.st_ino, seen.st_size) if seen else None


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
