"""Where the shared state lives and how long it is kept."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class StoreSettings(BaseSettings):
    """Read by every process; all of a deployment must agree on these."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    broker_url: SecretStr | None = None
    #: Names the keys and channels, so that several deployments may share one server.
    deployment: str = "warp2api"
    #: Seconds a log lives after its end.
    job_ttl: float = Field(default=600, gt=0)
    #: Seconds an answer of Responses is kept from its last use on, and the bytes that all kept ones may have.
    response_ttl: float = Field(default=3600, gt=0)
    response_bytes: int = Field(default=64 * 1024 * 1024, gt=0)
    #: Seconds a job may take: interactive from admission, batch from claim.
    job_deadline: float = Field(default=600, gt=0)
    #: Seconds after which a job whose worker is silent counts as abandoned.
    job_lease: float = Field(default=6, gt=0)
    #: Jobs that may wait for a worker, and the bytes of their payloads.
    max_waiting: int = Field(default=1000, gt=0)
    max_waiting_bytes: int = Field(default=256 * 1024 * 1024, gt=0)
    #: Seconds between two looks at the upstream's list of models; 0: it is never asked for, nor used.
    models_refresh: float = Field(default=0, ge=0)
    #: Data folder of this machine; None: the XDG state folder.
    warp2api_home: Path | None = None
    #: Where files and the results of batches are: `s3://bucket/prefix`, or empty for `files` in the data folder.
    files_url: str = Field(default="", pattern=r"^(s3://.+)?$")
    #: Seconds a file, or a batch and its results, is kept.
    files_ttl: float = Field(default=30 * 86400, gt=0)
    #: Seconds a batch may take; what has not ended by then has expired.
    batch_window: float = Field(default=86400, gt=0)
    #: Of the S3-compatible store. What is not set here its client takes from where AWS' clients do.
    aws_access_key_id: SecretStr | None = None
    aws_secret_access_key: SecretStr | None = None
    aws_session_token: SecretStr | None = None
    aws_region: str = ""
    aws_endpoint_url: str = ""

    @field_validator("warp2api_home", "aws_access_key_id", "aws_secret_access_key", "aws_session_token", mode="before")
    @classmethod
    def _none_if_empty(cls, value: object) -> object:
        return value or None

    @property
    def broker(self) -> str:
        """The Celery broker's URL: `BROKER_URL`, else Redis."""
        return (self.broker_url or self.redis_url).get_secret_value()

    @property
    def home(self) -> Path:
        """The data folder as an absolute path."""
        return data_folder(self.warp2api_home)


def data_folder(given: Path | None) -> Path:
    """The data folder as an absolute path: the one that is given, else the XDG state folder's."""
    if given is not None:
        return given.expanduser().resolve()
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "warp2api"


class CatalogueSettings(BaseSettings):
    """Which models there are: for those who understand requests, at the front door and in the keeper."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    #: Upstream ids that pass as they are, comma separated.
    models: Annotated[list[str], NoDecode] = ["auto"]
    #: `pattern=id` pairs, comma separated, tried in order.
    model_aliases: Annotated[dict[str, str], NoDecode] = {"claude-*": "auto", "gpt-*": "auto"}

    @field_validator("models", mode="before")
    @classmethod
    def _split_models(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("model_aliases", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        if any(not separator or not target.strip() for _, separator, target in pairs):
            raise ValueError("MODEL_ALIASES is a list of pattern=id pairs, for example claude-*=auto,gpt-*=auto")
        return {pattern.strip(): target.strip() for pattern, _, target in pairs}
