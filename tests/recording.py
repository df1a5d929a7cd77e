"""Keeps requests of real clients as fixtures, without what says who sent them. Only where `RECORD=1` is set."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.recorder import Exchange

FOLDER: Final = Path(__file__).parent / "fixtures" / "clients"
#: Strings are cut there: an agent's instructions are its vendor's text, and long.
LONGEST: Final = 160
_HEADERS: Final = frozenset(
    {"accept", "anthropic-beta", "anthropic-version", "content-type", "originator", "user-agent", "x-app"}
)
_PERSONAL: Final = frozenset({"client_metadata", "metadata", "prompt_cache_key", "safety_identifier", "user"})


def keep(name: str, wire: str, exchange: Exchange, replaced: Mapping[str, str] | None = None) -> None:
    """Write a request down as the fixture `name`, if recording is on.

    Args:
        name: the client, and the wire if it has several.
        wire: the API it was sent to.
        exchange: what was sent.
        replaced: texts that are replaced wherever they stand, such as a folder's path.
    """
    if os.environ.get("RECORD") != "1":
        return
    headers = {key: value for key, value in sorted(exchange.headers) if key in _HEADERS}
    fixture = {
        "wire": wire,
        "method": exchange.method,
        "path": exchange.path,
        "headers": headers,
        "body": _sanitised(exchange.json, replaced or {}),
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    text = json.dumps(fixture, ensure_ascii=False, indent=1)
    (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _sanitised(value: Any, replaced: Mapping[str, str]) -> Any:
    match value:
        case dict():
            return {key: _sanitised(each, replaced) for key, each in value.items() if key not in _PERSONAL}
        case list():
            return [_sanitised(each, replaced) for each in value]
        case str():
            for text, instead in replaced.items():
                value = value.replace(text, instead)
            return value if len(value) <= LONGEST else _cut(value)
        case _:
            return value


def _cut(text: str) -> str:
    kept = re.sub(r"\[\[sim:.*", "", text[:LONGEST], flags=re.DOTALL)  # half a directive is none
    return f"{kept}… ({len(text) - len(kept)} characters cut)"
