"""What an operator did not expect, said in one line."""

from proto.errors import GatewayError


class SetupError(Exception):
    """Something the operator can put right; its message says what and how. Commands end with exit code 2."""


def explain(error: BaseException) -> str | None:
    """One line for the errors that are about configuration or surroundings; None for those that are bugs.

    Values are never shown: a setting that does not parse may be a secret put in the wrong variable.
    """
    if isinstance(error, (SetupError, GatewayError)):
        return str(error)
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    if isinstance(error, ValidationError):
        return "; ".join(
            f"{'.'.join(str(part) for part in detail['loc']).upper() or error.title}: {detail['msg']}"
            for detail in error.errors(include_url=False, include_context=False, include_input=False)
        )
    if isinstance(error, SettingsError):
        return str(error)
    from redis.exceptions import RedisError

    if isinstance(error, RedisError):
        return f"REDIS_URL: the server does not answer as it should: {error}"
    return None
