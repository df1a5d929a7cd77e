"""Credentials that cannot print: whatever a log, a traceback or an encoder makes of them shows a mask.

A token is called by its id everywhere else: a short fingerprint of the credential it was made from.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NoReturn

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

MASK: Final = "Secret('**********')"


class Secret:
    """A string that only `reveal()` gives away. Equal secrets compare equal; pickling and iterating are refused."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The value itself, for the one place that sends it."""
        return self.__value

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__value.encode(), other.__value.encode())

    def __hash__(self) -> int:
        return hash(fingerprint(self.__value))

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret cannot be pickled")


def fingerprint(*values: str) -> str:
    """A short name of secrets, from which nothing of them can be told."""
    return hashlib.sha256("\0".join(values).encode()).hexdigest()[:12]


#: No secret.
NOTHING: Final = Secret("")


class Kind(StrEnum):
    """What the operator gave. The value is stored."""

    API_KEY = "api_key"
    FIREBASE = "firebase"
    JWT = "jwt"
    #: An account at the edge: in place of the refresh token stands its name there.
    EDGE = "edge"
    #: The deployment's one anonymous identity, whose calls are counted.
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Credential:
    """One account's way in.

    `token_id` derives from what the operator configured and stays while the secrets rotate. `expires` is when the
    bearer runs out in Unix milliseconds, 0 for never. `account` is a fingerprint of the account's id, empty when the
    credential does not tell. Without a bearer the token must be refreshed before its first use.
    """

    token_id: str
    kind: Kind
    bearer: Secret
    refresh_token: Secret = NOTHING
    expires: int = 0
    account: str = ""

    @property
    def print(self) -> str:
        """Tells whether two credentials of one token are the same."""
        return fingerprint(self.bearer.reveal(), self.refresh_token.reveal())


def token_id(kind: Kind, origin: str) -> str:
    """The id of the token that was made from this configured value."""
    return f"tk-{fingerprint(kind, origin)}"


class SealError(Exception):
    """A stored secret was sealed with a key that is not configured any more."""


class Sealer:
    """Secrets at rest: sealed by Fernet when keys are given (the first seals, any opens), else as they are.

    Values stored before there was a key stay readable, and are sealed when they are next written.
    """

    _PLAIN: Final = b"plain:"

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys]) if keys else None
        self._opened: dict[bytes, Secret] = {}

    def seal(self, secret: Secret) -> bytes:
        """The stored form; empty stays empty, so that a script can see it."""
        if not secret:
            return b""
        data = secret.reveal().encode()
        return self._PLAIN + data if self._fernet is None else self._fernet.encrypt(data)

    def open(self, stored: bytes) -> Secret:
        """The secret of a stored form.

        Raises:
            SealError: no configured key opens it.
        """
        if not stored or stored.startswith(self._PLAIN):
            return Secret(stored.removeprefix(self._PLAIN).decode())
        secret = self._opened.get(stored)
        if secret is None:
            secret = self._decrypt(stored)
            if len(self._opened) > 1000:
                self._opened.clear()
            self._opened[stored] = secret
        return secret

    def _decrypt(self, stored: bytes) -> Secret:
        if self._fernet is None:
            raise SealError("stored tokens are encrypted and TOKEN_ENCRYPTION_KEY is not set")
        try:
            return Secret(self._fernet.decrypt(stored).decode())
        except InvalidToken:
            raise SealError("no key in TOKEN_ENCRYPTION_KEY opens the stored tokens") from None
