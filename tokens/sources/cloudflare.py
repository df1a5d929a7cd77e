"""The edge broker: a Cloudflare Worker keeps the refresh tokens and hands out access tokens. See docs/cloudflare.md.

What a process of this deployment holds of such an account is a short-lived access token and the account's name at the
edge; the name stands where other tiers keep a refresh token, because asking the broker again is how it is renewed.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import httpx

from tokens.credentials import NOTHING, Credential, Kind, Secret, fingerprint, token_id
from tokens.edge.cloudflare_api import CloudflareError
from tokens.edge.management import broker_url, cloudflare_api, shared_secret
from tokens.settings import TokenSettings
from tokens.sources.base import RefreshError, RefreshVerdict, SourceError
from tokens.sources.firebase import read_jwt

#: Seconds the broker may take: it may ask two endpoints of 5 s each.
TIMEOUT: Final = 11.0

#: The broker's error codes that no retry can help; anything else is transient.
VERDICTS: Final = {
    "login_required": RefreshVerdict.LOGIN,
    "account_disabled": RefreshVerdict.FINAL,
}


class BrokerError(Exception):
    """The broker refused or could not be asked. The message is safe to log."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class CloudflareBroker:
    """All accounts at the edge join. Their number is known once the broker has been asked; one until then."""

    name = "cloudflare"
    tier = 2
    standing = True

    def __init__(self, settings: TokenSettings, http: httpx.AsyncClient) -> None:
        self._settings = settings
        self._http = http
        self._url = settings.cloudflare_broker_url.rstrip("/")
        self._secret = shared_secret(settings)
        api_reachable = settings.cloudflare_api_token.get_secret_value() and settings.cloudflare_account_id
        self._capacity = int(bool(self._secret and (self._url or api_reachable)))

    @property
    def capacity(self) -> int:
        """How many accounts the broker held when it was last asked; 0 when it is not configured."""
        return self._capacity

    async def acquire(self, n: int) -> Sequence[Credential]:  # noqa: ARG002  # the operator's accounts all join
        """All accounts at the edge, without access tokens: the refill that asked refreshes them at once.

        Raises:
            SourceError: the broker cannot be found, reached, or refuses the shared secret.
        """
        try:
            body = await self._ask("GET", "/v1/accounts")
        except BrokerError as error:
            raise SourceError(str(error)) from None
        accounts = body.get("accounts")
        if not isinstance(accounts, list) or not accounts:
            raise SourceError("the broker holds no account: warp2api cloudflare deploy puts them there")
        self._capacity = len(accounts)
        return [_credential(str(account)) for account in accounts]

    async def refresh(self, credential: Credential) -> Credential:
        """An access token other than the one the credential has.

        Raises:
            RefreshError: the broker had none.
        """
        refused = fingerprint(credential.bearer.reveal()) if credential.bearer else ""
        path = f"/v1/accounts/{credential.refresh_token.reveal()}/token"
        try:
            body = await self._ask("POST", path, {"refused": refused})
        except BrokerError as error:
            raise RefreshError(VERDICTS.get(error.code, RefreshVerdict.TRANSIENT), str(error)) from None
        bearer, expires = body.get("access_token"), body.get("expires_at")
        if not isinstance(bearer, str) or not bearer or not isinstance(expires, int | float):
            raise RefreshError(RefreshVerdict.TRANSIENT, "the broker's answer has no token")
        _, account = read_jwt(bearer)
        return replace(credential, bearer=Secret(bearer), expires=int(expires), account=account or credential.account)

    async def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> dict[str, Any]:
        url = await self._find()
        host = httpx.URL(url).host
        try:
            async with asyncio.timeout(TIMEOUT):
                response = await self._http.request(
                    method,
                    url + path,
                    headers={"Authorization": f"Bearer {self._secret.reveal()}"},
                    json=body,
                    timeout=TIMEOUT,
                )
        except (httpx.HTTPError, TimeoutError) as error:
            # The cause is left out: it holds the request, and that the shared secret.
            raise BrokerError(f"{host}: {type(error).__name__}") from None
        try:
            told = response.json()
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise BrokerError(f"{host}: {response.status_code} without JSON")
        if not response.is_success:
            error_ = told.get("error")
            code = str(error_.get("code"))[:40] if isinstance(error_, dict) else ""
            hint = "; run warp2api cloudflare deploy" if code in ("unauthorized", "not_configured") else ""
            raise BrokerError(f"{host}: {response.status_code} {code}".rstrip() + hint, code)
        return told

    async def _find(self) -> str:
        if not self._url:
            try:
                self._url = await broker_url(self._settings, cloudflare_api(self._settings, self._http))
            except CloudflareError as error:
                raise BrokerError(str(error)) from None
        return self._url


def _credential(account: str) -> Credential:
    return Credential(token_id(Kind.EDGE, account), Kind.EDGE, NOTHING, Secret(account))
