"""How deeply JSON is nested that comes in pieces: known before a parser has to follow it there."""

import re
from typing import Final

_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_OPENING: Final = frozenset(b"[{")


class JsonDepth:
    """Follows the brackets of a body.

    Args:
        most: levels that it may have.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._depth = 0
        #: What stands for a string whose end has not come: its quote, and a backslash if that comes before its rest.
        self._begun = b""

    def exceeds(self, piece: bytes) -> bool:
        """Whether this piece of the body leads deeper than permitted."""
        text = _STRING.sub(b"", self._begun + piece)
        end = text.find(b'"')
        self._begun = b""
        if end >= 0:
            backslashes = len(text) - len(text.rstrip(b"\\"))
            self._begun = b'"' + b"\\" * (backslashes % 2)
            text = text[:end]
        brackets = text.translate(None, _NO_BRACKETS)
        openings = brackets.count(b"[") + brackets.count(b"{")
        if self._depth + openings > self._most:
            return self._leads_too_deep(brackets)
        self._depth += 2 * openings - len(brackets)
        return False

    def _leads_too_deep(self, brackets: bytes) -> bool:
        for bracket in brackets:
            self._depth += 1 if bracket in _OPENING else -1
            if self._depth > self._most:
                return True
        return False
