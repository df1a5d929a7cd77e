"""Which credentials the operator has, and how the pool lends them."""

from typing import Annotated, Any

import httpx
from cryptography.fernet import Fernet
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

#: A comma-separated list. Empty places are kept, because the i-th JWT belongs to the i-th refresh token.
SecretList = Annotated[tuple[SecretStr, ...], NoDecode]


class TokenSettings(BaseSettings):
    """Read by every process that lends or refills; all of a deployment must agree on these."""

    # An error must not repeat what was put in: it may be a credential.
    model_config = SettingsConfigDict(env_file=".env", extra="ignore", hide_input_in_errors=True)

    warp_api_key: SecretList = ()
    warp_refresh_token: SecretList = ()
    warp_jwt: SecretList = ()
    #: The web key that refreshing needs.
    warp_firebase_api_key: SecretStr = SecretStr("")
    firebase_token_url: str = "https://securetoken.googleapis.com/v1/token"  # noqa: S105  # an address, not a secret
    #: Where a custom token becomes a login; only the anonymous tier needs it.
    firebase_custom_token_url: str = "https://identitytoolkit.googleapis.com/v1/accounts:signInWithCustomToken"  # noqa: S105
    #: The upstream; `/proxy/token` below it stands in for the token endpoint.
    warp_base_url: str = "https://app.warp.dev"

    #: Another deployment's pool service (tier 1), and what it asks of callers. The service reads the same token.
    pool_service_base_url: str = ""
    pool_service_token: SecretStr = SecretStr("")

    #: The edge broker (tier 2): an API token that may edit Workers, and the account they belong to.
    cloudflare_api_token: SecretStr = SecretStr("")
    cloudflare_account_id: str = Field(default="", pattern=r"^[0-9A-Za-z_-]*$")
    cloudflare_worker_name: str = Field(default="warp2api-broker", pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    #: Where the broker is and what it asks of callers; unset, both are found by the two variables above.
    cloudflare_broker_url: str = ""
    cloudflare_broker_secret: SecretStr = SecretStr("")
    cloudflare_api_url: str = "https://api.cloudflare.com/client/v4"

    #: The anonymous tier (4), off unless asked for: one identity for the whole deployment, ever.
    warp_anonymous: bool = False
    #: Calls that identity may make in its life.
    warp_anonymous_budget: int = Field(default=50, gt=0)

    #: Ready tokens to aim at, as far as the sources can give; the operator's own accounts all join.
    pool_target: int = Field(default=3, gt=0)
    #: Leases one token may have at once; 0 for no limit.
    token_concurrency: int = Field(default=0, ge=0)
    #: Seconds a lease lives without being renewed.
    token_lease: float = Field(default=15, gt=0)
    #: Seconds before its end at which a bearer is refreshed; some of the tokens up to half as much earlier.
    refresh_window: float = Field(default=300, ge=0)
    #: Fernet keys: the first seals stored secrets, all open them. Without any they are stored as they are.
    token_encryption_key: SecretList = ()

    @field_validator("warp_api_key", "warp_refresh_token", "warp_jwt", "token_encryption_key", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",")) if value.strip() else ()

    @field_validator(
        "firebase_token_url",
        "firebase_custom_token_url",
        "warp_base_url",
        "pool_service_base_url",
        "cloudflare_broker_url",
        "cloudflare_api_url",
    )
    @classmethod
    def _is_url(cls, value: str) -> str:
        try:
            httpx.URL(value)
        except httpx.InvalidURL:
            raise ValueError("not a URL") from None
        return value

    @field_validator("token_encryption_key")
    @classmethod
    def _are_fernet_keys(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        keys = tuple(key for key in keys if key.get_secret_value())
        for key in keys:
            try:
                Fernet(key.get_secret_value())
            except ValueError:
                raise ValueError(
                    "each key must be 32 bytes in base64url, as Fernet.generate_key() makes them"
                ) from None
        return keys
