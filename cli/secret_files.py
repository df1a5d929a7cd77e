"""Secrets out of files: what `NAME_FILE` names becomes `NAME`, as container engines hand secrets out."""

import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Final

from cli.problems import SetupError

#: The settings that are secrets, or, as an address, may hold one.
SECRETS: Final = (
    "API_TOKEN",
    "API_TOKENS",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "BROKER_URL",
    "CLOUDFLARE_API_TOKEN",
    "CLOUDFLARE_BROKER_SECRET",
    "FLOWER_BASIC_AUTH",
    "POOL_SERVICE_TOKEN",
    "REDIS_URL",
    "TOKEN_ENCRYPTION_KEY",
    "WARP_API_KEY",
    "WARP_FIREBASE_API_KEY",
    "WARP_JWT",
    "WARP_REFRESH_TOKEN",
)


def load_secret_files(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set each secret whose file is named; lines of a file are joined with commas, as lists are written.

    Raises:
        SetupError: a file cannot be read, or a secret is given in both ways.
    """
    for name in SECRETS:
        path = environment.get(f"{name}_FILE")
        if not path:
            continue
        if environment.get(name):
            raise SetupError(f"{name}: set it or {name}_FILE, not both")
        try:
            lines = Path(path).read_text().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise SetupError(f"{name}_FILE: {path} cannot be read: {reason}") from error
        environment[name] = ",".join(line.strip() for line in lines if line.strip())
