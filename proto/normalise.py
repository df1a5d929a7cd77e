"""One order for the messages of every dialect: what comes out is what the rest of the gateway may rely on.

- System texts that come first stand apart; a later one keeps its place.
- Neighbouring messages of one role are one message, and no message is empty.
- The calls of an assistant message are answered at the beginning of the user message right after it: each by exactly
  one result, in the order of the calls. A result that is an error holds text alone.
- Call ids are unique in the conversation, and legal everywhere.

Everything else stays as and where it was. A conversation that is in order is not changed, and what happens to a
message follows from those before it and the turn after it alone: as a conversation grows, what is over stays the same.
The table in docs/function-calls.md says this case by case.
"""

import hashlib
from collections import deque
from collections.abc import Iterable

import msgspec

from proto.conversation import (
    CALL_ID,
    MAX_CALL_ID,
    ImagePart,
    Message,
    Part,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

NO_RESULT = "The call was interrupted: there is no result."
"""What the model reads in place of a result that the client did not send."""


def normalise(messages: Iterable[Message]) -> tuple[list[str], list[Message]]:
    """The system texts that come first, and the messages in order; none if there is no content at all.

    Where there is nothing but system texts, the last one stays a message, so that there is something to answer.
    """
    system: list[str] = []
    turns: list[Message] = []
    for message in _merged(messages):
        if message.role is Role.SYSTEM and not turns:
            system += [part.text for part in message.parts if isinstance(part, TextPart)]
        else:
            turns.append(message)
    if not turns and system:
        turns.append(Message(Role.SYSTEM, [TextPart(system.pop())]))
    return system, _merged(_answered(turns))


def _merged(messages: Iterable[Message]) -> list[Message]:
    merged: list[Message] = []
    for message in messages:
        if not message.parts:
            continue
        if merged and merged[-1].role is message.role:
            merged[-1].parts.extend(message.parts)
        else:
            merged.append(Message(message.role, [*message.parts]))
    return merged


def _answered(turns: list[Message]) -> list[Message]:
    """The turns with every answer's calls answered by what stands between it and the next answer."""
    ids = _CallIds()
    out: list[Message] = []
    following = _Following([], ids)
    for turn in turns:
        if turn.role is Role.ASSISTANT:
            out += following.messages()
            answer = Message(
                turn.role, [ids.call(part) if isinstance(part, ToolCallPart) else part for part in turn.parts]
            )
            out.append(answer)
            following = _Following(list(zip(turn.parts, answer.parts, strict=True)), ids)
        else:
            following.take(turn)
    return out + following.messages()


class _CallIds:
    """Gives every call an id of its own: the one it came with, if that is legal and no earlier call has it."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self._used: set[str] = set()
        self._repeats: dict[str, int] = {}

    def call(self, call: ToolCallPart) -> ToolCallPart:
        self.names[call.id] = call.name
        wanted = call.id if CALL_ID.fullmatch(call.id) else "call_" + hashlib.blake2s(call.id.encode()).hexdigest()[:24]
        id_ = wanted
        while id_ in self._used:
            self._repeats[wanted] = self._repeats.get(wanted, 1) + 1
            suffix = f"-{self._repeats[wanted]}"
            id_ = wanted[: MAX_CALL_ID - len(suffix)] + suffix
        self._used.add(id_)
        return call if id_ == call.id else msgspec.structs.replace(call, id=id_)


class _Following:
    """What follows one answer, up to the next: sorts the results that answer its calls from the rest.

    Args:
        parts: the answer's parts, as they came and with their new ids.
        ids: names of all calls so far, by the ids they came with.
    """

    def __init__(self, parts: list[tuple[Part, Part]], ids: _CallIds) -> None:
        self._ids = ids
        self._calls: list[str] = []
        self._open: dict[str, deque[str]] = {}
        for sent, call in parts:
            if isinstance(sent, ToolCallPart) and isinstance(call, ToolCallPart):
                self._calls.append(call.id)
                self._open.setdefault(sent.id, deque()).append(call.id)
        self._results: dict[str, ToolResultPart] = {}
        self._last: dict[str, ToolResultPart] = {}
        self._pictures: list[ImagePart] = []
        self._rest: list[Message] = []

    def take(self, turn: Message) -> None:
        rest: list[Part] = []
        for part in turn.parts:
            rest += self._result(part) if isinstance(part, ToolResultPart) else [part]
        self._rest.append(Message(turn.role, rest))

    def _result(self, result: ToolResultPart) -> list[Part]:
        """Nothing if it answers a call or repeats an answer, otherwise what to say of it."""
        if waiting := self._open.get(result.call_id):
            self._last[result.call_id] = result
            self._answer(waiting.popleft(), result)
            return []
        if self._last.get(result.call_id) == result:
            return []
        return [TextPart(self._heading(result)), *result.content]

    def _answer(self, call_id: str, result: ToolResultPart) -> None:
        """Upstream's error results have no place for pictures: those follow the results."""
        if result.is_error:
            self._pictures += [part for part in result.content if isinstance(part, ImagePart)]
            texts: list[TextPart | ImagePart] = [part for part in result.content if isinstance(part, TextPart)]
            result = msgspec.structs.replace(result, content=texts)
        self._results[call_id] = msgspec.structs.replace(result, call_id=call_id)

    def _heading(self, result: ToolResultPart) -> str:
        kind = "error" if result.is_error else "result"
        id_ = result.call_id[:MAX_CALL_ID]
        name = self._ids.names.get(result.call_id)
        if name is None:
            return f"[The {kind} of a tool call that is not in this conversation, {id_}:]"
        return f"[A further {kind} of an earlier call of the tool {name}, {id_}:]"

    def messages(self) -> list[Message]:
        """The results in the order of their calls, then everything else."""
        missing = [TextPart(NO_RESULT)]
        results: list[Part] = [
            self._results.get(call_id) or ToolResultPart(call_id, [*missing], is_error=True) for call_id in self._calls
        ]
        return [Message(Role.USER, [*results, *self._pictures]), *self._rest]
