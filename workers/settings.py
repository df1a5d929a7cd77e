"""What a worker is told from outside; read once, in an entry module."""

from typing import Annotated, Literal

from pydantic import Field, HttpUrl, NonNegativeFloat, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from proto.jobs import Lane
from workers.stages import Stage


class UpstreamSettings(BaseSettings):
    """Where the upstream is and how it is talked to."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    #: The server's root; the path of the endpoint is appended.
    warp_base_url: str = "https://app.warp.dev"
    #: Which HTTP stack carries the streams. httpx's own is slower and opens a connection for each stream.
    warp_transport: Literal["pyreqwest", "httpx"] = "pyreqwest"
    #: Seconds without a byte after which the upstream counts as stalled. Long reasoning is silent.
    upstream_idle_timeout: float = Field(default=300, gt=0)
    #: Seconds for name lookup, TCP and TLS together.
    upstream_connect_timeout: float = Field(default=10, gt=0)
    #: Streams on one HTTP/2 connection; what exceeds the server's own limit would wait unseen.
    streams_per_connection: int = Field(default=100, ge=1)
    #: `X-Warp-Client-ID` and `X-Warp-Client-Version`: names of Warp's own programs, so only what the operator sets.
    warp_client_id: str = ""
    warp_client_version: str = ""

    @field_validator("warp_base_url")
    @classmethod
    def _root(cls, value: str) -> str:
        HttpUrl(value)
        return value.rstrip("/")


class WorkerSettings(BaseSettings):
    """How much a worker process takes on, and how it stops."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    #: Chats one process of the lane runs at once.
    worker_concurrency: int = Field(default=256, ge=1)
    batch_concurrency: int = Field(default=32, ge=1)
    #: Seconds before a batch's line that failed runs again; each further pause is three times as long.
    batch_retry_pause: float = Field(default=5, gt=0)
    #: Seconds running chats may take to end once the process was told to stop.
    drain_timeout: float = Field(default=30, ge=0)
    #: How a transcript travels upstream: as one labelled query, or as a task's messages (`wire.md` 4.1).
    warp_history: Literal["transcript", "messages"] = "transcript"
    #: Go on with the conversation that the upstream keeps, where there is one; without client keys only on request, as
    #: all who ask are then one client.
    warp_continue: bool = True
    warp_continue_open: bool = False
    #: Seconds a conversation is kept after its last answer.
    continue_ttl: float = Field(default=3600, gt=0)
    #: Bytes of the upstream's tasks of one conversation (its edge takes requests of 8 MB), and of all that are kept,
    #: compressed.
    continue_max_entry: int = Field(default=4 * 1024 * 1024, gt=0)
    continue_max_bytes: int = Field(default=128 * 1024 * 1024, gt=0)
    #: Seconds above which a stage of a job is worth a warning, as `stage=seconds` pairs; a stage without never is.
    slow_stage: Annotated[dict[Stage, NonNegativeFloat], NoDecode] = {
        Stage.QUEUE: 5,
        Stage.LEASE: 5,
        Stage.HEADERS: 10,
        Stage.FIRST_EVENT: 15,
        Stage.FIRST_OUTPUT: 60,
    }

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
