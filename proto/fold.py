"""A log folded into one answer: what a whole (not streamed) reply and every later look at a job are made from.

A streamed answer is the log as it came; the folded one is the log as the upstream finally meant it. The two differ
only after `Revised`, `ToolResult` or `Restarted`.
"""

from collections.abc import Iterable
from typing import NamedTuple

from proto.events import (
    Event,
    Failed,
    Finished,
    Output,
    Reasoning,
    Restarted,
    Revised,
    Started,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)


class Answer(NamedTuple):
    """What a log adds up to.

    `parts` are the blocks of the answer in order: neighbouring pieces of one message joined, empty ones left out,
    tool calls that the upstream answered itself gone. `text`, `reasoning` and `tool_calls` are views of it.
    A log that is not complete has neither `finish` nor `failed`.
    """

    parts: list[Output]
    usage: Usage | None
    finish: Finished | None
    failed: Failed | None

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def reasoning(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Reasoning))

    @property
    def tool_calls(self) -> list[ToolCall]:
        return [part for part in self.parts if isinstance(part, ToolCall)]


def fold(events: Iterable[Event]) -> Answer:
    """The answer that a log's events make, in the order they were logged."""
    blocks: list[_Block | ToolCall] = []
    usage: Usage | None = None
    finish: Finished | None = None
    failed: Failed | None = None
    for event in events:
        match event:
            case Text() | Reasoning():
                last = blocks[-1] if blocks else None
                if isinstance(last, _Block) and last.kind is type(event) and last.message == event.message:
                    last.pieces.append(event.text)
                else:
                    blocks.append(_Block(type(event), event.message, [event.text]))
            case ToolCall():
                blocks.append(event)
            case ToolResult():
                blocks = [block for block in blocks if not _is_call(block, event.call_id)]
            case Revised():
                _revise(blocks, event)
            case Restarted():
                blocks, usage, finish, failed = [], None, None, None
            case Usage():
                usage = event
            case Finished():
                finish = event
            case Failed():
                failed = event
            case Started():
                pass
    parts = [block if isinstance(block, ToolCall) else block.part() for block in blocks]
    return Answer([part for part in parts if isinstance(part, ToolCall) or part.text], usage, finish, failed)


class _Block(NamedTuple):
    """Text of one message under construction."""

    kind: type[Text] | type[Reasoning]
    message: int
    pieces: list[str]

    def part(self) -> Text | Reasoning:
        return self.kind("".join(self.pieces), self.message)


def _is_call(block: _Block | ToolCall, call_id: str) -> bool:
    return isinstance(block, ToolCall) and block.id == call_id


def _revise(blocks: list[_Block | ToolCall], revised: Revised) -> None:
    """Put the new text where the message began. An emptied block stays, in case the message gets text again."""
    same = [block for block in blocks if isinstance(block, _Block) and block.message == revised.message]
    if not same:
        blocks.append(_Block(Text, revised.message, [revised.text]))
        return
    for block in same:
        block.pieces.clear()
    same[0].pieces.append(revised.text)
