"""The upstream's list of models, as one process fetched it for all."""

from typing import Final

from proto.keys import Keys
from proto.models import ModelOffer, decode_offer, encode_offer
from store.connection import Store

#: Seconds between two tries to fetch the list, whoever makes them and however they end.
FETCH_PAUSE: Final = 60
#: Seconds that a word about a changed list is remembered.
STALE_TTL: Final = 3600


class SharedModels:
    """The list in Redis, and the words about it. Unless said otherwise every method raises `StoreError`."""

    def __init__(self, store: Store, keys: Keys) -> None:
        self._store = store
        self._keys = keys

    async def read(self) -> ModelOffer | None:
        """What was fetched last; None if nothing ever was.

        Raises:
            msgspec.ValidationError: another release wrote it, in a shape that this one cannot read.
        """
        stored: bytes | None = await self._store.command("GET", self._keys.models)
        return decode_offer(stored) if stored is not None else None

    async def write(self, offer: ModelOffer) -> None:
        """Replace the list."""
        await self._store.command("SET", self._keys.models, encode_offer(offer))

    def tell_stale(self) -> None:
        """Note that the list has changed upstream. Not waited for: if Redis is away, the word is lost."""
        self._store.post(("SET", self._keys.models_stale, 1, "EX", STALE_TTL))

    async def is_stale(self) -> bool:
        """Whether such a word came since the last fetch began."""
        return bool(await self._store.command("EXISTS", self._keys.models_stale))

    async def begin_fetch(self) -> bool:
        """Whether the caller may fetch the list now; then nobody else may for `FETCH_PAUSE` seconds.

        What is said of a change from here on counts as new.
        """
        begun = await self._store.command("SET", self._keys.models_fetch, 1, "NX", "EX", FETCH_PAUSE)
        if begun:
            await self._store.command("DEL", self._keys.models_stale)
        return bool(begun)
