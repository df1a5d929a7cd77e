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
    """Address on which the front door listens. Any but loopback is refused while there are no client keys."""
    port: int = Field(default=8010, ge=0, le=65535)
    """Port on which the front door listens."""
    api_tokens: Annotated[list[SecretStr], NoDecode] = Field(default_factory=list)
    """Client keys. A client sends one of them as `Authorization: Bearer …` or as `x-api-key`. None: whoever reaches the
    port may ask.
    """
    api_token: SecretStr | None = None
    """More client keys; both variables are read."""
    client_keys_file: Path | None = None
    """A file of client keys with names, limits, lanes and rights; `docs/client-keys.md` tells how. It is read again
    when it changes.
    """
    client_concurrency: int = Field(default=0, ge=0)
    """Jobs of one client key that may be waiting or running at once, unless the keys file gives it a number of its own;
    above it 429. 0 is no limit.
    """
    client_rate: int = Field(default=0, ge=0)
    """Jobs that one client key may begin in a minute, unless the keys file gives it a number of its own; above it 429.
    0 is no limit.
    """
    allow_open: bool = False
    """Permits a host other than loopback without client keys, and lets clients then come by any name."""
    max_body: int = Field(default=8 * 1024 * 1024, gt=0)
    """Bytes that a request's body may have; more is 413."""
    client_timeout: float = Field(default=120, gt=0)
    """Seconds a client may take to send a request's head, and then its body; a body that takes longer is 408, which
    SDKs try again. A client that reads nothing for so long of what waits for it is cut off too, and has left.
    """
    fetch_images: bool = False
    """Whether images that clients give by URL are fetched, by the front door itself and without a proxy. Off: 400. On:
    `http` and `https`, public addresses alone (checked after name lookup and after every redirect), 16 images a
    request, 5 MiB and 10 s each, `MAX_BODY` together, PNG, JPEG, GIF and WebP by their bytes.
    """
    #: Seconds running answers may take to end once the process was told to stop.
    drain_timeout: float = Field(default=30, ge=0)
    keepalive: float = Field(default=12, gt=0)
    """Seconds without output after which a stream gets a keepalive (a comment in Chat Completions, the state again in
    Responses, a `ping` in Messages). Only while a worker runs the job or, if it still waits, can be expected to.
    """
    hold_headers: float = Field(default=10, gt=0)
    """Seconds a stream's response headers wait for the first output, so that an early failure still has an HTTP status.
    """

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
