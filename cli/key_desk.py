"""What the `keys` commands do with the keys file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from api.keys_file import KeyEntry, changing_keys, hash_of, new_key, read_keys
from api.settings import ApiSettings
from cli.problems import SetupError


def add_key(name: str, options: Mapping[str, Any]) -> str:
    """Add a key to the file and return it: nothing keeps it.

    Raises:
        SetupError: there is a key of that name already, or an option is not as it should be.
        KeysFileError: the file cannot be read or written.
    """
    key = new_key()
    try:
        entry = KeyEntry(name=name, sha256=hash_of(key), **options)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False)[0]
        raise SetupError(f"{problem['loc'][0]}: {problem['msg']}") from error
    with changing_keys(_path()) as keys:
        if name in {known.name for known in keys}:
            raise SetupError(f"there is a key named {name!r} already: revoke it first, or choose another name")
        keys.append(entry)
    return key


def list_keys() -> None:
    """Print what the file says of each key.

    Raises:
        KeysFileError: the file cannot be read.
    """
    settings = ApiSettings()
    defaults = settings.client_limits
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("NAME", "AT ONCE", "A MINUTE", "LANE", "RIGHTS", "ON DISCONNECT"):
        table.add_column(title, no_wrap=True)
    for entry in read_keys(_path()):
        client = entry.client(defaults)
        table.add_row(
            entry.name,
            _limit(client.limits.concurrency),
            _limit(client.limits.per_minute),
            entry.lane,
            ", ".join(entry.rights),
            entry.on_disconnect,
        )
    Console(highlight=False, markup=False, width=None if Console().is_terminal else 200).print(table)


def revoke_keys(names: Sequence[str]) -> None:
    """Take keys out of the file, all of them or none.

    Raises:
        SetupError: there is no key of one of the names.
        KeysFileError: the file cannot be read or written.
    """
    with changing_keys(_path()) as keys:
        unknown = set(names) - {known.name for known in keys}
        if unknown:
            raise SetupError(f"no key is named {', '.join(sorted(unknown))}: `warp2api keys list` shows them")
        keys[:] = [known for known in keys if known.name not in names]


def _limit(limit: int) -> str:
    return str(limit) if limit else "no limit"


def _path() -> Path:
    path = ApiSettings().client_keys_file
    if path is None:
        raise SetupError("CLIENT_KEYS_FILE: not set; name the file to keep keys in, for example keys.json")
    return path
