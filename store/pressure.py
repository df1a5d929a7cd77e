"""Memory of the store: above a mark nothing new is admitted, so that what runs can still be logged."""

from typing import Final

#: Share of `maxmemory` above which admission stops.
MARK: Final = 0.8


def is_full(info: bytes) -> bool:
    """Whether the server's own account of its memory (`INFO memory`) shows it above the mark; never without a
    `maxmemory`.
    """
    used, limit = memory(info)
    return limit > 0 and used > MARK * limit


def memory(info: bytes) -> tuple[int, int]:
    """The bytes that the server uses, and those it may use, 0 for no limit."""
    facts = dict(line.split(b":", 1) for line in info.split() if b":" in line)
    return int(facts.get(b"used_memory", 0)), int(facts.get(b"maxmemory", 0))
