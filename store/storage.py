"""Where the bytes of files are: a folder, or an S3-compatible bucket.

A file is a folder of parts, each a plain object that is written whole. So nothing is ever half written, no upload is
left open at a bucket, and whatever a process that died has left behind lies in the file's folder.
"""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import obstore.store
import structlog
from obstore.exceptions import BaseError

from proto.errors import ErrorCode, GatewayError
from store.settings import StoreSettings

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig, S3Config

log = structlog.get_logger()

#: How often and how long a request to a bucket is tried: a client waits for it.
_RETRIES: Final["RetryConfig"] = {"max_retries": 3, "retry_timeout": timedelta(seconds=15)}


class StorageError(GatewayError):
    """The folder or bucket cannot be used now."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.UNAVAILABLE, "The gateway's file storage is not available.", retry_after=5)


class MissingPartError(GatewayError):
    """A part is not where it was put."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.FILE_NOT_FOUND, "The file's content is no longer there.")


class Storage:
    """The parts of all files of one deployment, opened with the first one that is used.

    All verbs may be sent again: a part is replaced as a whole, and what is not there counts as deleted.
    """

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings
        #: None where files are in a bucket.
        self._folder = folder_of(settings)
        self._opened: ObjectStore | None = None

    async def put(self, name: str, data: bytes) -> None:
        """Write one part, `<folder>/<name>`, whole; in place of what it was.

        Raises:
            StorageError: it could not be written.
        """
        with _translated("put", name):
            await self._store.put_async(name, data, use_multipart=False)

    async def read(self, name: str, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end` of a part, or as many as there are.

        Raises:
            MissingPartError: there is no such part.
            StorageError: it could not be read.
        """
        try:
            with _translated("read", name):
                return bytes(await self._store.get_range_async(name, start=start, end=end))
        except FileNotFoundError as error:
            raise MissingPartError from error

    async def delete(self, folder: str) -> None:
        """Delete all parts of a folder.

        Raises:
            StorageError: some may still be there.
        """
        with _translated("delete", folder):
            if self._folder is not None:
                # Also what a process that was killed left of a part it was writing, which no listing shows.
                await asyncio.to_thread(_remove, self._folder / folder)
                return
            async for listed in self._store.list_async(f"{folder}/"):
                await self._store.delete_async([each["path"] for each in listed])

    async def names(self, folder: str = "") -> list[str]:
        """The names of all parts in a folder, or of all there are.

        Raises:
            StorageError: they could not be listed.
        """
        with _translated("list", folder):
            prefix = f"{folder}/" if folder else None
            return sorted([each["path"] async for listed in self._store.list_async(prefix) for each in listed])

    @property
    def _store(self) -> "ObjectStore":
        if self._opened is None:
            self._opened = _folder_store(self._folder) if self._folder is not None else _bucket_store(self._settings)
        return self._opened


def folder_of(settings: StoreSettings) -> Path | None:
    """The folder that files are in, None where they are in a bucket."""
    return None if settings.files_url else settings.home / "files"


def _folder_store(folder: Path) -> "ObjectStore":
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return obstore.store.LocalStore(folder)


def _bucket_store(settings: StoreSettings) -> "ObjectStore":
    config: S3Config = {}
    if settings.aws_access_key_id is not None:
        config["access_key_id"] = settings.aws_access_key_id.get_secret_value()
    if settings.aws_secret_access_key is not None:
        config["secret_access_key"] = settings.aws_secret_access_key.get_secret_value()
    if settings.aws_session_token is not None:
        config["session_token"] = settings.aws_session_token.get_secret_value()
    if settings.aws_region:
        config["region"] = settings.aws_region
    if settings.aws_endpoint_url:
        config["endpoint"] = settings.aws_endpoint_url
    options: ClientConfig = {"allow_http": settings.aws_endpoint_url.startswith("http:")}
    return obstore.store.from_url(settings.files_url, config=config, client_options=options, retry_config=_RETRIES)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


@contextmanager
def _translated(verb: str, name: str) -> Iterator[None]:
    """What the library raises, as our own errors; a missing part stays what it is."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        log.warning("storage.failed", verb=verb, name=name, error=type(error).__name__)
        raise StorageError from error
