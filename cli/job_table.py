"""Jobs for people, and for programs. Pure: records in, a rich table, lines or JSON out."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from cli.plain import plain
from proto.fold import Answer
from proto.jobs import Status
from store.jobs import Place
from store.records import Record

_STYLES: Final = {
    Status.QUEUED: "yellow",
    Status.RUNNING: "cyan",
    Status.FINISHED: "green",
    Status.FAILED: "bold red",
    Status.CANCELLED: "dim",
}
_TITLES: Final = ("JOB", "STATUS", "LANE", "API", "MODEL", "CLIENT", "TRY", "ADMITTED", "WAITED", "FIRST", "TOOK")


def job_table(records: Mapping[str, Record], now: int) -> Table:
    """Jobs, one a row. `now` is in Unix ms by Redis' clock."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in (*_TITLES, "TOKENS", "END"):
        table.add_column(title, no_wrap=True)
    for job_id, record in records.items():
        table.add_row(
            job_id,
            Text(_status(record), _STYLES[record.status]),
            record.lane,
            record.header.dialect,
            plain(record.header.model),
            plain(record.client),
            str(record.attempts),
            f"{seconds(now - record.admitted)} ago",
            *_stages(record, now),
            _tokens(record),
            record.code or "-",
        )
    return table


def job_view(job_id: str, record: Record, place: Place | None = None) -> dict[str, Any]:
    """A job as JSON. Times are in Unix ms."""
    return {
        "id": job_id,
        "status": record.status,
        "cancelling": record.cancelling and record.ended is None,
        "lane": record.lane,
        "dialect": record.header.dialect,
        "model": record.header.model,
        "client": record.client,
        "stream": record.header.stream,
        "attempt": record.attempts,
        "admitted_at": record.admitted,
        "enqueued_at": record.enqueued,
        "claimed_at": record.claimed,
        "first_output_at": record.first_output,
        "ended_at": record.ended,
        "worker": record.worker or None,
        "position": place.position if place else None,
        "estimated_wait": place.wait if place else None,
        "code": record.code or None,
        "input_tokens": record.input_tokens,
        "output_tokens": record.output_tokens,
    }


def told_so_far(answer: Answer) -> dict[str, Any]:
    """What a job's log adds up to, without what is said in it."""
    return {
        "text_characters": len(answer.text),
        "reasoning_characters": len(answer.reasoning),
        "tool_calls": [{"id": call.id, "name": call.name} for call in answer.tool_calls],
        "finish": answer.finish.reason if answer.finish else None,
        "error": {"code": answer.failed.code, "message": answer.failed.message} if answer.failed else None,
    }


def job_details(view: Mapping[str, Any], record: Record, now: int) -> Table:
    """One job, a row for each thing that is known."""
    table = Table.grid(padding=(0, 2))
    waited, first, took = _stages(record, now)
    rows = {
        "job": view["id"],
        "status": _status(record),
        "asked for": f"{record.header.model} by {record.client}, in {record.header.dialect}, lane {record.lane}",
        "admitted": f"{seconds(now - record.admitted)} ago",
        "place": _place(view),
        "attempts": f"{record.attempts}{f', the last by {record.worker}' if record.worker else ''}",
        "waited": waited,
        "first output": first,
        "took": took,
        "answer": _answer(view["log"]),
        "tokens": _tokens(record),
        "ended": record.code or "not yet",
        "error": view["log"]["error"]["message"] if view["log"]["error"] else "",
    }
    for title, value in rows.items():
        if value:
            table.add_row(Text(title, style="bold"), plain(value))
    return table


def seconds(milliseconds: float) -> str:
    """A length of time as people say it."""
    length = max(0.0, milliseconds) / 1000
    if length < 10:
        return f"{length:.2f} s"
    if length < 120:
        return f"{length:.0f} s"
    return f"{length / 60:.0f} min" if length < 7200 else f"{length / 3600:.0f} h"


def _status(record: Record) -> str:
    return "cancelling" if record.cancelling and record.ended is None else record.status


def _stages(record: Record, now: int) -> tuple[str, str, str]:
    """How long it waited for its latest attempt, how long that took to the first output, and the whole to the end."""
    until = record.ended or now
    waited = seconds((record.claimed or until) - record.enqueued)
    first = "-" if record.first_output is None or record.claimed is None else record.first_output - record.claimed
    return waited, first if isinstance(first, str) else seconds(first), seconds(until - record.admitted)


def _tokens(record: Record) -> str:
    counts = (record.input_tokens, record.output_tokens)
    return "-" if counts == (None, None) else " + ".join("?" if count is None else str(count) for count in counts)


def _place(view: Mapping[str, Any]) -> str:
    if view["position"] is None:
        return ""
    wait = "" if view["estimated_wait"] is None else f", about {seconds(view['estimated_wait'] * 1000)} to wait"
    return f"{view['position']} in its lane{wait}"


def _answer(log: Mapping[str, Any]) -> str:
    parts: Iterable[str] = (
        f"{log['text_characters']} characters of text" if log["text_characters"] else "",
        f"{log['reasoning_characters']} of reasoning" if log["reasoning_characters"] else "",
        f"calls of {', '.join(call['name'] for call in log['tool_calls'])}" if log["tool_calls"] else "",
    )
    return ", ".join(part for part in parts if part) or "nothing so far"
