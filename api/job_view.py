"""A job as its client sees it at `/v1/jobs/{id}`."""

from typing import Any

from proto.dialects import get_dialect
from proto.events import Event, Usage
from proto.fold import fold
from store.jobs import Place
from store.records import Record


def job_view(record: Record, place: Place | None, events: list[Event], request_id: str) -> dict[str, Any]:
    """The JSON of one job. Times are in Unix seconds.

    Args:
        record: what is known of it.
        place: where it stands, if it is queued.
        events: its whole log if it has ended, else nothing.
        request_id: of the request that asks; an error's body may name it.
    """
    header = record.header
    dialect = get_dialect(header.dialect)
    folded = fold(events)
    return {
        "id": header.id_seed,
        "object": "job",
        "status": record.status,
        "cancelling": record.cancelling and record.ended is None,
        "dialect": header.dialect,
        "model": header.model,
        "stream": header.stream,
        "lane": record.lane,
        "attempts": record.attempts,
        "admitted_at": _seconds(record.admitted),
        "claimed_at": _seconds(record.claimed),
        "first_output_at": _seconds(record.first_output),
        "ended_at": _seconds(record.ended),
        "position": place.position if place else None,
        "estimated_wait": place.wait if place else None,
        "usage": _usage(folded.usage),
        "ignored_fields": header.ignored,
        "answer": dialect.whole(header, events) if folded.finish else None,
        "error": dialect.error(folded.failed, request_id).body if folded.failed else None,
    }


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _usage(usage: Usage | None) -> dict[str, Any] | None:
    if usage is None:
        return None
    return {
        "input_tokens": usage.input,
        "output_tokens": usage.output,
        "cache_read_tokens": usage.cache_read,
        "cache_write_tokens": usage.cache_write,
        "reasoning_tokens": usage.reasoning,
        "credits": usage.credits,
        "estimated": usage.estimated,
    }
