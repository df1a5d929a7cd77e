"""Text of others, made safe to print in a terminal."""

from typing import Final

#: Control characters do in a terminal what nobody asked for; a line break and a tab are harmless.
_CONTROLS: Final = {code: "\ufffd" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


def plain(text: str) -> str:
    """The text with a sign in place of every control character."""
    return text.translate(_CONTROLS)
