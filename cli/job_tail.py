"""`jobs tail`: a job's answer as it comes. It looks at the log and is no reader of the job: nothing goes on or ends
because of it.
"""

import asyncio
import sys
from typing import Any, Final

import msgspec
from rich.console import Console

from cli.job_desk import Desk, has_ended, named
from cli.plain import plain
from proto.events import (
    Event,
    Failed,
    Finished,
    Reasoning,
    Restarted,
    Revised,
    Text,
    ToolCall,
    ToolResult,
    decode_events,
)

#: Seconds between two looks at the log.
EVERY: Final = 0.2


async def tail_job(desk: Desk, name: str, *, events: bool) -> int:
    """Print what is in the log, then what comes, until the job ends; returns 0 if it finished, else 1.

    Args:
        desk: the store.
        name: the job.
        events: the log's events as JSON, one a line, in place of the text.

    Raises:
        SetupError: there is no such job, or its record is gone.
    """
    (job_id,) = await named(desk, [name])
    shown: Printer = EventPrinter() if events else TextPrinter()
    seq = 0
    while True:
        # Asked for before the log is read: what has ended by then is in there as a whole.
        ended = await has_ended(desk, job_id)
        for entry in await desk.jobs.read(job_id, seq):
            seq = entry.seq
            for event in decode_events(entry.data):
                shown.show(seq, event)
                if isinstance(event, Finished | Failed):
                    shown.close(event)
                    return 0 if isinstance(event, Finished) else 1
        if ended:
            print("warp2api: the end of the log is gone", file=sys.stderr)
            return 1
        await asyncio.sleep(EVERY)


class Printer:
    """Shows events as they come."""

    def show(self, seq: int, event: Event) -> None:
        """One event of entry `seq`."""
        raise NotImplementedError

    def close(self, end: Finished | Failed) -> None:
        """The last one has been shown."""


class EventPrinter(Printer):
    """Each event as a line of JSON."""

    def show(self, seq: int, event: Event) -> None:
        view: dict[str, Any] = {"seq": seq, "event": event.__struct_config__.tag, **msgspec.structs.asdict(event)}
        print(msgspec.json.encode(view).decode(), flush=True)


class TextPrinter(Printer):
    """The text, reasoning dimmed; what a stream cannot say stands on standard error."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, markup=False, soft_wrap=True)
        self._last: type[Event] | None = None

    def show(self, seq: int, event: Event) -> None:  # noqa: ARG002  (the order is enough)
        match event:
            case Text() | Reasoning():
                if self._last not in (None, type(event)):
                    self._console.print()
                self._last = type(event)
                self._console.print(plain(event.text), end="", style="dim" if isinstance(event, Reasoning) else "")
            case ToolCall():
                self._line(f"[call {event.id}: {event.name} {event.arguments}]")
            case ToolResult():
                self._line(f"[call {event.call_id} was answered upstream]")
            case Restarted():
                self._line(f"[attempt {event.attempt}: the answer begins anew]")
            case Revised():
                self._line("[the upstream rewrote what it had said; it now reads:]")
                self._console.print(plain(event.text))

    def close(self, end: Finished | Failed) -> None:
        if self._last is not None:
            self._console.print()
        if isinstance(end, Failed):
            print(f"warp2api: {end.code}: {plain(end.message)}", file=sys.stderr)

    def _line(self, text: str) -> None:
        if self._last is not None:
            self._console.print()
        self._last = None
        self._console.print(plain(text), style="cyan")
