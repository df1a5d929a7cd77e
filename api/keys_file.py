"""The file of client keys: what stands in it, and how it is read and changed.

A key is 32 random bytes, so its SHA-256 is all that needs keeping: there is nothing to guess that a slow or salted
hash would make dearer, and every request costs one hash.
"""

import fcntl
import hashlib
import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from proto.clients import OPEN_CLIENT, Client, ClientLimits, Leaving, Right
from proto.errors import ErrorCode, GatewayError
from proto.jobs import Lane

#: How a plain key of `API_TOKENS` is called: the beginning of its SHA-256.
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{16}")

Limit = Annotated[int, Field(ge=0, le=1_000_000)]


class KeysFileError(GatewayError):
    """The keys file is not there, or not as it should be; the message says where, and shows nothing of it."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(ErrorCode.INVALID_REQUEST, f"CLIENT_KEYS_FILE: {path}: {problem}")


class KeyEntry(BaseModel):
    """One key. A limit that is not given is the gateway's default, 0 is none."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", repr=False)]
    concurrency: Limit | None = None
    per_minute: Limit | None = None
    lane: Lane = Lane.INTERACTIVE
    rights: tuple[Right, ...] = (Right.CHAT,)
    on_disconnect: Leaving = Leaving.CANCEL

    @field_validator("name")
    @classmethod
    def _not_another_client(cls, name: str) -> str:
        if name == OPEN_CLIENT or _FINGERPRINT.fullmatch(name):
            raise ValueError("this name could be taken for another client's")
        return name

    def client(self, defaults: ClientLimits) -> Client:
        """The client that this key makes known."""
        limits = ClientLimits(
            defaults.concurrency if self.concurrency is None else self.concurrency,
            defaults.per_minute if self.per_minute is None else self.per_minute,
        )
        return Client(self.name, frozenset(self.rights), limits, self.lane, self.on_disconnect)


class KeyList(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    keys: tuple[KeyEntry, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        for values in ([key.name for key in self.keys], [key.sha256 for key in self.keys]):
            if len(set(values)) < len(values):
                raise ValueError("two keys have the same name or the same hash")
        return self


def new_key() -> str:
    """A key nobody has. The prefix lets people and secret scanners tell what it is."""
    return f"w2a-{secrets.token_urlsafe(32)}"


def hash_of(key: str) -> str:
    """What the file keeps of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def read_keys(path: Path) -> tuple[KeyEntry, ...]:
    """The keys of the file.

    Raises:
        KeysFileError: it cannot be read, or something in it is wrong.
    """
    try:
        return KeyList.model_validate_json(path.read_bytes()).keys
    except FileNotFoundError as error:
        raise KeysFileError(path, "no such file; `warp2api keys add NAME` makes it") from error
    except OSError as error:
        raise KeysFileError(path, f"cannot be read: {error.strerror}") from error
    except ValidationError as error:
        # The original would show its input in a traceback: a key may have been put where its hash belongs.
        raise KeysFileError(path, _first_problem(error)) from None


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]


@contextmanager
def changing_keys(path: Path) -> Iterator[list[KeyEntry]]:
    """The keys as a list to change, one process at a time; what stands in it after the block is written.

    A file that is not there yet counts as empty.

    Raises:
        KeysFileError: it cannot be read or written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise KeysFileError(path, f"its folder cannot be opened: {error.strerror}") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        before = read_keys(path) if path.exists() else ()
        keys = list(before)
        yield keys
        if tuple(keys) != before:
            _write(path, keys)
            os.fsync(folder)
    finally:
        os.close(folder)


def _write(path: Path, keys: Sequence[KeyEntry]) -> None:
    """Put a new file in the place of the old one, with the old one's owner and readable by nobody else."""
    content = {"keys": [key.model_dump(mode="json", exclude_none=True) for key in keys]}
    try:
        # mkstemp's files have mode 0600.
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=2)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            _keep_owner(path, temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise KeysFileError(path, f"cannot be written: {error.strerror}") from error


def _keep_owner(path: Path, temporary: Path) -> None:
    """The gateway that reads the file may run as somebody else than the administrator who changes it."""
    if path.exists() and (owner := path.stat()).st_uid != os.geteuid():
        os.chown(temporary, owner.st_uid, owner.st_gid)
