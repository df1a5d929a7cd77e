"""Lua scripts are data files, one verb each, loaded by name.

A line `-- include: name` at the top of a script puts `name.lua` of the same folder in its place.
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
    text = _INCLUDE.sub(
        lambda match: (folder / f"{match[1]}.lua").read_text(),
        (folder / f"{name}.lua").read_text(),
    )
    return Script(name, text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())
