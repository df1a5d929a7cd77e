"""The model catalogue: which names clients see, and what each name they ask for means upstream."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

# When a model was made is not known here; a constant keeps the listing the same from call to call.
CREATED = 1_767_225_600
CREATED_AT = "2026-01-01T00:00:00Z"


class Model(NamedTuple):
    """One entry of the catalogue, in either vendor's shape."""

    id: str

    def openai(self) -> dict[str, Any]:
        return {"id": self.id, "object": "model", "created": CREATED, "owned_by": "warp"}

    def anthropic(self) -> dict[str, Any]:
        return {
            "type": "model",
            "id": self.id,
            "display_name": self.id,
            "created_at": CREATED_AT,
            "lifecycle": "active",
        }


class ModelCatalogue:
    """The configured ids, and aliases that point other names at one of them.

    Args:
        models: ids that pass as they are, in the order of the listing.
        aliases: pattern (as in `fnmatch`, case counts) to id; the first that matches wins.
    """

    def __init__(self, models: Sequence[str], aliases: Mapping[str, str]) -> None:
        self._models = {id_: Model(id_) for id_ in models}
        self._aliases = dict(aliases)

    def resolve(self, name: str) -> str:
        """The upstream's id for `name`. A name nobody knows passes as given: the upstream judges it."""
        if name in self._models:
            return name
        return self._alias(name) or name

    def find(self, name: str) -> Model | None:
        """The entry for a name that is configured or has an alias; it keeps the name it was asked by."""
        if name in self._models:
            return self._models[name]
        return Model(name) if self._alias(name) is not None else None

    def openai_list(self) -> dict[str, Any]:
        return {"object": "list", "data": [model.openai() for model in self._models.values()]}

    def anthropic_list(self) -> dict[str, Any]:
        ids = list(self._models)
        return {
            "data": [model.anthropic() for model in self._models.values()],
            "has_more": False,
            "first_id": ids[0] if ids else None,
            "last_id": ids[-1] if ids else None,
        }

    def _alias(self, name: str) -> str | None:
        return next((id_ for pattern, id_ in self._aliases.items() if fnmatchcase(name, pattern)), None)
