"""The seam between the pool and the places credentials come from."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol, runtime_checkable

from tokens.credentials import Credential
from tokens.outcomes import Outcome


class RefreshVerdict(StrEnum):
    """Why a refresh brought nothing. The value is stored as the token's cause."""

    LOGIN = "login"
    FINAL = "final"
    TRANSIENT = "transient"
    CONFIG = "config"
    SEALED = "sealed"

    @property
    def ends_token(self) -> bool:
        """Nothing but the operator can bring the token back."""
        return self in (RefreshVerdict.LOGIN, RefreshVerdict.FINAL)


class RefreshError(Exception):
    """A refresh that brought nothing. The message is safe to log: never a secret nor a raw body."""

    def __init__(self, verdict: RefreshVerdict, message: str) -> None:
        super().__init__(message)
        self.verdict = verdict


class SourceError(Exception):
    """A source could not give what was asked; the next tier is tried. The message is safe to log."""


class TokenSource(Protocol):
    """One tier. Add one by writing a file like `own_account.py` and naming it in `sources/__init__.py`."""

    @property
    def name(self) -> str:
        """Stored with each of its tokens, so that their refresh comes back here."""

    @property
    def tier(self) -> int:
        """1 to 7, lower is tried first."""

    @property
    def capacity(self) -> int:
        """How many tokens it can give at most."""

    @property
    def standing(self) -> bool:
        """Its tokens are accounts of the operator's: all join whatever the target, and what it no longer lists goes."""

    async def acquire(self, n: int) -> Sequence[Credential]:
        """Up to n credentials; a standing source gives all it has.

        Raises:
            SourceError: it cannot at the moment.
        """

    async def refresh(self, credential: Credential) -> Credential:
        """The same token with a new bearer, and a new refresh token if it was rotated.

        Raises:
            RefreshError: it brought nothing.
        """


@runtime_checkable
class LendingSource(TokenSource, Protocol):
    """A tier whose tokens are another deployment's: kept by renewing, and given back.

    Each method raises SourceError when the lender does not answer as it should.
    """

    async def borrow(self, n: int, held: Sequence[str]) -> Sequence[Credential]:
        """Up to n credentials besides those whose ids are `held`."""

    async def renew(self, credentials: Sequence[Credential]) -> Sequence[str]:
        """Keep them; the ids of those that are lost are returned."""

    async def report(self, credential: Credential, outcome: Outcome) -> None:
        """Tell the lender what the upstream made of its token."""

    async def give_back(self, credentials: Sequence[Credential]) -> None:
        """They are of no more use here."""
