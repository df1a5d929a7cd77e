"""Where a conversation stands upstream, found again by what the client sends next.

A client sends its whole transcript each turn, the upstream keeps tasks. After an answer, what the upstream needs to go
on is kept under a hash of the transcript that includes the answer; the next request whose messages begin with just that
transcript goes on from there, with only the rest as input (`docs/protocol.md` 4.1, S1).

The hash is over what a client sends back: roles, texts, documents, calls and results, pictures by their digest.

- Reasoning and its signatures do not count: many clients leave them out.
- The text of an answer counts without white space at its ends, and however it was divided into parts: clients trim it,
  and one API has one text where another has several blocks. The place of a call among texts does not count either.
  Everything that a client wrote itself counts exactly.
- Arguments count as the JSON they mean, not as the text they are, and without members that are false or null: clients
  add those of a tool's schema that the call left out (Claude Code's Edit comes back with `"replace_all": false`).

What else must be the same stands in a second hash, the frame: model, tools and system texts. Claude Code's billing line
does not count: its version changes between two prompts.
"""

import hashlib
import zlib
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec
import orjson

from proto.conversation import (
    Conversation,
    DocumentPart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from proto.events import Event, Revised, Text, ToolCall, ToolResult
from proto.normalise import normalise

_BILLING: Final = "x-anthropic-billing-header:"


class Place(NamedTuple):
    """A point in a conversation, right after an answer: hashes of the transcript so far and of its frame."""

    transcript: str
    frame: str


class Continuation(msgspec.Struct, frozen=True):
    """What continuing needs.

    Args:
        conversation_id: the upstream's.
        token: id of the pool's token whose account began the conversation.
        task_context: a serialized `Request.TaskContext`, as the upstream wants it back.
        call_ids: the upstream's ids of the calls in the last answer, by the client's, where they differ.
    """

    conversation_id: str
    token: str
    task_context: bytes
    call_ids: dict[str, str] = {}


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Continuation)


def pack(continuation: Continuation) -> bytes:
    """The stored form, compressed: tasks repeat themselves a lot."""
    return zlib.compress(_encoder.encode(continuation), 1)


def unpack(data: bytes) -> Continuation:
    """Raises:
    ValueError: the bytes are not a continuation of this or the previous release.
    """
    try:
        return _decoder.decode(zlib.decompress(data))
    except zlib.error as error:
        raise ValueError("not compressed") from error


class TranscriptHash:
    """A rolling hash: after each message, `key` stands for the transcript up to and with it."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=16)

    def add(self, message: Message) -> None:
        """Go on by one message."""
        seen = _seen(message)
        if seen is not None:
            self._hash.update(msgspec.json.encode(seen))

    @property
    def key(self) -> str:
        """Hexadecimal digits."""
        return self._hash.hexdigest()


def last_answer(conversation: Conversation) -> tuple[Place, list[Message]] | None:
    """The place after the last answer of a request's conversation, and the messages that follow.

    None if there is no answer yet, or nothing new after it.
    """
    messages = conversation.messages
    end = _after_last_answer(messages)
    new = [message for message in messages[end:] if message.role is not Role.ASSISTANT and _seen(message) is not None]
    if not (end and new):
        return None
    return _place(conversation, conversation.system, messages[:end]), new


class Answered(NamedTuple):
    """The place after an answer, and the ids under which its calls will come back, in order."""

    place: Place
    call_ids: list[str]


def after_answer(conversation: Conversation, answer: Message) -> Answered:
    """Where a conversation stands once the client has this answer too."""
    lead, messages = normalise([*conversation.messages, answer])
    end = _after_last_answer(messages)
    calls = [part.id for part in messages[end - 1].parts if isinstance(part, ToolCallPart)]
    place = _place(conversation, [*conversation.system, *lead], messages[:end])
    return Answered(place, calls[len(calls) - sum(isinstance(part, ToolCallPart) for part in answer.parts) :])


class SeenAnswer:
    """An answer as the client gets to see it, put together from the events that are logged.

    Attributes:
        altered: something of it was taken back: what the client has seen is not what the upstream keeps.
        calls: the tool calls, under the upstream's ids.
    """

    def __init__(self) -> None:
        self.altered = False
        self.calls: list[ToolCall] = []
        self._pieces: list[str] = []

    def feed(self, events: Iterable[Event]) -> None:
        """Take events in the order in which they are logged."""
        for event in events:
            if isinstance(event, Text):
                self._pieces.append(event.text)
            elif isinstance(event, ToolCall):
                self.calls.append(event)
            elif isinstance(event, ToolResult):
                # The upstream's own calls and their results are nothing that the client has seen.
                self.altered |= any(call.id == event.call_id for call in self.calls)
            elif isinstance(event, Revised):
                self.altered = True

    def message(self, call_ids: Iterable[str]) -> Message:
        """The message the client will send back, its calls under `call_ids`."""
        text = "".join(self._pieces)
        self._pieces = [text]
        parts: list[Part] = [TextPart(text)] if text.strip() else []
        parts += [
            ToolCallPart(call_id, call.name, call.arguments) for call_id, call in zip(call_ids, self.calls, strict=True)
        ]
        return Message(Role.ASSISTANT, parts)


def _after_last_answer(messages: list[Message]) -> int:
    for position in range(len(messages), 0, -1):
        message = messages[position - 1]
        if message.role is Role.ASSISTANT and _seen(message) is not None:
            return position
    return 0


def _place(conversation: Conversation, system: list[str], messages: list[Message]) -> Place:
    transcript = TranscriptHash()
    for message in messages:
        transcript.add(message)
    return Place(transcript.key, _frame(conversation, system))


def _frame(conversation: Conversation, system: list[str]) -> str:
    lasting = [text for text in system if not text.startswith(_BILLING)]
    frame = [conversation.model, lasting, conversation.tools]
    return hashlib.blake2b(msgspec.json.encode(frame, order="sorted"), digest_size=16).hexdigest()


# What counts of a message


def _seen(message: Message) -> list[Any] | None:
    """What of a message counts, as JSON; None for one of which nothing does."""
    if message.role is not Role.ASSISTANT:
        parts = [_part(part) for part in message.parts if not isinstance(part, ReasoningPart)]
        return [message.role, parts] if parts else None
    text = "".join(part.text for part in message.parts if isinstance(part, TextPart)).strip()
    calls = [_part(part) for part in message.parts if isinstance(part, ToolCallPart)]
    return [message.role, text, calls] if text or calls else None


def _part(part: Part) -> list[Any]:
    match part:
        case TextPart():
            return ["text", part.text]
        case ImagePart():
            return ["image", part.media_type, hashlib.blake2b(part.data.encode(), digest_size=16).hexdigest()]
        case DocumentPart():
            return ["document", part.name, part.text]
        case ToolCallPart():
            return ["call", part.id, part.name, _plain(_arguments(part.arguments))]
        case ToolResultPart():
            return ["result", part.call_id, part.is_error, [_part(item) for item in part.content]]
        case ReasoningPart():
            return []


def _arguments(text: str) -> Any:
    try:
        arguments = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    if isinstance(arguments, dict):
        return {name: value for name, value in arguments.items() if value is not None and value is not False}
    return arguments


def _plain(value: Any) -> Any:
    """JSON with its keys in order and its numbers in one form: 3 and 3.0 are the same in most clients."""
    if isinstance(value, dict):
        return [[key, _plain(value[key])] for key in sorted(value)]
    if isinstance(value, list):
        return ["", *map(_plain, value)]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) + 0.0
    return value
