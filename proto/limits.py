"""What the upstream cannot do and a client may ask for: stop sequences, an output limit, one tool call, bare JSON.

The worker passes an answer's events through `OutputLimiter` before they are logged, so that the stream, a replay and
the whole answer are limited alike. The result never depends on how the upstream cut its text into pieces.
"""

import re

from proto.conversation import Limits
from proto.estimate import TOKEN_WEIGHT, prefix_within, tokens_of, weigh
from proto.events import (
    Event,
    Finished,
    FinishReason,
    Reasoning,
    Revised,
    Text,
    ToolCall,
    Usage,
)


class OutputLimiter:
    """Applies one answer's limits to its events.

    Text is looked at message by message: any other event in between ends a message's text for stops and fences, and
    what was held back goes out before it. Reasoning counts towards `max_tokens` but is not searched for stops. A call
    that does not fit is left out whole, as half of its arguments would be no JSON. A revision replaces text that has
    been counted and is not counted again.

    Args:
        limits: what the client asked for.
        parallel_tool_calls: False allows one call in the answer; a second one ends it.
        reasoning: False leaves out reasoning that comes though nobody wanted it.
        input_tokens: for the usage of an answer that is ended here, whose true usage never comes.
    """

    def __init__(
        self, limits: Limits, *, parallel_tool_calls: bool = True, reasoning: bool = True, input_tokens: int = 0
    ) -> None:
        self.done = False
        self._stops = [stop for stop in limits.stop if stop]
        self._bare_json = limits.json_schema is not None
        self._max_weight = limits.max_tokens * TOKEN_WEIGHT
        self._one_call = not parallel_tool_calls
        self._no_reasoning = not reasoning
        self._input_tokens = input_tokens
        self._passes_all = not (
            self._stops or self._bare_json or self._max_weight or self._one_call or self._no_reasoning
        )
        self._text: _MessageText | None = None
        self._spent = 0
        self._reasoned = 0
        self._reasoning_messages: set[int] = set()
        self._called = False

    def feed(self, events: list[Event]) -> list[Event]:
        """The events to log for these. Once `done`, the answer is complete and the upstream may be cancelled."""
        if self._passes_all:
            return events
        out: list[Event] = []
        for event in events:
            if self.done:
                break
            self._take(event, out)
        return out

    def end(self) -> list[Event]:
        """What is still held back, for an answer that ends without a terminal event."""
        out: list[Event] = []
        if not self.done:
            self._release(out)
        return out

    def _take(self, event: Event, out: list[Event]) -> None:
        if isinstance(event, Text):
            self._take_text(event, out)
            return
        self._release(out)
        if self.done:
            return
        if isinstance(event, Reasoning):
            self._reasoning_messages.add(event.message)
            if not self._no_reasoning:
                self._say(event, out)
        elif isinstance(event, ToolCall):
            self._take_call(event, out)
        elif isinstance(event, Revised) and event.message not in self._reasoning_messages:
            self._take_revision(event, out)
        elif isinstance(event, Revised) and self._no_reasoning:
            pass
        else:
            out.append(event)

    def _take_text(self, event: Text, out: list[Event]) -> None:
        if self._text is None or self._text.message != event.message:
            self._release(out)
            if self.done:
                return
            self._text = _MessageText(event.message, self._stops, self._bare_json)
        self._say(Text(self._text.feed(event.text), event.message), out)
        self._stop_if_found(self._text, out)

    def _take_revision(self, event: Revised, out: list[Event]) -> None:
        self._text = _MessageText(event.message, self._stops, self._bare_json)
        out.append(Revised(event.message, self._text.feed(event.text)))
        self._stop_if_found(self._text, out)

    def _take_call(self, event: ToolCall, out: list[Event]) -> None:
        weight = weigh(event.arguments)
        if self._one_call and self._called:
            self._finish(Finished(FinishReason.TOOL_CALLS), out)
        elif self._max_weight and self._spent + weight > self._max_weight:
            self._finish(Finished(FinishReason.LENGTH), out)
        else:
            self._called = True
            self._spent += weight
            out.append(event)

    def _release(self, out: list[Event]) -> None:
        """The message's text has ended: what was held back of it is content after all."""
        if self._text is not None:
            text, self._text = self._text, None
            self._say(Text(text.end(), text.message), out)
            self._stop_if_found(text, out)

    def _say(self, event: Text | Reasoning, out: list[Event]) -> None:
        """Let text out as far as the output limit allows."""
        text = prefix_within(event.text, self._max_weight - self._spent) if self._max_weight else event.text
        weight = weigh(text)
        self._spent += weight
        if isinstance(event, Reasoning):
            self._reasoned += weight
        if text:
            out.append(event if text is event.text else type(event)(text, event.message))
        if len(text) < len(event.text):
            self._finish(Finished(FinishReason.LENGTH), out)

    def _stop_if_found(self, text: "_MessageText", out: list[Event]) -> None:
        if text.stop is not None and not self.done:
            self._finish(Finished(FinishReason.STOP_SEQUENCE, text.stop), out)

    def _finish(self, finished: Finished, out: list[Event]) -> None:
        self.done = True
        spent, reasoned = tokens_of(self._spent), tokens_of(self._reasoned)
        out.append(Usage(self._input_tokens, spent, reasoning=reasoned, estimated=True))
        out.append(finished)


