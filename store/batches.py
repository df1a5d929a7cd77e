"""Batches as their clients see them: made, looked at, listed, cancelled, deleted.

What runs them is in `store/batch_runs.py`.
"""

import hashlib
import secrets
from pathlib import Path
from typing import Final, NamedTuple

from proto.batches import FINAL_STATUSES, Batch, BatchKind, BatchSpec, BatchStatus, new_record, read_record
from proto.errors import ErrorCode, GatewayError
from proto.keys import Keys
from store.admission import Binding
from store.connection import Store
from store.files import Files
from store.scripts import load_script
from store.settings import StoreSettings

_FOLDER = Path(__file__).parent / "scripts"
_CREATE = load_script(_FOLDER, "batch_create")
_LIST = load_script(_FOLDER, "batch_list")
_CANCEL = load_script(_FOLDER, "batch_cancel")

#: Seconds that the end of a batch may take beside its window; its record must outlive its results.
_ENDING: Final = 3600.0


class BatchPage(NamedTuple):
    """Some batches of a client, newest first, and whether there are more in the direction that was asked for."""

    batches: list[Batch]
    more: bool


class Batches:
    """All batches of one deployment. A client sees its own alone, and each of its APIs those that were made by it."""

    def __init__(self, store: Store, files: Files, settings: StoreSettings) -> None:
        self.window = settings.batch_window
        self._keys = Keys(settings.deployment)
        self._store = store
        self._files = files

    async def now(self) -> int:
        """The store's clock, by which batches are made and expire (Unix ms)."""
        seconds, micros = await self._store.command("TIME")
        return int(seconds) * 1000 + int(micros) // 1000

    async def create(
        self, spec: BatchSpec, status: BatchStatus, total: int = 0, binding: Binding | None = None
    ) -> Batch:
        """Write a batch down; from now on it is run. May be done again with the same id.

        With a `binding` the id is that of its key (`new_id`), and the batch answered is the one that was made first.

        Raises:
            StoreError: whether the batch is there is unknown.
            GatewayError: IDEMPOTENCY_KEY_REUSED, the batch was made of another request.
        """
        record = new_record(spec, status, total)
        forgotten = spec.expires + round((self._files.ttl + _ENDING) * 1000)
        keys = (
            self._keys.batch(spec.id).record,
            self._keys.open_batches,
            self._keys.client_batches(spec.client, spec.kind),
        )
        fields = [word for pair in record.items() for word in pair]
        request = binding.request if binding else ""
        verdict = await self._store.run_for_good(_CREATE, keys, (spec.id, spec.created, forgotten, request, *fields))
        if verdict == b"reused":
            message = "This Idempotency-Key was sent with another request; its batch is still kept."
            raise GatewayError(ErrorCode.IDEMPOTENCY_KEY_REUSED, message)
        return await self.get(spec.client, spec.kind, spec.id)

    async def get(self, client: str, kind: BatchKind, batch_id: str) -> Batch:
        """A batch of this client.

        Raises:
            GatewayError: BATCH_NOT_FOUND.
        """
        batch = await read_batch(self._store, self._keys, batch_id)
        if batch is None or batch.spec.client != client or batch.spec.kind is not kind:
            raise no_such_batch(batch_id)
        return batch

    async def page(self, client: str, kind: BatchKind, *, after: str = "", before: str = "", limit: int) -> BatchPage:
        """A client's batches that follow `after`, or stand before `before`, or the first ones.

        Raises:
            GatewayError: BATCH_NOT_FOUND, there is none of that id in the list.
        """
        head = self._keys.batch("").record
        reply = await self._store.run(_LIST, (self._keys.client_batches(client, kind),), (head, after, before, limit))
        if reply is None:
            raise no_such_batch(after or before)
        rows, more = reply
        return BatchPage([_read(row) for row in rows], more == 1)

    async def cancel(self, client: str, kind: BatchKind, batch_id: str) -> Batch:
        """Have no more of a batch run; one that has come to its end stays as it is. Answers the batch as it is then.

        Raises:
            GatewayError: BATCH_NOT_FOUND.
        """
        await self.get(client, kind, batch_id)
        await self._store.run(_CANCEL, (self._keys.batch(batch_id).record,), ())
        return await self.get(client, kind, batch_id)

    async def delete(self, client: str, kind: BatchKind, batch_id: str) -> None:
        """Forget a batch that has ended, with the files that only it knows of.

        Raises:
            GatewayError: BATCH_NOT_FOUND, or INVALID_REQUEST while it has not ended.
        """
        batch = await self.get(client, kind, batch_id)
        if batch.status not in FINAL_STATUSES:
            raise GatewayError(ErrorCode.INVALID_REQUEST, f"The batch {batch_id} has not ended; cancel it first.")
        for file_id in (batch.output_file, batch.error_file, batch.spec.input_key):
            if file_id and file_id != batch.spec.input_file:
                await self._files.doom(file_id)
        for listed in (self._keys.client_batches(client, kind), self._keys.ended_batches):
            await self._store.command("ZREM", listed, batch_id)
        await self._store.command("DEL", *self._keys.batch(batch_id))


def new_id(prefix: str, client: str, key: str | None) -> str:
    """A batch's id: one that nobody can guess, or, with the digest of an idempotency key, always the same for it.

    Ids of the two APIs differ also behind their prefixes: the files of results are named after that.
    """
    if key is None:
        return f"{prefix}_{secrets.token_hex(12)}"
    return f"{prefix}_{hashlib.sha256(f'{prefix}:{client}:{key}'.encode()).hexdigest()[:24]}"


def no_such_batch(batch_id: str) -> GatewayError:
    """The refusal of a batch that is not there for this client."""
    return GatewayError(ErrorCode.BATCH_NOT_FOUND, f"There is no batch {batch_id[:64]!r}.")


async def read_batch(store: Store, keys: Keys, batch_id: str) -> Batch | None:
    """A batch of whatever client, None if there is none of that id."""
    if ":" in batch_id:
        return None  # no id: it would name another key of a batch
    row = await store.command("HGETALL", keys.batch(batch_id).record)
    return _read(row) if row else None


def _read(row: list[bytes]) -> Batch:
    return read_record(dict(zip(row[::2], row[1::2], strict=True)))
