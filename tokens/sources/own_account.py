"""The operator's own accounts: API keys, refresh tokens, JWTs, each a list in the environment."""

from collections.abc import Sequence
from itertools import zip_longest

import httpx
from pydantic import SecretStr

from tokens.credentials import Credential, Kind, Secret, token_id
from tokens.settings import TokenSettings
from tokens.sources.base import RefreshError, RefreshVerdict
from tokens.sources.firebase import FirebaseLogin, read_jwt


class OwnAccount:
    """API keys are sent as they are; refresh tokens are exchanged for JWTs; a JWT alone serves until it runs out."""

    name = "own_account"
    tier = 3
    standing = True

    def __init__(self, settings: TokenSettings, http: httpx.AsyncClient) -> None:
        self._login = FirebaseLogin(settings, http)
        self._credentials = tuple(read_credentials(settings).values())

    @property
    def capacity(self) -> int:
        """All the operator has configured."""
        return len(self._credentials)

    async def acquire(self, n: int) -> Sequence[Credential]:  # noqa: ARG002  # own accounts all join
        """All of them, without I/O."""
        return self._credentials

    async def refresh(self, credential: Credential) -> Credential:
        """Google's endpoint, then Warp's proxy of it unless the first answer was final.

        Raises:
            RefreshError: neither gave a new JWT.
        """
        if not credential.refresh_token:
            raise RefreshError(RefreshVerdict.LOGIN, "this credential has no refresh token")
        return await self._login.refresh(credential)


def read_credentials(settings: TokenSettings) -> dict[str, Credential]:
    """All credentials of the settings by token id; what is given twice is one."""
    given: list[Credential] = []
    for key in filter(None, map(_reveal, settings.warp_api_key)):
        whole = key if key.startswith("wk-") else f"wk-{key}"
        given.append(Credential(token_id(Kind.API_KEY, whole), Kind.API_KEY, Secret(whole)))
    refresh_tokens, jwts = map(_reveal, settings.warp_refresh_token), map(_reveal, settings.warp_jwt)
    for refresh, token in zip_longest(refresh_tokens, jwts, fillvalue=""):
        if refresh:
            given.append(_firebase(refresh, token))
        elif token:
            expires, account = read_jwt(token)
            given.append(
                Credential(token_id(Kind.JWT, token), Kind.JWT, Secret(token), expires=expires, account=account)
            )
    return {credential.token_id: credential for credential in given}


def _firebase(refresh: str, token: str) -> Credential:
    expires, account = read_jwt(token) if token else (0, "")
    # A JWT that does not tell when it ends is not worth trusting when a refresh can give a fresh one.
    bearer = Secret(token if expires else "")
    return Credential(token_id(Kind.FIREBASE, refresh), Kind.FIREBASE, bearer, Secret(refresh), expires, account)


def _reveal(secret: SecretStr) -> str:
    return secret.get_secret_value()
