"""What the pool service needs to know."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class PoolServiceSettings(BaseSettings):
    """Read once, by `api.pool_service.server`."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", hide_input_in_errors=True)

    pool_service_host: str = "127.0.0.1"
    """Address on which `warp2api pool-service` listens. It speaks plain HTTP: anything but loopback wants a proxy that
    ends TLS before it.
    """
    pool_service_port: int = Field(default=8020, ge=0, le=65535)
    """Port on which `warp2api pool-service` listens."""
    pool_service_token: SecretStr = SecretStr("")
    """What a borrower sends as bearer, and what `warp2api pool-service` asks for; it does not start without one."""
    pool_service_ttl: float = Field(default=120, ge=30)
    """Seconds a token that was lent counts as lent without being renewed. Borrowers renew every 10."""
