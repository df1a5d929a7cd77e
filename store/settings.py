"""Where the shared state lives and how long it is kept."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from store.server_url import is_sentinel, read_sentinel_url


class StoreSettings(BaseSettings):
    """Read by every process; all of a deployment must agree on these."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", hide_input_in_errors=True)

    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    broker_url: SecretStr | None = None
    """Address of the queue, where it is not to be in that Redis: another one, `sentinel://`, or RabbitMQ (`amqp://`,
    `amqps://`). Unset: the same Redis.
    """
    deployment: str = "warp2api"
    """Name that stands in every key and channel, so that several deployments can share one server."""
    job_ttl: float = Field(default=600, gt=0)
    """Seconds a job's log is kept after its end; 60 at most once a client has had the whole answer, unless it may come
    back (`docs/jobs.md`).
    """
    response_ttl: float = Field(default=3600, gt=0)
    """Seconds an answer of `/v1/responses` is kept from its last use on, for requests that go on from it.
    `store: false` keeps none.
    """
    response_bytes: int = Field(default=64 * 1024 * 1024, gt=0)
    """Bytes that all kept answers and what was asked may have; above it those not used for longest are forgotten."""
    job_deadline: float = Field(default=600, gt=0)
    """Seconds a chat may take, waiting for a worker included; one of the batch lane, from when a worker takes it."""
    job_lease: float = Field(default=6, gt=0)
    """Seconds after which a job whose worker is silent counts as abandoned. Workers renew three times in that time."""
    max_waiting: int = Field(default=1000, gt=0)
    """Jobs that may wait for a worker; above it 503 (OpenAI) or 529 (Anthropic), with `Retry-After`. Jobs of the batch
    lane may fill half of it.
    """
    max_waiting_bytes: int = Field(default=256 * 1024 * 1024, gt=0)
    """Bytes of the requests of waiting jobs; above it 503 or 529, as above `MAX_WAITING`."""
    models_refresh: float = Field(default=0, ge=0)
    """Seconds between two looks at the upstream's own list of models, whose names then count as those of `MODELS` do.
    0: it is never asked for. All processes of one deployment must agree on it.
    """
    warp2api_home: Path | None = None
    """Data folder of the embedded Valkey, and of files. Unset: `$XDG_STATE_HOME/warp2api`, or
    `~/.local/state/warp2api`.
    """
    files_url: str = Field(default="", pattern=r"^(s3://.+)?$")
    """Where files and results of batches are: `s3://bucket/prefix`. Unset: the folder `files` in `WARP2API_HOME`."""
    files_ttl: float = Field(default=30 * 86400, gt=0)
    """Seconds a file, or a batch with its results, is kept."""
    batch_window: float = Field(default=86400, gt=0)
    """Seconds a batch may take. The requests that have not ended by then have expired."""
    aws_access_key_id: SecretStr | None = None
    """Key id for the S3-compatible store. Unset: credentials are looked for where AWS' own clients look."""
    aws_secret_access_key: SecretStr | None = None
    """The secret that belongs to `AWS_ACCESS_KEY_ID`."""
    aws_session_token: SecretStr | None = None
    """The session token of S3 credentials that expire."""
    aws_region: str = ""
    """The bucket's region. Unset: `us-east-1`."""
    aws_endpoint_url: str = ""
    """The address of a store that is not AWS', for example `http://127.0.0.1:9000`."""

    @field_validator("redis_url", "broker_url", mode="after")
    @classmethod
    def _readable(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and is_sentinel(value.get_secret_value()):
            read_sentinel_url(value.get_secret_value())
        return value

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

    models: Annotated[list[str], NoDecode] = ["auto"]
    """Names that pass to the upstream as they are, and that `/v1/models` lists."""
    model_aliases: Annotated[dict[str, str], NoDecode] = {"claude-*": "auto", "gpt-*": "auto"}
    """Pairs of pattern=name; `*`, `?` and `[…]` match as in file names, case counts, the first that matches is taken. A
    pattern without wildcards is listed as a model.
    """

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
