"""Batches as the commands see them, whichever vendor's API they are of. Pure: the gateway's objects in, text out."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from rich.table import Table
from rich.text import Text

from cli.job_table import seconds
from cli.plain import plain

#: What the ids of Anthropic's batches begin with; those of OpenAI's do not.
MESSAGE_BATCH: Final = "msgbatch_"
#: Statuses after which nothing more happens.
_ENDED: Final = {"completed", "failed", "expired", "cancelled", "ended"}
_STYLES: Final = {"completed": "green", "ended": "green", "failed": "bold red", "expired": "red", "cancelled": "dim"}
#: Seconds over which a rate is taken.
WINDOW: Final = 30.0


class BatchView(NamedTuple):
    """Where a batch stands, and the vendor's own object.

    `total` is 0 until its input was looked through; `done` counts lines that have an outcome. `results`: paths of its
    results at the gateway. Times are in Unix seconds. `errors`: what is wrong with its input, a line each.
    """

    id: str
    status: str
    endpoint: str
    total: int
    done: int
    failed: int
    created: float
    expires: float
    results: tuple[str, ...]
    errors: tuple[str, ...]
    told: dict[str, Any]

    @property
    def ended(self) -> bool:
        """Whether it stands so for good."""
        return self.status in _ENDED

    @property
    def left(self) -> int:
        """How many lines have no outcome yet."""
        return self.total - self.done


def path_of(batch_id: str) -> str:
    """Where a batch is at the gateway."""
    return f"{'/v1/messages/batches' if batch_id.startswith(MESSAGE_BATCH) else '/v1/batches'}/{batch_id}"


def view_of(told: dict[str, Any]) -> BatchView:
    """A batch, of either vendor's object."""
    return _message_batch(told) if told.get("type") == "message_batch" else _openai_batch(told)


def _openai_batch(told: dict[str, Any]) -> BatchView:
    counts = told["request_counts"]
    files = [told[name] for name in ("output_file_id", "error_file_id") if told[name]]
    return BatchView(
        id=told["id"],
        status=told["status"],
        endpoint=told["endpoint"],
        total=counts["total"],
        done=counts["completed"] + counts["failed"],
        failed=counts["failed"],
        created=told["created_at"],
        expires=told["expires_at"],
        results=tuple(f"/v1/files/{file_id}/content" for file_id in files),
        errors=tuple(error_text(**error) for error in (told["errors"] or {}).get("data", ())),
        told=told,
    )


def _message_batch(told: dict[str, Any]) -> BatchView:
    ended = told["processing_status"] == "ended"
    return BatchView(
        id=told["id"],
        status=told["processing_status"],
        endpoint="/v1/messages",
        total=sum(told["request_counts"].values()),
        # The vendor's own counts move at the end alone.
        done=told["request_progress"]["ended"],
        failed=told["request_progress"]["failed"],
        created=datetime.fromisoformat(told["created_at"]).timestamp(),
        expires=datetime.fromisoformat(told["expires_at"]).timestamp(),
        # Not `results_url`: the key goes to the address that was given, and nowhere else.
        results=(f"{path_of(told['id'])}/results",) if ended else (),
        errors=(),
        told=told,
    )


def error_text(code: str, message: str, param: str | None = None, line: int | None = None) -> str:
    """What is wrong with an input, in a line."""
    where = ", ".join(part for part in (f"line {line}" if line else "", param or "") if part)
    return plain(f"{where}: {message} ({code})" if where else f"{message} ({code})")


class Pace:
    """How fast a batch goes on. Times are in seconds of any one clock."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def look(self, now: float, left: int) -> None:
        """So many lines are left now."""
        self._seen.append((now, left))
        while len(self._seen) > 2 and now - self._seen[1][0] >= WINDOW:
            self._seen.popleft()

    @property
    def rate(self) -> float:
        """Lines a second lately; 0 while that is not known."""
        if len(self._seen) < 2:
            return 0.0
        (began, before), (now, left) = self._seen[0], self._seen[-1]
        return max(before - left, 0) / (now - began) if now > began else 0.0

    @property
    def seconds_left(self) -> float | None:
        """How long it will take at that rate; None while that is not known."""
        return self._seen[-1][1] / self.rate if self.rate else None


def standing(view: BatchView, pace: Pace | None = None) -> str:
    """Where a batch stands, in a few words: lines, failures, rate, time left."""
    words = [f"{view.done} of {view.total}"] if view.total else []
    if view.failed:
        words.append(f"{view.failed} failed")
    if pace and pace.rate:
        words.append(f"{pace.rate:.1f}/s")
    if pace and view.left and pace.seconds_left is not None:
        words.append(f"about {seconds(pace.seconds_left * 1000)} left")
    return ", ".join(words)


def batch_table(views: Sequence[BatchView], now: float) -> Table:
    """Batches, one a row. `now` is in Unix seconds."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("BATCH", "STATUS", "ENDPOINT", "LINES", "MADE"):
        table.add_column(title, no_wrap=True)
    for view in views:
        made = f"{seconds((now - view.created) * 1000)} ago"
        status = Text(view.status, _STYLES.get(view.status, "cyan"))
        table.add_row(view.id, status, view.endpoint, standing(view) or "-", made)
    return table


def batch_details(view: BatchView, now: float) -> Table:
    """One batch, a row for each thing that is known."""
    table = Table.grid(padding=(0, 2))
    rows = {
        "batch": view.id,
        "status": view.status,
        "endpoint": view.endpoint,
        "lines": standing(view),
        "made": f"{seconds((now - view.created) * 1000)} ago",
        "expires": "" if view.ended else f"in {seconds((view.expires - now) * 1000)}",
        "results": "\n".join(view.results),
        "wrong": "\n".join(view.errors),
    }
    for title, value in rows.items():
        if value:
            table.add_row(Text(title, style="bold"), value)
    return table
