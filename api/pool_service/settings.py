"""What the pool service needs to know."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class PoolServiceSettings(BaseSettings):
    """Read once, by `api.pool_service.server`."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", hide_input_in_errors=True)

    pool_service_host: str = "127.0.0.1"
    pool_service_port: int = Field(default=8020, ge=0, le=65535)
    #: What callers must send as bearer; the service does not start without one.
    pool_service_token: SecretStr = SecretStr("")
    #: Seconds a lend lives without being renewed; borrowers renew every 10.
    pool_service_ttl: float = Field(default=120, ge=30)
