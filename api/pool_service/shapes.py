"""What goes over the wire between two deployments; `docs/pool-service.json` is made of these."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Leases = Annotated[list[str], Field(max_length=1000, description="Lease ids.")]


class _Shape(BaseModel):
    # An error must not repeat what was sent: it may be a secret.
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, populate_by_name=True)


class LeaseRequest(_Shape):
    """Ask for tokens."""

    count: int = Field(ge=1, le=100, description="How many tokens at most.")
    other_than: list[str] = Field(
        default=[], alias="except", max_length=1000, description="Ids of tokens the borrower holds already."
    )


class Lease(_Shape):
    """One token, lent."""

    lease: str = Field(description="What the token is renewed, refreshed and given back with. As secret as the bearer.")
    token: str = Field(description="The token's id: a fingerprint, the same in every lease of this token.")
    bearer: str = Field(description="What goes upstream as `Authorization: Bearer`.")
    kind: str = Field(description="`api_key`, `firebase` or `jwt`.")
    expires: int = Field(description="When the bearer runs out, in Unix milliseconds; 0 for never.")
    account: str = Field(description="A fingerprint of the account, so that two of its tokens are known as such.")


class Lent(_Shape):
    """What was lent; fewer than asked for, or none, when the pool has no more to spare."""

    ttl: float = Field(description="Seconds each lease lives without being renewed.")
    leases: list[Lease]


class Held(_Shape):
    """Leases that the borrower holds."""

    leases: Leases


class Renewed(_Shape):
    """The leases now live for `ttl` seconds more, but for those that are over."""

    ttl: float
    lost: Leases


class OutcomeReport(_Shape):
    """What the upstream made of a token."""

    lease: str
    verdict: Literal["rate_limited", "quota", "blocked", "unauthorized"]
    rest: float = Field(default=0, ge=0, description="Seconds the account should rest: a Retry-After, a reset.")


class Standing(_Shape):
    """Where the token stands at the lender's now; empty if the report changed nothing."""

    state: str


class RefreshRequest(_Shape):
    """Ask for a newer bearer."""

    lease: str
    refused: str = Field(
        description="First 12 hexadecimal digits of the SHA-256 of the bearer that is of no more use; "
        "when the lender has another one by now, that one is the answer."
    )


class Released(_Shape):
    """How many of the leases were still running."""

    released: int


class Problem(_Shape):
    """Why not."""

    error: str
    message: str
