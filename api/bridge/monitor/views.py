"""The JSON of what watchers are shown. Nothing here shows what was said, but `data` of a packet and texts of events,
which are given only to those who may see them.
"""

from typing import Any, Final

import msgspec

from api.bridge.monitor.board import Known
from proto.events import Event, Failed, Finished, Reasoning, Revised, Text, ToolCall, ToolResult
from proto.jobs import Lane
from proto.packet_view import view_of_packet
from proto.packets import Packet
from store.all_batches import SeenBatch
from store.monitor import Overview, WorkerRow
from tokens.verbs import TokenRow

#: Characters of a name that a client has chosen.
LONGEST_NAME: Final = 200


def job_view(job_id: str, known: Known) -> dict[str, Any]:
    """One job. Times are in Unix milliseconds; the input tokens of one that runs are an estimate."""
    record = known.record
    header = record.header
    return {
        "id": job_id,
        "status": record.status,
        "lane": record.lane,
        "dialect": header.dialect,
        "model": header.model[:LONGEST_NAME],
        "client": record.client[:LONGEST_NAME],
        "stream": header.stream,
        "attempt": record.attempts,
        "admitted_at": record.admitted,
        "claimed_at": record.claimed,
        "first_output_at": record.first_output,
        "ended_at": record.ended,
        "code": record.code or None,
        "worker": record.worker or None,
        "position": known.position,
        "input_tokens": record.input_tokens or header.input_tokens or None,
        "output_tokens": record.output_tokens,
        "cancelling": record.cancelling and record.ended is None,
    }


def timeline_view(known: Known) -> list[dict[str, Any]]:
    """What has happened to a job, in order."""
    return [step._asdict() for step in known.timeline]


def packet_view(packet: Packet, *, content: bool) -> dict[str, Any]:
    """One packet; with its `content` decoded, if it is there and may be shown."""
    view: dict[str, Any] = {
        "job": packet.job_id,
        "attempt": packet.attempt,
        "number": packet.number,
        "at": packet.at,
        "kind": packet.kind,
        "type": packet.type,
        "size": packet.size,
    }
    if content and packet.data:
        view["data"] = view_of_packet(packet)
    return view


def event_view(event: Event, *, content: bool) -> Any:
    """One event of a log, as `proto/events.py` writes it; without the right to see it each text is its length."""
    shown = msgspec.to_builtins(event)
    if content:
        return shown
    match event:
        case Text() | Reasoning():
            shown[1] = len(event.text)
        case ToolCall():
            shown[2] = len(event.name)
            shown[3] = len(event.arguments)
        case ToolResult() | Revised():
            shown[2] = len(event.text)
        case Failed():
            shown[2] = len(event.message)
        case Finished():
            shown[2] = None
    return shown


def token_view(row: TokenRow, limit: int) -> dict[str, Any]:
    """One token of the pool, masked as operators know it. `limit` 0 is none; times are Unix ms or null."""
    return {
        "id": row.token_id,
        "tier": row.tier,
        "state": row.state,
        "cause": row.cause or None,
        "in_flight": row.in_flight,
        "limit": limit,
        "expires_at": row.expires or None,
        "until": row.rests_until or None,
        "source": row.source,
    }


def batches_view(rows: list[SeenBatch]) -> dict[str, Any]:
    """Batches, without what was asked, answered or noted with them."""
    return {"event": "batches", "batches": [_batch_view(row) for row in rows]}


def _batch_view(row: SeenBatch) -> dict[str, Any]:
    batch = row.batch
    return {
        "id": batch.spec.id,
        "kind": batch.spec.kind,
        "client": batch.spec.client[:LONGEST_NAME],
        "status": batch.status,
        **batch.counts._asdict(),
        "running": row.running,
        "created_at": batch.spec.created,
        "ended_at": batch.ended_at,
        "expires_at": batch.spec.expires,
    }


def workers_view(overview: Overview) -> dict[str, Any]:
    """Workers, keepers, and the queue of each lane."""
    return {
        "event": "workers",
        "workers": [row._asdict() for row in overview.workers],
        "queues": {lane.value: _queue_view(overview, lane) for lane in Lane},
    }


def _queue_view(overview: Overview, lane: Lane) -> dict[str, Any]:
    queue = overview.queues[lane]
    oldest = None if queue.oldest is None else max(0, overview.now - queue.oldest) / 1000
    return {"waiting": queue.waiting, "oldest_seconds": oldest, "running": _running(overview.workers, lane)}


def _running(workers: list[WorkerRow], lane: Lane) -> int:
    return sum(row.running for row in workers if row.lane == lane)
