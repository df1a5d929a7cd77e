"""The texts it answers with."""

import hashlib
import random
from functools import lru_cache

_FILLER = (
    "A queue keeps what it was given until somebody has finished with it. The worker may die, the wire may break, "
    "the reader may leave and come back: what was accepted is still there, in order, once. "
)
_ALPHABET = "abcdefghijklmnopqrstuvwxyz      \n\t\"'\\{}<>&äöüß中文字🙂0123456789"
_DIGEST_MARK = "\n#"


def filler(length: int) -> str:
    """Prose of exactly so many characters."""
    return (_FILLER * (length // len(_FILLER) + 1))[:length]


@lru_cache(maxsize=256)
def checksum_text(seed: int, length: int) -> str:
    """A text that depends on `seed` alone: `length` characters, awkward ones among them, and a digest of them."""
    body = "".join(random.Random(seed).choices(_ALPHABET, k=length))  # noqa: S311  # no secret
    return f"{body}{_DIGEST_MARK}{_digest(body)}"


def is_intact(text: str) -> bool:
    """Whether this is a whole `checksum_text`, whatever its seed."""
    body, mark, digest = text.rpartition(_DIGEST_MARK)
    return bool(mark) and digest == _digest(body)


def pieces(text: str, size: int) -> list[str]:
    """A text cut into deltas of `size` characters."""
    return [text[start : start + size] for start in range(0, len(text), max(size, 1))] or [""]


def tokens(text: str) -> int:
    """How many tokens it charges for a text."""
    return -(-len(text) // 4)


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:32]
