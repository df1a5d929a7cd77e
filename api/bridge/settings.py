"""What the bridge needs to know besides what the front door knows (`api/settings.py`)."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.reach import local_url


class BridgeSettings(BaseSettings):
    """Read once, by `api.bridge.server`, and by `api.server` to tell where the bridge is."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    bridge_host: str = "127.0.0.1"
    """Address on which the bridge listens. Any but loopback is refused while there are no client keys."""
    bridge_port: int = Field(default=8000, ge=0, le=65535)
    """Port on which the bridge listens."""
    bridge_base_url: str | None = Field(default=None, pattern=r"^https?://[^@\s]+$")
    """Where others reach the bridge. Unset: where it listens on this machine."""

    @property
    def base_url(self) -> str:
        """The bridge's address without a slash at its end."""
        return (self.bridge_base_url or local_url(self.bridge_host, self.bridge_port)).rstrip("/")
