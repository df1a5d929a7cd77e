"""What a worker is told from outside; read once, in an entry module."""

from typing import Annotated, Literal

from pydantic import Field, HttpUrl, NonNegativeFloat, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from proto.jobs import Lane
from workers.stages import Stage


class UpstreamSettings(BaseSettings):
    """Where the upstream is and how it is talked to."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    warp_base_url: str = "https://app.warp.dev"
    """The upstream's root; paths are appended."""
    warp_transport: Literal["pyreqwest", "httpx"] = "pyreqwest"
    """The HTTP stack towards the upstream. `httpx` is slower, and opens a connection for each stream."""
    upstream_idle_timeout: float = Field(default=300, gt=0)
    """Seconds without a byte after which an answer counts as stalled. Long reasoning is silent."""
    upstream_connect_timeout: float = Field(default=10, gt=0)
    """Seconds for name lookup, TCP and TLS together."""
    streams_per_connection: int = Field(default=100, ge=1)
    """Streams on one HTTP/2 connection; above it another connection is opened. `pyreqwest` only."""
    warp_client_id: str = ""
    """Value of `X-Warp-Client-ID`. Unset: the header is not sent."""
    warp_client_version: str = ""
    """Value of `X-Warp-Client-Version`. Unset: the header is not sent."""

    @field_validator("warp_base_url")
    @classmethod
    def _root(cls, value: str) -> str:
        HttpUrl(value)
        return value.rstrip("/")


class WorkerSettings(BaseSettings):
    """How much a worker process takes on, and how it stops."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    worker_concurrency: int = Field(default=256, ge=1)
    """Jobs at once in one process of `warp2api worker interactive`."""
    batch_concurrency: int = Field(default=32, ge=1)
    """Jobs at once in one process of `warp2api worker batch`."""
    batch_retry_pause: float = Field(default=5, gt=0)
    """Seconds before a batch's line that failed by passing trouble runs again; each further pause is three times as
    long.
    """
    drain_timeout: float = Field(default=30, ge=0)
    """Seconds that running chats have to end after SIGTERM, in front door and workers alike. `up` kills what is left
    10 s later.
    """
    warp_history: Literal["transcript", "messages"] = "transcript"
    """How the conversation travels: `transcript` is one labelled text, `messages` a task with its messages."""
    warp_continue: bool = True
    """Whether a client's conversation goes on from what the upstream keeps of it, with only the new messages as input.
    Where that is not possible, the whole travels as `WARP_HISTORY` says.
    """
    warp_continue_open: bool = False
    """Whether it does so without client keys, too. All who ask are then one client: whoever sends just the same
    transcript as another goes on with that one's conversation.
    """
    continue_ttl: float = Field(default=3600, gt=0)
    """Seconds a conversation can be continued after its last answer."""
    continue_max_entry: int = Field(default=4 * 1024 * 1024, gt=0)
    """Bytes that the upstream's tasks of one conversation may come to; a larger one is not continued."""
    continue_max_bytes: int = Field(default=128 * 1024 * 1024, gt=0)
    """Bytes that all kept conversations of a deployment may take in Redis, compressed; the oldest make room."""
    slow_stage: Annotated[dict[Stage, NonNegativeFloat], NoDecode] = {
        Stage.QUEUE: 5,
        Stage.LEASE: 5,
        Stage.HEADERS: 10,
        Stage.FIRST_EVENT: 15,
        Stage.FIRST_OUTPUT: 60,
    }
    """Seconds above which a stage of a job is worth a warning with all its timings (`docs/logging.md`); a stage without
    a number never is.
    """

    @field_validator("slow_stage", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        if unknown := [name for name, _, _ in pairs if name.strip() not in set(Stage)]:
            raise ValueError(f"SLOW_STAGE: {', '.join(unknown)} is no stage; there are {', '.join(Stage)}")
        return {name.strip(): seconds for name, _, seconds in pairs}

    def concurrency(self, lane: Lane) -> int:
        """How many chats a process of this lane runs at once."""
        return self.worker_concurrency if lane is Lane.INTERACTIVE else self.batch_concurrency
