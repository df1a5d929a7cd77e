"""Where the shared state lives and how long it is kept."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


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

    @property
    def broker(self) -> str:
        """The Celery broker's URL: `BROKER_URL`, else Redis."""
        return (self.broker_url or self.redis_url).get_secret_value()
