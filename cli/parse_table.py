"""A parsed response for people."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.plain import plain
from proto.events import Usage
from proto.stream_report import Ending, StreamReport

_STYLES: Final = {"agent_reasoning": "dim", "user_query": "cyan"}
#: Characters of JSON that stay on one line.
_SHORT: Final = 80


def show_report(console: Console, name: str, report: StreamReport) -> None:
    """Print all that is known of one response."""
    console.print(Text(name, style="bold"), _summary(report))
    if report.tasks:
        rows = [(each.id, each.parent or "-", each.description or "-") for each in report.tasks]
        _show(console, "TASKS", _table(("ID", "PARENT", "DESCRIPTION"), rows))
    for message in report.messages:
        title = f"{message.kind} {message.id}"
        if message.text:
            _show(console, title, Text(plain(message.text), style=_STYLES.get(message.kind, "")))
        elif message.data is not None and message.kind not in ("tool_call", "tool_call_result"):
            _show(console, title, json_text(message.data))
    if report.tool_calls:
        calls = [
            (each.id, each.tool, "the client's" if each.client else "the upstream's own", json_text(each.arguments))
            for each in report.tool_calls
        ]
        _show(console, "TOOL CALLS", _table(("ID", "TOOL", "WHOSE", "ARGUMENTS"), calls))
    if report.tool_results:
        results = [(each.call_id, each.tool, json_text(each.content)) for each in report.tool_results]
        _show(console, "TOOL RESULTS", _table(("CALL", "KIND", "CONTENT"), results))
    for number, packet in enumerate(report.packets or (), 1):
        _show(console, f"EVENT {number}", json_text(packet))
    console.print()


def _show(console: Console, title: str, body: Table | Text | str) -> None:
    console.print()
    console.print(Text(plain(title), style="bold"))
    # A text is for the terminal to break, or for the next program in the pipe as it is.
    console.print(body, soft_wrap=not isinstance(body, Table))


def _summary(report: StreamReport) -> Table:
    table = Table.grid(padding=(0, 2))
    ids = (report.conversation_id, report.request_id, report.run_id)
    for title, value in zip(("conversation", "request", "run"), ids, strict=True):
        table.add_row(title, plain(value) or "-")
    table.add_row("ended", ending_text(report.ending))
    table.add_row("usage", usage_text(report.usage))
    models = [f"{each.id}{' (a fallback)' if each.fallback else ''}" for each in report.models]
    table.add_row("models", plain(", ".join(models)) or "not told")
    table.add_row("events", "\n".join(f"{count:5} {kind}" for kind, count in report.events.items()) or "none")
    for note in report.notes:
        table.add_row("note", Text(plain(note), style="yellow"))
    if report.broken:
        where = f"line {report.broken.line}, byte {report.broken.byte}"
        table.add_row("BROKEN", Text(f"at {where}: {plain(report.broken.why)}", style="bold red"))
    return table


def ending_text(ending: Ending) -> str:
    """How it ended: the upstream's word, then what that is to a client."""
    told = plain(f"{ending.failure}: {ending.message}") if ending.failure else ending.finish or "nothing"
    return f"{ending.upstream} -> {told}" if ending.upstream else told


def usage_text(told: dict[str, Any] | None) -> str:
    """Tokens in one line."""
    if told is None:
        return "not told"
    usage = Usage(**told)
    counts = [f"input {usage.input}", f"output {usage.output}"]
    also = (("cache read", usage.cache_read), ("cache write", usage.cache_write), ("reasoning", usage.reasoning))
    counts += [f"{what} {count}" for what, count in also if count]
    if usage.credits:
        counts.append(f"credits {usage.credits:g}")
    return ", ".join(counts) + (" (partly estimated here)" if usage.estimated else "")


def json_text(value: Any) -> str:
    """JSON as people read it: on one line if it fits there."""
    text = msgspec.json.encode(value)
    return plain((text if len(text) <= _SHORT else msgspec.json.format(text, indent=2)).decode())


def _table(titles: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*map(plain, row))
    return table
