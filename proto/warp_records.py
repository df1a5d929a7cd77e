"""One upstream message, seen as a part of the answer: its text as told so far against its text as it is."""

from itertools import count

from proto.events import Event, Reasoning, Revised, Text
from proto.warp.task_pb2 import Message


class Voice:
    """One message's text of one kind: what has been said of it, and what it is since the upstream rewrote it."""

    __slots__ = ("_pieces", "_revised", "kind", "number", "path", "variant")

    def __init__(self, kind: type[Text] | type[Reasoning], variant: str, path: str) -> None:
        self.kind = kind
        self.variant = variant
        self.path = path
        self.number = -1
        self._pieces: list[str] = []
        self._revised: str | None = None

    @property
    def text(self) -> str:
        return self._said() if self._revised is None else self._revised

    def say(self, piece: str, numbers: "count[int]") -> Event:
        """The text grows. A message takes its number with its first output."""
        if self.number < 0:
            self.number = next(numbers)
        self._pieces.append(piece)
        if self._revised is not None:
            self._revised += piece
        return self.kind(piece, self.number)

    def revise(self, text: str, numbers: "count[int]") -> list[Event]:
        """The text is now `text`. Where that goes on from what was said, only the rest is news."""
        if text == self.text:
            return []
        said = self._said()
        if not text.startswith(said):
            self._revised = text
            return [Revised(self.number, text)]
        events: list[Event] = []
        if self._revised is not None:
            self._revised = None
            events.append(Revised(self.number, said))
        if len(text) > len(said):
            events.append(self.say(text[len(said) :], numbers))
        return events

    def _said(self) -> str:
        said = "".join(self._pieces)
        self._pieces = [said]
        return said


class Record:
    """One upstream message. While it is text, `voice` has that text and `message` may lag behind (see `stored`)."""

    __slots__ = ("hidden", "message", "voice", "voices")

    def __init__(self, hidden: bool) -> None:
        self.message = Message()
        self.hidden = hidden
        self.voice: Voice | None = None
        self.voices = (
            Voice(Text, "agent_output", "agent_output.text"),
            Voice(Reasoning, "agent_reasoning", "agent_reasoning.reasoning"),
        )

    def stored(self) -> Message:
        """The message as it is by now."""
        if self.voice is None:
            pass
        elif self.voice.kind is Text:
            self.message.agent_output.text = self.voice.text
        else:
            self.message.agent_reasoning.reasoning = self.voice.text
        return self.message

    def hide(self) -> None:
        self.stored()
        self.hidden = True
        self.voice = None
