"""Lua scripts are data files, one verb each, loaded by name.

A line `-- include: name` puts `name.lua` of the same folder in its place, with what that one includes.
"""

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

_INCLUDE = re.compile(r"^-- include: (\w+)$", re.MULTILINE)


class Script(NamedTuple):
    """A script's text and the SHA-1 by which the server knows it."""

    name: str
    text: str
    sha: str


def load_script(folder: Path, name: str) -> Script:
    """Read `<name>.lua` from a folder.

    Raises:
        FileNotFoundError: the script, or one it includes, is not there.
    """
    text = _text(folder, name)
    return Script(name, text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


def _text(folder: Path, name: str) -> str:
    return _INCLUDE.sub(lambda match: _text(folder, match[1]), (folder / f"{name}.lua").read_text())
