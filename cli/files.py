"""Files that commands are given to read."""

import sys
from pathlib import Path

from cli.problems import SetupError


def read_given(source: str) -> bytes:
    """The bytes of a file, or of standard input for `-`.

    Raises:
        SetupError: there is no such file, or it cannot be read.
    """
    if source == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise SetupError(f"{source}: {error.strerror or error}") from error
