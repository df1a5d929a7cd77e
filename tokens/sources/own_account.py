"""The operator's own accounts: API keys, refresh tokens, JWTs, each a list in the environment."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any, Final

import httpx
import jwt
from pydantic import SecretStr

from tokens.credentials import Credential, Kind, Secret, fingerprint, token_id
from tokens.settings import TokenSettings
from tokens.sources.base import RefreshError, RefreshVerdict

#: Seconds one token endpoint may take, as in the official client.
TIMEOUT: Final = 5.0

#: Error codes of the token endpoint that no retry can help; anything else is transient.
VERDICTS: Final = {
    "TOKEN_EXPIRED": RefreshVerdict.LOGIN,
    "INVALID_REFRESH_TOKEN": RefreshVerdict.LOGIN,
    "MISSING_REFRESH_TOKEN": RefreshVerdict.LOGIN,
    "USER_DISABLED": RefreshVerdict.FINAL,
    "USER_NOT_FOUND": RefreshVerdict.FINAL,
}


class OwnAccount:
    """API keys are sent as they are; refresh tokens are exchanged for JWTs; a JWT alone serves until it runs out."""

    name = "own_account"
    tier = 3
    standing = True

    def __init__(self, settings: TokenSettings, http: httpx.AsyncClient) -> None:
        self._http = http
        self._web_key = Secret(settings.warp_firebase_api_key.get_secret_value())
        self._endpoints = (settings.firebase_token_url, settings.warp_base_url.rstrip("/") + "/proxy/token")
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
        if not self._web_key:
            raise RefreshError(RefreshVerdict.CONFIG, "refreshing needs WARP_FIREBASE_API_KEY")
        failures = []
        for endpoint in self._endpoints:
            try:
                return await self._exchange(endpoint, credential)
            except RefreshError as error:
                if error.verdict.ends_token:
                    raise
                failures.append(str(error))
        raise RefreshError(RefreshVerdict.TRANSIENT, "; ".join(failures))

    async def _exchange(self, endpoint: str, credential: Credential) -> Credential:
        host = httpx.URL(endpoint).host
        try:
            async with asyncio.timeout(TIMEOUT):
                response = await self._http.post(
                    endpoint,
                    params={"key": self._web_key.reveal()},
                    data={"grant_type": "refresh_token", "refresh_token": credential.refresh_token.reveal()},
                )
        except (httpx.HTTPError, TimeoutError) as error:
            # The cause is left out: it holds the request, and that the web key and the refresh token.
            raise RefreshError(RefreshVerdict.TRANSIENT, f"{host}: {type(error).__name__}") from None
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            body = {}
        if not response.is_success:
            raise refusal(host, response.status_code, body)
        return renewed(host, credential, body)


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


def read_jwt(token: str) -> tuple[int, str]:
    """When a JWT of ours ends (Unix ms, 0 if it does not tell) and whose it is; nothing is verified."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return 0, ""
    exp, user = claims.get("exp"), claims.get("user_id") or claims.get("sub")
    expires = int(exp * 1000) if isinstance(exp, int | float) and 0 < exp < 1e11 else 0
    return expires, f"ac-{fingerprint(str(user))}" if user else ""


def refusal(host: str, status: int, body: dict[str, Any]) -> RefreshError:
    """What a token endpoint's error means; its text is not repeated, only a known code."""
    error = body.get("error")
    message = error.get("message") if isinstance(error, dict) else error
    words = message.replace(":", " ").split() if isinstance(message, str) else []
    code = words[0] if words and words[0] in VERDICTS else ""
    verdict = VERDICTS.get(code, RefreshVerdict.TRANSIENT)
    return RefreshError(verdict, f"{host}: {status} {code}".rstrip())


def renewed(host: str, credential: Credential, body: dict[str, Any]) -> Credential:
    """The credential with what a token endpoint gave; both spellings are in use."""
    bearer = _text(body, "id_token", "idToken", "access_token")
    if not bearer:
        raise RefreshError(RefreshVerdict.TRANSIENT, f"{host}: an answer without a token")
    expires, account = read_jwt(bearer)
    if not expires:
        lifetime = _text(body, "expires_in", "expiresIn")
        expires = int((time.time() + (int(lifetime) if lifetime.isdigit() else 3600)) * 1000)
    rotated = _text(body, "refresh_token", "refreshToken")
    return replace(
        credential,
        bearer=Secret(bearer),
        refresh_token=Secret(rotated) if rotated else credential.refresh_token,
        expires=expires,
        account=account or credential.account,
    )


def _text(body: dict[str, Any], *names: str) -> str:
    for name in names:
        value = body.get(name)
        if value and isinstance(value, str | int):
            return str(value)
    return ""


def _reveal(secret: SecretStr) -> str:
    return secret.get_secret_value()
