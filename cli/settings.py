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
    redis_url: str | None = Field(default=None, repr=False)
    """Address of the Redis or Valkey with jobs, logs and tokens: `redis://`, `rediss://`, or `sentinel://` with several
    Sentinels (`docs/deployment.md`). Unset: `up` starts an embedded Valkey, and every other command finds it through
    the data folder.
    """
    embedded_maxmemory: str = Field(default="1gb", pattern=r"^[0-9]+([kmg]b?)?$")
    """What the embedded Valkey may use. It never evicts: at 80 % of it new chats are refused, at 100 % writes are."""
    #: Seconds running jobs have to finish at shutdown; the supervisor waits a little longer.
    drain_timeout: float = Field(default=30, ge=0)

    @property
    def home(self) -> Path:
        """The data folder as an absolute path."""
        return data_folder(self.warp2api_home)


class FlowerSettings(BaseSettings):
    """Built by `warp2api flower`, and by `up` to know whether it is wanted."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    flower: bool = False
    """Whether `up` starts Flower too (also `up --flower`)."""
    flower_host: str = "127.0.0.1"
    """Address on which Flower listens. Any but loopback is refused without `FLOWER_BASIC_AUTH`."""
    flower_port: int = Field(default=5555, ge=0, le=65535)
    """Port on which Flower listens."""
    flower_basic_auth: SecretStr = SecretStr("")
    """`user:password`, or a list of them. With it Flower also serves its API and can change things, such as shutting
    workers down; without it can only be looked at.
    """
    flower_max_tasks: int = Field(default=10_000, gt=0)
    """Tasks it keeps in memory, and nowhere else; the oldest make room."""
