"""What the command line itself reads from the environment and `.env`; the rooms read their own."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from store.settings import data_folder


class CliSettings(BaseSettings):
    """Built by the commands that start or find other processes."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    #: Data folder of the embedded Valkey; empty: the XDG state folder.
    warp2api_home: Path | None = None
    #: Set: no embedded Valkey, everything uses this one.
    redis_url: str | None = Field(default=None, repr=False)
    #: What the embedded Valkey may use before it refuses writes (it never evicts).
    embedded_maxmemory: str = Field(default="1gb", pattern=r"^[0-9]+([kmg]b?)?$")
    #: Seconds running jobs have to finish at shutdown; the supervisor waits a little longer.
    drain_timeout: float = Field(default=30, ge=0)

    @property
    def home(self) -> Path:
        """The data folder as an absolute path."""
        return data_folder(self.warp2api_home)


class FlowerSettings(BaseSettings):
    """Built by `warp2api flower`, and by `up` to know whether it is wanted."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    #: Whether `up` starts Flower too.
    flower: bool = False
    flower_host: str = "127.0.0.1"
    flower_port: int = Field(default=5555, ge=0, le=65535)
    #: `user:password`, or several of them, comma separated. Without one Flower serves on loopback alone, to be read.
    flower_basic_auth: SecretStr = SecretStr("")
    #: Tasks it keeps in memory; the oldest make room.
    flower_max_tasks: int = Field(default=10_000, gt=0)
