"""Files of clients: what is known of each in Redis, its bytes in the storage.

A file is there once it is whole. While it is being written only the sweep knows of it, and deletes what is left of it
if it is never finished. Who deletes a file takes it from its client at once; its bytes go with the next sweep at the
latest.
"""

import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import structlog

from proto.batches import Part, decode_part, encode_part
from proto.errors import ErrorCode, GatewayError
from proto.keys import Keys
from store.connection import Argument, Store, StoreError
from store.scripts import Script, load_script
from store.settings import StoreSettings
from store.storage import Storage, StorageError

log = structlog.get_logger()

_FOLDER = Path(__file__).parent / "scripts"
_ADD = load_script(_FOLDER, "file_add")
_BEGIN = load_script(_FOLDER, "file_begin")
_COMMIT = load_script(_FOLDER, "file_commit")
_GET = load_script(_FOLDER, "file_get")
_LIST = load_script(_FOLDER, "file_list")
_DOOM = load_script(_FOLDER, "file_doom")
_DELETE = load_script(_FOLDER, "file_delete")
_SWEEP = load_script(_FOLDER, "file_sweep")

#: What files are for: the input of a batch, and its results.
BATCH_INPUT: Final = "batch"
BATCH_OUTPUT: Final = "batch_output"
PURPOSES: Final = (BATCH_INPUT, BATCH_OUTPUT)
#: Bytes of an uploaded file's parts: what is in memory of it at once, some three times.
PART: Final = 4 * 1024 * 1024
#: Bytes read at once, so that no request to the storage waits for a slow reader.
PIECE: Final = 1024 * 1024
#: Seconds after which an upload is given up.
UPLOAD_TIME: Final = 3600.0
#: Files that one sweep deletes at most.
SWEEP_SIZE: Final = 100


class File(NamedTuple):
    """What is known of a whole file. Times are in Unix seconds."""

    id: str
    client: str
    filename: str
    purpose: str
    bytes: int
    created: float
    expires: float


class FilePage(NamedTuple):
    """Some files of a client, in order, and whether there are more."""

    files: list[File]
    more: bool


def new_file_id() -> str:
    """An id that nobody can guess."""
    return f"file-{secrets.token_hex(12)}"


class Upload:
    """A file being written. Made by `Files.upload`."""

    def __init__(self, files: "Files", file_id: str) -> None:
        self.file_id = file_id
        self.bytes = 0
        self.whole: File | None = None
        self._files = files
        self._parts: list[Part] = []
        self._buffer = bytearray()

    async def write(self, data: bytes) -> None:
        """Add bytes; each part that is full goes to the storage.

        Raises:
            StorageError: it could not be written.
        """
        self._buffer += data
        self.bytes += len(data)
        while len(self._buffer) >= PART:
            await self._put(bytes(self._buffer[:PART]))
            del self._buffer[:PART]

    async def commit(self, *, client: str, filename: str, purpose: str, ttl: float, listed: bool = True) -> File:
        """The file is whole: from now on it is the client's, for `ttl` seconds.

        `listed`: whether it stands in the client's list of files.

        Raises:
            StorageError: the last part could not be written.
            StoreError: whether the file is there is unknown.
            GatewayError: REQUEST_TIMEOUT, the upload took longer than `UPLOAD_TIME`.
        """
        if self._buffer:
            await self._put(bytes(self._buffer))
            self._buffer.clear()
        self.whole = await self._files.commit(
            self.file_id, self._parts, client=client, filename=filename, purpose=purpose, ttl=ttl, listed=listed
        )
        return self.whole

    async def _put(self, data: bytes) -> None:
        part = Part(f"{self.file_id}/{len(self._parts):06d}", len(data), 0)
        await self._files.storage.put(part.key, data)
        self._parts.append(part)


