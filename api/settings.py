"""What the front door needs to know."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from proto.clients import ClientLimits
from store.settings import CatalogueSettings


class ApiSettings(CatalogueSettings):
    """Read once, by `api.server`."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", populate_by_name=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8010, ge=0, le=65535)
    #: Client keys, comma separated; none means that anybody who reaches the port may ask.
    api_tokens: Annotated[list[SecretStr], NoDecode] = Field(default_factory=list)
    api_token: SecretStr | None = None
    #: A file of keys with names, limits and rights, read again when it changes; None for none.
    client_keys_file: Path | None = None
    #: Jobs of one client that may be waiting or running at once, and those it may begin in a minute; 0 for no limit.
    client_concurrency: int = Field(default=0, ge=0)
    client_rate: int = Field(default=0, ge=0)
    #: Permits a host other than loopback without client keys.
    allow_open: bool = False
    #: Bytes of a request's body.
    max_body: int = Field(default=8 * 1024 * 1024, gt=0)
    #: Seconds a client may take to send a request's head, then its body, and not read what waits for it.
    client_timeout: float = Field(default=120, gt=0)
    #: Whether images that clients give by URL are fetched.
    fetch_images: bool = False
    #: Seconds running answers may take to end once the process was told to stop.
    drain_timeout: float = Field(default=30, ge=0)
    #: Seconds of silence after which a stream gets a keepalive.
    keepalive: float = Field(default=12, gt=0)
    #: Seconds a stream's response headers wait for the first output.
    hold_headers: float = Field(default=10, gt=0)

    @field_validator("client_keys_file", mode="before")
    @classmethod
    def _none_if_empty(cls, value: object) -> object:
        return value or None

    @field_validator("api_tokens", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @property
    def client_keys(self) -> list[str]:
        """All configured client keys in plain text; compare, never show."""
        keys = [key.get_secret_value() for key in self.api_tokens]
        if self.api_token is not None and self.api_token.get_secret_value():
            keys += [key.strip() for key in self.api_token.get_secret_value().split(",") if key.strip()]
        return keys

    @property
    def asks_for_key(self) -> bool:
        """Whether clients need a key; a keys file locks the door even while no key stands in it."""
        return bool(self.client_keys) or self.client_keys_file is not None

    @property
    def client_limits(self) -> ClientLimits:
        """The limits of a client whose key says nothing else."""
        return ClientLimits(self.client_concurrency, self.client_rate)
