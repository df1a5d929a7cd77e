"""Batches of all clients, as operators see them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from proto.batches import Batch, read_record
from proto.keys import Keys
from store.batches import no_such_batch, read_batch
from store.connection import Call, Store
from store.scripts import load_script

_CANCEL = load_script(Path(__file__).parent / "scripts", "batch_cancel")

#: Open batches that are shown, and ended ones (as many as `batch_move.lua` keeps), the newest of each.
MOST_SHOWN: Final = 50


class SeenBatch(NamedTuple):
    """A batch, and how many of its jobs wait or run now."""

    batch: Batch
    running: int


class AllBatches:
    """The batches of one deployment. Who asks has to be asked for a right to them before.

    Verbs raise `StoreError` while the store is away.
    """

    def __init__(self, store: Store, keys: Keys) -> None:
        self._store = store
        self._keys = keys

    async def look(self) -> list[SeenBatch]:
        """Those that are open, the newest first, then those that ended lately, the last first."""
        # In this order: one that ends between the two is in both, and not in neither.
        lists = (self._keys.open_batches, self._keys.ended_batches)
        found = await self._store.gather([Call(("ZRANGE", key, 0, MOST_SHOWN - 1, "REV")) for key in lists])
        ids: list[str] = list(dict.fromkeys(row.decode() for rows in found for row in rows))
        if not ids:
            return []
        replies = await self._store.gather([call for batch_id in ids for call in self._calls(batch_id)])
        rows = [replies[at : at + 3] for at in range(0, len(replies), 3)]
        return [_seen(*row) for row in rows if row[0]]

    def _calls(self, batch_id: str) -> list[Call]:
        keys = self._keys.batch(batch_id)
        return [Call(("HGETALL", keys.record)), Call(("HLEN", keys.running)), Call(("LLEN", keys.done))]

    async def get(self, batch_id: str) -> Batch:
        """One batch.

        Raises:
            GatewayError: BATCH_NOT_FOUND.
        """
        batch = await read_batch(self._store, self._keys, batch_id)
        if batch is None:
            raise no_such_batch(batch_id)
        return batch

    async def cancel(self, batch_id: str) -> None:
        """Have no more of a batch run; one that has come to its end, or is not there, stays as it is."""
        await self._store.run(_CANCEL, (self._keys.batch(batch_id).record,), ())


def _seen(fields: Sequence[bytes], taken: int, ended: int) -> SeenBatch:
    batch = read_record(dict(zip(fields[::2], fields[1::2], strict=True)))
    return SeenBatch(batch, max(0, taken - ended))
