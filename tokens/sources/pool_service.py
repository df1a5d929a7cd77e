"""Tokens of another deployment's pool, lent over HTTP by `warp2api pool-service` (`docs/pool-service.md`).

A lease is kept where other credentials keep their refresh token: it is what a new bearer is asked for with, and a
secret of its own. Whoever borrows renews all leases every few seconds and gives them back at the end
(`tokens/borrowing.py`).
"""

from collections.abc import Sequence
from typing import Any, Final

import httpx

from tokens.credentials import Credential, Kind, Secret, fingerprint
from tokens.outcomes import Outcome
from tokens.settings import TokenSettings
from tokens.sources.base import RefreshError, RefreshVerdict, SourceError

#: Put before the lender's token ids, so that a token known to both deployments is not taken for one.
PREFIX: Final = "ps-"
NOT_OURS: Final = "the pool service's answer is not one of its kind"


class PoolService:
    """The lender's side decides what it can spare; here it is asked for as many tokens as the pool lacks."""

    name = "pool_service"
    tier = 1
    standing = False

    def __init__(self, settings: TokenSettings, http: httpx.AsyncClient) -> None:
        self._http = http
        self._base = settings.pool_service_base_url.rstrip("/")
        self._secret = Secret(settings.pool_service_token.get_secret_value())
        self._target = settings.pool_target

    @property
    def capacity(self) -> int:
        """What is asked for; how much the lender can spare shows when it is asked."""
        return self._target if self._base else 0

    async def acquire(self, n: int) -> Sequence[Credential]:
        """As `borrow`, by somebody who holds nothing yet."""
        return await self.borrow(n, ())

    async def borrow(self, n: int, held: Sequence[str]) -> Sequence[Credential]:
        """Up to n tokens other than those held.

        Raises:
            SourceError: the lender does not answer as it should, or has nothing to spare.
        """
        other = [token_id.removeprefix(PREFIX) for token_id in held]
        borrowed = _credentials(await self._ask("/v1/leases", {"count": n, "except": other}))
        if borrowed is None:
            raise SourceError(NOT_OURS)
        if not borrowed and not held:
            raise SourceError("the pool service has nothing to lend")
        return borrowed

    async def renew(self, credentials: Sequence[Credential]) -> Sequence[str]:
        """Keep the leases; the ids of the tokens whose lease is over.

        Raises:
            SourceError: the lender does not answer as it should.
        """
        by_lease = {each.refresh_token.reveal(): each.token_id for each in credentials}
        body = await self._ask("/v1/leases/renew", {"leases": list(by_lease)})
        return [by_lease[lease] for lease in body.get("lost", ()) if lease in by_lease]

    async def report(self, credential: Credential, outcome: Outcome) -> None:
        """Tell the lender of a limit, a refusal or a block.

        Raises:
            SourceError: the lender does not answer as it should.
        """
        told = {"lease": credential.refresh_token.reveal(), "verdict": outcome.verdict, "rest": outcome.rest}
        await self._ask("/v1/leases/outcome", told)

    async def give_back(self, credentials: Sequence[Credential]) -> None:
        """End the leases.

        Raises:
            SourceError: the lender does not answer; the leases end by themselves.
        """
        await self._ask("/v1/leases/release", {"leases": [each.refresh_token.reveal() for each in credentials]})

    async def refresh(self, credential: Credential) -> Credential:
        """The same lease with the bearer that the lender has now, refreshed there if need be.

        Raises:
            RefreshError: LOGIN when the lease is over or the lender's token cannot be refreshed, else TRANSIENT.
        """
        told = {"lease": credential.refresh_token.reveal(), "refused": fingerprint(credential.bearer.reveal())}
        try:
            renewed = _credentials({"leases": [await self._ask("/v1/leases/refresh", told)]})
        except _RefusedError as error:
            verdict = RefreshVerdict.LOGIN if error.status in (404, 409) else RefreshVerdict.TRANSIENT
            raise RefreshError(verdict, str(error)) from None
        except SourceError as error:
            raise RefreshError(RefreshVerdict.TRANSIENT, str(error)) from None
        if not renewed:
            raise RefreshError(RefreshVerdict.TRANSIENT, NOT_OURS)
        return renewed[0]

    async def _ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            response = await self._http.post(f"{self._base}{path}", json=body, headers=self._authorization())
            answer = response.json()
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            # The cause is left out: it holds the request, and that secrets.
            raise SourceError(f"the pool service does not answer: {type(error).__name__}") from None
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise _RefusedError("the pool service refuses POOL_SERVICE_TOKEN", response.status_code)
        if not response.is_success:
            raise _RefusedError(f"the pool service answered {response.status_code}", response.status_code)
        if not isinstance(answer, dict):
            raise SourceError(NOT_OURS)
        return answer

    def _authorization(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._secret.reveal()}"} if self._secret else {}


class _RefusedError(SourceError):
    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def _credentials(body: dict[str, Any]) -> list[Credential] | None:
    """What was lent; None for an answer that is not one. A function, so that no traceback's frame holds the answer."""
    try:
        return [_credential(lease) for lease in body["leases"]]
    except (KeyError, TypeError, ValueError):
        return None


def _credential(lease: dict[str, Any]) -> Credential:
    return Credential(
        PREFIX + str(lease["token"]),
        Kind(lease["kind"]),
        Secret(str(lease["bearer"])),
        Secret(str(lease["lease"])),
        int(lease["expires"]),
        str(lease["account"]),
    )
