"""Where conversations stand upstream, kept between two requests; `proto/continuation.py` tells what is kept, and why.

| key | type | holds |
|---|---|---|
| `entry:<client>:<transcript>` | hash | `frame`, and `data` as packed; lives for the TTL |
| `index` | zset | `<client>:<transcript>` of every entry, by when it was kept (ms); lives as long as the newest |
| `sizes`, `bytes` | hash, string | bytes of each entry's data, and of all; change only with the index |
| `counts` | hash | how often conversations were continued, or why not; for ever |

An entry belongs to one client. Taking one removes it, so two requests never go on from the same place.
"""

from pathlib import Path
from typing import Final, NamedTuple

from proto.continuation import Place
from proto.keys import Keys
from store.connection import Store
from store.scripts import load_script

_FOLDER = Path(__file__).parent / "scripts"
_KEEP = load_script(_FOLDER, "continuation_keep")
_TAKE = load_script(_FOLDER, "continuation_take")

#: What is counted. A lookup is a `hit`, or nothing is there (`unknown`: edited, forked, compacted, expired, evicted, or
#: taken by another request), or it is there for other tools, another model or system text (`changed`). A hit may still
#: come to nothing: another account was lent (`other_account`), the upstream did not want it (`refused`), it cannot be
#: read (`unreadable`), or the job ended before output (`put_back`). An answer is `kept`, or not: it was changed or
#: cut short on its way (`cut`), or the upstream's tasks were too large or could not be followed (`not_followed`).
COUNTERS: Final = (
    "hit",
    "unknown",
    "changed",
    "other_account",
    "refused",
    "unreadable",
    "put_back",
    "kept",
    "cut",
    "not_followed",
)


class Bounds(NamedTuple):
    """How long an entry is kept, in seconds, and how many bytes all of a deployment's may come to."""

    ttl: float
    most_bytes: int


class Continuations:
    """The verbs. A `take` whose reply was lost has lost the entry with it: asked again, it is not there."""

    def __init__(self, store: Store, keys: Keys, bounds: Bounds) -> None:
        self._store = store
        self._bounds = bounds
        self._keys = [keys.continuations(name) for name in ("index", "sizes", "bytes", "counts")]
        self._entries = keys.continuations("entry:")

    async def take(self, client: str, place: Place) -> tuple[str, bytes]:
        """`hit` and what is kept, which is nobody else's from now on; or why there is nothing.

        Raises:
            StoreError: Redis is away.
        """
        args = (self._entries, f"{client}:{place.transcript}", place.frame)
        answer, *data = await self._store.run(_TAKE, self._keys, args)
        return answer.decode(), data[0] if data else b""

    async def keep(self, client: str, place: Place, data: bytes, count: str) -> None:
        """Keep `data`; the oldest entries make room. One that would fill all the room alone is not kept.

        Raises:
            StoreError: Redis is away.
        """
        ttl = round(self._bounds.ttl * 1000)
        args = (self._entries, f"{client}:{place.transcript}", place.frame, data, ttl, self._bounds.most_bytes, count)
        await self._store.run(_KEEP, self._keys, args)

    def count(self, counter: str) -> None:
        """Count something; if Redis is away it is not counted."""
        self._store.post(("HINCRBY", self._keys[3], counter, 1))


async def continuation_counts(store: Store, keys: Keys) -> dict[str, int]:
    """Every counter of the deployment.

    Raises:
        StoreError: Redis is away.
    """
    rows: list[bytes] = await store.command("HGETALL", keys.continuations("counts"))
    counted = dict(zip(rows[::2], rows[1::2], strict=True))
    return {name: int(counted.get(name.encode(), 0)) for name in COUNTERS}
