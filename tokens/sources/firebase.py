"""Google's secure-token endpoint and Warp's proxy of it: how a login is renewed (`docs/protocol.md` 2.3)."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import httpx
import jwt

from tokens.credentials import Credential, Secret, fingerprint
from tokens.settings import TokenSettings
from tokens.sources.base import RefreshError, RefreshVerdict

#: Seconds one endpoint may take, as in the official client.
TIMEOUT: Final = 5.0

#: Error codes of the endpoints that no retry can help; anything else is transient.
VERDICTS: Final = {
    "TOKEN_EXPIRED": RefreshVerdict.LOGIN,
    "INVALID_REFRESH_TOKEN": RefreshVerdict.LOGIN,
    "MISSING_REFRESH_TOKEN": RefreshVerdict.LOGIN,
    "INVALID_CUSTOM_TOKEN": RefreshVerdict.LOGIN,
    "USER_DISABLED": RefreshVerdict.FINAL,
    "USER_NOT_FOUND": RefreshVerdict.FINAL,
}


class FirebaseLogin:
    """Exchanges refresh tokens and custom tokens for bearers: Google first, then the proxy unless that was final."""

    def __init__(self, settings: TokenSettings, http: httpx.AsyncClient) -> None:
        self._http = http
        self._web_key = Secret(settings.warp_firebase_api_key.get_secret_value())
        proxy = settings.warp_base_url.rstrip("/") + "/proxy"
        self._token_urls = (settings.firebase_token_url, f"{proxy}/token")
        self._custom_token_urls = (settings.firebase_custom_token_url, f"{proxy}/customToken")

    @property
    def configured(self) -> bool:
        """Whether there is a web key, without which no endpoint answers."""
        return bool(self._web_key)

    async def refresh(self, credential: Credential) -> Credential:
        """The credential with a new bearer, and a new refresh token if it was rotated.

        Raises:
            RefreshError: no endpoint gave one.
        """
        form = {"grant_type": Secret("refresh_token"), "refresh_token": credential.refresh_token}
        return await self._exchange(self._token_urls, form, credential)

    async def sign_in(self, custom_token: Secret, credential: Credential) -> Credential:
        """The credential with the login that a custom token stands for.

        Raises:
            RefreshError: no endpoint gave one.
        """
        form = {"returnSecureToken": Secret("true"), "token": custom_token}
        return await self._exchange(self._custom_token_urls, form, credential)

    async def _exchange(self, urls: tuple[str, ...], form: Mapping[str, Secret], credential: Credential) -> Credential:
        if not self._web_key:
            raise RefreshError(RefreshVerdict.CONFIG, "refreshing needs WARP_FIREBASE_API_KEY")
        failures = []
        for url in urls:
            try:
                return await self._ask(url, form, credential)
            except RefreshError as error:
                if error.verdict.ends_token:
                    raise
                failures.append(str(error))
        raise RefreshError(RefreshVerdict.TRANSIENT, "; ".join(failures))

    async def _ask(self, url: str, form: Mapping[str, Secret], credential: Credential) -> Credential:
        host = httpx.URL(url).host
        try:
            async with asyncio.timeout(TIMEOUT):
                response = await self._http.post(
                    url,
                    params={"key": self._web_key.reveal()},
                    data={name: value.reveal() for name, value in form.items()},
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
