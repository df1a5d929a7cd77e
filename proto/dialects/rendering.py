"""What writing a conversation down as a request of a client API shares: the notes, and documents as files."""

import base64
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from proto.conversation import DocumentPart, Part, TextPart, ToolResultPart

SIGNATURES = "the signatures of reasoning are left out"
ERRORS = "that a tool result is an error is left out"
STOPS = "the stop sequences are left out"


class Wishes(NamedTuple):
    """What a request says besides the conversation."""

    model: str
    stream: bool = False
    include_usage: bool = False


class Rendered(NamedTuple):
    """A request body, and what of the conversation it does not say or says in another way, each once."""

    body: dict[str, Any]
    notes: list[str]


class Notes:
    """Collects notes, each once, in the order they come up."""

    def __init__(self) -> None:
        self._told: dict[str, None] = {}

    def add(self, note: str) -> None:
        """Take a note."""
        self._told[note] = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._told)


def legible(parts: Iterable[Part], notes: Notes) -> list[Part]:
    """The parts without documents that hold nothing."""
    kept = []
    for part in parts:
        if isinstance(part, DocumentPart) and not part.text:
            notes.add(f"the document {part.name!r} is empty and left out")
        else:
            kept.append(part)
    return kept


def as_file(document: DocumentPart) -> str | None:
    """A document as a data URL; None if it is no text file that the dialects would read back."""
    if "\0" in document.text or document.text.startswith("%PDF-"):
        return None
    return "data:text/plain;base64," + base64.b64encode(document.text.encode()).decode()


def no_file(document: DocumentPart, notes: Notes) -> str:
    """What stands in the place of a document that cannot be a file."""
    notes.add(f"the document {document.name!r} is no text file: its text stands in the message")
    return document.text


def result_texts(result: ToolResultPart) -> list[str]:
    """The texts of a result."""
    return [part.text for part in result.content if isinstance(part, TextPart)]