class Files:
    """All files of one deployment. A client sees its own alone."""

    def __init__(self, store: Store, storage: Storage, settings: StoreSettings) -> None:
        self.storage = storage
        #: Seconds a file is kept unless its client wants it gone before.
        self.ttl = settings.files_ttl
        self.keys = Keys(settings.deployment)
        self._store = store

    @asynccontextmanager
    async def upload(self) -> AsyncIterator[Upload]:
        """A new file to be written; unless it is committed within the block, nothing is left of it.

        Raises:
            StoreError: Redis is away.
        """
        upload = Upload(self, new_file_id())
        await self._run(_BEGIN, upload.file_id, _ms(UPLOAD_TIME))
        try:
            yield upload
        finally:
            if upload.whole is None:
                # If the store is away, the sweep finds the upload once its time is over.
                with suppress(StoreError):
                    await self.doom(upload.file_id)

    async def get(self, client: str, file_id: str, *, param: str | None = None) -> File:
        """A whole file of this client; `param` is the field of the request that names it.

        Raises:
            GatewayError: FILE_NOT_FOUND.
        """
        file = await self.find(file_id)
        if file is None or file.client != client:
            raise no_such_file(file_id, param=param)
        return file

    async def find(self, file_id: str) -> File | None:
        """A whole file, whosever it is."""
        row = await self._run(_GET, file_id)
        return _file(row) if row else None

    async def page(self, client: str, *, purpose: str = "", after: str = "", limit: int, newest: bool) -> FilePage:
        """A page of a client's files, the newest or the oldest first.

        Raises:
            GatewayError: FILE_NOT_FOUND, there is no file `after` in the list.
        """
        if purpose and purpose not in PURPOSES:
            return FilePage([], more=False)  # and no key of that name
        key = self.keys.files(client) + (f":{purpose}" if purpose else "")
        reply = await self._store.run(_LIST, (*self.keys.file_terms, key), (after, limit, int(newest)))
        if reply is None:
            raise no_such_file(after, param="after")
        rows, more = reply
        return FilePage([_file(row) for row in rows], more == 1)

    async def delete(self, client: str, file_id: str) -> None:
        """Take a file from its client, then delete its bytes; if that fails, the sweep does.

        Raises:
            GatewayError: FILE_NOT_FOUND.
        """
        if not await self._run(_DELETE, file_id, client):
            raise no_such_file(file_id)
        await self._clear(file_id)

    async def doom(self, file_id: str) -> None:
        """Delete whatever there is of a file, whole or not, whosever it is; what fails now, the sweep does.

        Raises:
            StoreError: Redis is away.
        """
        await self._run(_DOOM, file_id)
        await self._clear(file_id)

    async def content(self, file_id: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """The bytes of a file from `start` up to `end`, a piece at a time. Nothing is read ahead.

        Raises:
            MissingPartError: the file was deleted meanwhile.
            StorageError: the storage is away.
        """
        rows = await self._store.command("LRANGE", self.keys.file_parts(file_id), 0, -1)
        begin = 0
        for part in map(decode_part, rows):
            here, until = max(start - begin, 0), part.bytes if end is None else min(part.bytes, end - begin)
            while here < until:
                piece = await self.storage.read(part.key, here, min(here + PIECE, until))
                yield piece
                here += len(piece)
            begin += part.bytes

    async def sweep(self) -> int:
        """Delete the bytes of files whose time is over, that were deleted, or whose upload was never finished.

        Safe to run twice at once. Returns how many files went.

        Raises:
            StorageError: the storage is away.
        """
        doomed: list[bytes] = await self._run(_SWEEP, SWEEP_SIZE)
        for file_id in doomed:
            await self._clear_now(file_id.decode())
        return len(doomed)

    async def commit(
        self, file_id: str, parts: Sequence[Part], *, client: str, filename: str, purpose: str, ttl: float, listed: bool
    ) -> File:
        """The end of an upload; see `Upload.commit`."""
        encoded = [encode_part(part) for part in parts]
        size = sum(part.bytes for part in parts)
        row = await self._run(_COMMIT, file_id, client, filename, purpose, size, _ms(ttl), int(listed), *encoded)
        if row is None:
            raise GatewayError(ErrorCode.REQUEST_TIMEOUT, f"The upload took longer than {UPLOAD_TIME:g} seconds.")
        return _file(row)

    async def add_output(
        self, file_id: str, parts_key: str, *, client: str, filename: str, purpose: str, ttl: float, listed: bool = True
    ) -> None:
        """Make a file of parts that are in the storage already, in the file's own folder; may be done again.

        `parts_key` is the list of their encoded `Part`s, which becomes the file's. Without parts there is no file.

        Raises:
            StoreError: Redis is away.
        """
        rows = await self._store.command("LRANGE", parts_key, 0, -1)
        size = sum(decode_part(row).bytes for row in rows)
        keys = (*self.keys.file_terms, parts_key)
        await self._store.run(_ADD, keys, (file_id, client, filename, purpose, size, _ms(ttl), int(listed)))

    async def _clear(self, file_id: str) -> None:
        with suppress(StoreError, StorageError):
            await self._clear_now(file_id)

    async def _clear_now(self, file_id: str) -> None:
        await self.storage.delete(file_id)
        self._store.post(("ZREM", self.keys.file_terms[2], file_id))

    async def _run(self, script: Script, *args: Argument) -> Any:
        return await self._store.run(script, self.keys.file_terms, args)


def no_such_file(file_id: str, *, param: str | None = None) -> GatewayError:
    """The refusal of a file that is not there for this client."""
    return GatewayError(ErrorCode.FILE_NOT_FOUND, f"There is no file {file_id[:64]!r}.", param=param)


def _file(row: list[bytes]) -> File:
    file_id, client, filename, purpose, size, created, expires = (each.decode() for each in row)
    return File(file_id, client, filename, purpose, int(size), int(created) / 1000, int(expires) / 1000)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
