"""What the bridge needs to know besides what the front door knows (`api/settings.py`)."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.reach import local_url


class BridgeSettings(BaseSettings):
    """Read once, by `api.bridge.server`, and by `api.server` to tell where the bridge is."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    bridge_host: str = "127.0.0.1"
    bridge_port: int = Field(default=8000, ge=0, le=65535)
    #: Where others reach the bridge; None: where it listens on this machine.
    bridge_base_url: str | None = Field(default=None, pattern=r"^https?://[^@\s]+$")

    @property
    def base_url(self) -> str:
        """The bridge's address without a slash at its end."""
        return (self.bridge_base_url or local_url(self.bridge_host, self.bridge_port)).rstrip("/")