class _MessageText:
    """One message's text on its way out: the fence comes off first, then stops are looked for."""

    def __init__(self, message: int, stops: list[str], bare_json: bool) -> None:
        self.message = message
        self._fence = _FenceStripper() if bare_json else None
        self._search = _StopSearch(stops)

    @property
    def stop(self) -> str | None:
        """The stop sequence that ended the text."""
        return self._search.found

    def feed(self, text: str) -> str:
        return self._search.feed(self._fence.feed(text) if self._fence else text)

    def end(self) -> str:
        text = self._search.feed(self._fence.end()) if self._fence else ""
        return text + self._search.end()


class _StopSearch:
    """Lets text through up to the first stop sequence that is completed; holds back what may yet become one."""

    def __init__(self, stops: list[str]) -> None:
        self.found: str | None = None
        self._stops = stops
        self._held = ""

    def feed(self, text: str) -> str:
        if self.found is not None:
            return ""
        text = self._held + text
        matches = [(at + len(stop), at, stop) for stop in self._stops if (at := text.find(stop)) >= 0]
        if matches:
            _, at, self.found = min(matches)
            self._held = ""
            return text[:at]
        keep = min((self._possible_start(text, stop) for stop in self._stops), default=len(text))
        self._held = text[keep:]
        return text[:keep]

    def end(self) -> str:
        held, self._held = self._held, ""
        return held

    @staticmethod
    def _possible_start(text: str, stop: str) -> int:
        """Where the longest ending of `text` begins with which `stop` may begin; the text's end if there is none."""
        at = text.find(stop[0], max(0, len(text) - len(stop) + 1))
        while at >= 0 and not stop.startswith(text[at:]):
            at = text.find(stop[0], at + 1)
        return at if at >= 0 else len(text)


_OPENING = re.compile(r"\s*```[\w+-]*[ \t]*\r?\n")
_OPENING_BEGUN = re.compile(r"\s*(`{0,2}|```[\w+-]*[ \t]*\r?)")
_CLOSING_LINE = re.compile(r"\n[ \t]*```")


class _FenceStripper:
    """Takes a Markdown fence off an answer that is JSON.

    Only a fence that opens the text counts. It closes at a line of its own (a JSON string cannot hold one, as it has
    no raw line breaks), where all that follows is dropped as comment, or at the text's end.
    """

    def __init__(self) -> None:
        self._held = ""
        self._inside: bool | None = None  # None: not decided yet
        self._closed = False

    def feed(self, text: str) -> str:
        if self._closed:
            return ""
        text = self._held + text
        self._held = ""
        if self._inside is None:
            opening = _OPENING.match(text)
            if opening:
                self._inside = True
                text = text[opening.end() :]
            elif _OPENING_BEGUN.fullmatch(text):
                self._held = text
                return ""
            else:
                self._inside = False
        return self._feed_inside(text) if self._inside else text

    def end(self) -> str:
        held, self._held = self._held, ""
        return "" if self._inside and held.strip() == "```" else held

    def _feed_inside(self, text: str) -> str:
        closing = _CLOSING_LINE.search(text)
        if closing:
            self._closed = True
            return text[: closing.start()].rstrip()
        keep = len(text.rstrip().rstrip("`").rstrip())
        self._held = text[keep:]
        return text[:keep]
