"""The model catalogue: which names clients see, and what each name they ask for means upstream."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from proto.errors import BadRequestError

# When a model was made is not known here; a constant keeps the listing the same from call to call.
CREATED = 1_767_225_600
CREATED_AT = "2026-01-01T00:00:00Z"

#: Entries on a page of Anthropic's list: when not said, and at most.
PAGE = 20
MAX_PAGE = 1000

_WILDCARDS = frozenset("*?[")


class Model(msgspec.Struct, frozen=True):
    """One entry of the catalogue, in either vendor's shape.

    `name` is for people, empty where the id serves; `context` is in tokens, 0 if unknown.
    """

    id: str
    name: str = ""
    context: int = 0

    def openai(self) -> dict[str, Any]:
        return {"id": self.id, "object": "model", "created": CREATED, "owned_by": "warp"}

    def anthropic(self) -> dict[str, Any]:
        return {
            "type": "model",
            "id": self.id,
            "display_name": self.name or self.id,
            "created_at": CREATED_AT,
            "lifecycle": "active",
            "max_input_tokens": self.context or None,
        }


class ModelOffer(msgspec.Struct, frozen=True):
    """What the upstream offers, as all processes share it; `fetched_at` is in Unix seconds."""

    fetched_at: float
    models: list[Model]


_encoder = msgspec.json.Encoder()
_offer_decoder = msgspec.json.Decoder(ModelOffer)


def encode_offer(offer: ModelOffer) -> bytes:
    """The stored form."""
    return _encoder.encode(offer)


def decode_offer(data: bytes) -> ModelOffer:
    """Raises:
    msgspec.ValidationError: the bytes are not an offer of this or the previous release.
    """
    return _offer_decoder.decode(data)


class ModelCatalogue:
    """The configured ids, those the upstream offers, and aliases that point other names at one of them.

    Args:
        models: ids that pass as they are, in the order of the listing.
        aliases: pattern (as in `fnmatch`, case counts) to id; the first that matches wins. One without wildcards is
            the name of a model, and is listed as such.
    """

    def __init__(self, models: Sequence[str], aliases: Mapping[str, str]) -> None:
        self._configured = list(models)
        self._aliases = dict(aliases)
        self._known: dict[str, Model] = {}
        self._listed: list[Model] = []
        self.offer([])

    def offer(self, models: Sequence[Model]) -> None:
        """Take over what the upstream offers now, in place of what it offered before."""
        offered = {model.id: model for model in models}
        self._known = {id_: offered.get(id_, Model(id_)) for id_ in self._configured} | offered
        named = [pattern for pattern in self._aliases if _WILDCARDS.isdisjoint(pattern)]
        self._listed = [*self._known.values(), *(Model(name) for name in named if name not in self._known)]

    def resolve(self, name: str) -> str:
        """The upstream's id for `name`. A name nobody knows passes as given: the upstream judges it."""
        if name in self._known:
            return name
        return self._alias(name) or name

    def known_id(self, name: str) -> str | None:
        """The upstream's id for a name, if the catalogue has it: there are only so many of these."""
        id_ = self.resolve(name)
        return id_ if id_ in self._known or id_ in self._aliases.values() else None

    def find(self, name: str) -> Model | None:
        """The entry for a name that is known or has an alias; it keeps the name it was asked by."""
        if name in self._known:
            return self._known[name]
        return Model(name) if self._alias(name) is not None else None

    def openai_list(self) -> dict[str, Any]:
        """All entries; OpenAI's list has no pages."""
        return {"object": "list", "data": [model.openai() for model in self._listed]}

    def anthropic_list(self, limit: int = PAGE, after_id: str = "", before_id: str = "") -> dict[str, Any]:
        """One page: the entries that follow `after_id`, or the last ones before `before_id`, or the first ones.

        Raises:
            BadRequestError: both are given, or one that is not in the list.
        """
        if after_id and before_id:
            raise BadRequestError("before_id: only one of after_id and before_id may be given", param="before_id")
        if before_id:
            rest = self._listed[: self._index(before_id, "before_id")]
            page = rest[-limit:]
        else:
            rest = self._listed[self._index(after_id, "after_id") + 1 :] if after_id else self._listed
            page = rest[:limit]
        return {
            "data": [model.anthropic() for model in page],
            "has_more": len(page) < len(rest),
            "first_id": page[0].id if page else None,
            "last_id": page[-1].id if page else None,
        }

    def _index(self, id_: str, param: str) -> int:
        for index, model in enumerate(self._listed):
            if model.id == id_:
                return index
        raise BadRequestError(f"{param}: there is no model of this id in the list", param=param)

    def _alias(self, name: str) -> str | None:
        return next((id_ for pattern, id_ in self._aliases.items() if fnmatchcase(name, pattern)), None)
