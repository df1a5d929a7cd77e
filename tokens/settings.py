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
    """Warp API keys, from Warp's settings. `wk-` is put before one that lacks it. They are never refreshed."""
    warp_refresh_token: SecretList = ()
    """Refresh tokens of your own logins. Needs `WARP_FIREBASE_API_KEY`. A token that the login service rotates is
    stored in Redis at once, and is used from then on in place of this one.
    """
    warp_jwt: SecretList = ()
    """ID tokens of your own logins. The i-th belongs to the i-th refresh token and is its first bearer; leave a place
    empty (`,,`) where one has none. Without a refresh token it serves until it expires.
    """
    warp_firebase_api_key: SecretStr = SecretStr("")
    """The web key that refreshing needs. It names Warp's project at the login service and stands in the configuration
    of Warp's open-source client.
    """
    firebase_token_url: str = "https://securetoken.googleapis.com/v1/token"  # noqa: S105  # an address, not a secret
    """Where refresh tokens are exchanged. When it fails, `WARP_BASE_URL` + `/proxy/token` is asked."""
    firebase_custom_token_url: str = "https://identitytoolkit.googleapis.com/v1/accounts:signInWithCustomToken"  # noqa: S105
    """Where the anonymous identity signs in. When it fails, `WARP_BASE_URL` + `/proxy/customToken` is asked."""
    #: The upstream; `/proxy/token` below it stands in for the token endpoint.
    warp_base_url: str = "https://app.warp.dev"

    pool_service_base_url: str = ""
    """The pool service that this deployment borrows tokens from, its first tier. Unset: it borrows none."""
    pool_service_token: SecretStr = SecretStr("")

    cloudflare_api_token: SecretStr = SecretStr("")
    """A Cloudflare API token with the permission *Workers Scripts: Edit*."""
    cloudflare_account_id: str = Field(default="", pattern=r"^[0-9A-Za-z_-]*$")
    """The Cloudflare account that the API token belongs to."""
    cloudflare_worker_name: str = Field(default="warp2api-broker", pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    """The name of the broker's Worker, and so the beginning of its address."""
    cloudflare_broker_url: str = ""
    """Where the edge broker answers. Unset: its workers.dev address, which Cloudflare's API tells."""
    cloudflare_broker_secret: SecretStr = SecretStr("")
    """What the edge broker asks of its callers. Unset: derived from the API token and the account."""
    cloudflare_api_url: str = "https://api.cloudflare.com/client/v4"
    """Address of Cloudflare's management API."""

    warp_anonymous: bool = False
    """Whether the anonymous identity may be made and used."""
    warp_anonymous_budget: int = Field(default=50, gt=0)
    """The calls that the anonymous identity may make in its life, fixed when it is made. A call counts when the
    identity is lent, whatever the upstream makes of it.
    """

    pool_target: int = Field(default=3, gt=0)
    """Ready tokens to aim at, as far as the sources can give that many. Your own accounts all join, whatever it says.
    """
    token_concurrency: int = Field(default=0, ge=0)
    """Chats at once on one token; 0 is no limit."""
    token_lease: float = Field(default=15, gt=0)
    """Seconds after which a token that was lent to a worker counts as given back, unless the worker renews."""
    refresh_window: float = Field(default=300, ge=0)
    """Seconds before its end at which a token is refreshed; some of them up to half as much earlier, so that not all go
    at once.
    """
    token_encryption_key: SecretList = ()
    """Fernet keys that seal the tokens stored in Redis: the first seals, all of them open, so that a key can be
    changed. Without one they are stored as they are.
    """

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
