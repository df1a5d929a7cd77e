"""A batch as each vendor's clients see it, and what they send to make one (`docs/batches.md`)."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import Field

from proto.batches import FINAL_STATUSES, Batch, BatchStatus
from proto.dialects import DIALECTS
from proto.dialects.common import NonEmpty, Wire, unsupported, validate

#: The paths whose requests a batch of OpenAI's API may hold.
ENDPOINTS: Final = tuple(dialect.path for dialect in DIALECTS.values())
#: The one time in which a batch of OpenAI's API is to end.
COMPLETION_WINDOW: Final = "24h"
#: Seconds that a client may let files live, as at OpenAI.
SHORTEST_LIFE: Final = 3600
LONGEST_LIFE: Final = 2_592_000
#: Statuses of whose time OpenAI's object has no field.
_UNTOLD: Final = (BatchStatus.VALIDATING,)


class ExpiresAfter(Wire):
    """How long the files of results are to live."""

    anchor: Annotated[str, Field(pattern="^created_at$")]
    seconds: Annotated[int, Field(ge=SHORTEST_LIFE, le=LONGEST_LIFE)]


class BatchRequest(Wire):
    """The body of `POST /v1/batches`."""

    input_file_id: NonEmpty
    endpoint: NonEmpty
    completion_window: NonEmpty
    metadata: (
        Annotated[
            dict[
                Annotated[str, Field(min_length=0, max_length=64)], Annotated[str, Field(min_length=0, max_length=512)]
            ],
            Field(max_length=16),
        ]
        | None
    ) = None
    output_expires_after: ExpiresAfter | None = None


def read_batch_request(body: Any) -> BatchRequest:
    """What a client sends to make a batch.

    Raises:
        BadRequestError: with the field at fault.
    """
    request = validate(BatchRequest, body)
    if request.endpoint not in ENDPOINTS:
        raise unsupported("endpoint", f"must be one of {', '.join(ENDPOINTS)}")
    if request.completion_window != COMPLETION_WINDOW:
        raise unsupported("completion_window", f"must be {COMPLETION_WINDOW}")
    return request


def openai_batch(batch: Batch) -> dict[str, Any]:
    """OpenAI's batch object. Its times are in Unix seconds."""
    spec, counts = batch.spec, batch.counts
    errors = [{"code": e.code, "message": e.message, "param": e.param, "line": e.line} for e in batch.errors]
    times = {f"{status}_at": _seconds(batch.times.get(status)) for status in BatchStatus if status not in _UNTOLD}
    return {
        "id": spec.id,
        "object": "batch",
        "endpoint": spec.endpoint,
        "errors": {"object": "list", "data": errors} if errors else None,
        "input_file_id": spec.input_file,
        "completion_window": COMPLETION_WINDOW,
        "status": batch.status,
        "output_file_id": batch.output_file or None,
        "error_file_id": batch.error_file or None,
        "created_at": spec.created // 1000,
        "expires_at": spec.expires // 1000,
        **times,
        "request_counts": {
            "total": counts.total,
            "completed": counts.succeeded,
            "failed": counts.errored + counts.cancelled + counts.expired,
        },
        "metadata": spec.metadata,
    }


def anthropic_batch(batch: Batch, results_url: str) -> dict[str, Any]:
    """Anthropic's batch object. `results_url`: where its results are, once it has ended.

    Its `request_counts` move at the end alone; `request_progress`, which is ours, moves before.
    """
    ended = batch.status in FINAL_STATUSES
    counts = batch.counts if ended else batch.counts._replace(succeeded=0, errored=0, cancelled=0, expired=0)
    cancelling = batch.status is BatchStatus.CANCELLING
    return {
        "id": batch.spec.id,
        "type": "message_batch",
        "processing_status": "ended" if ended else "canceling" if cancelling else "in_progress",
        "request_counts": {
            "processing": counts.total - counts.ended,
            "succeeded": counts.succeeded,
            "errored": counts.errored,
            "canceled": counts.cancelled,
            "expired": counts.expired,
        },
        "request_progress": {"ended": batch.counts.ended, "failed": batch.counts.ended - batch.counts.succeeded},
        "created_at": _rfc3339(batch.spec.created),
        "expires_at": _rfc3339(batch.spec.expires),
        "ended_at": _rfc3339(batch.ended_at),
        "cancel_initiated_at": _rfc3339(batch.times.get(BatchStatus.CANCELLING)),
        "archived_at": None,
        "results_url": results_url if ended else None,
    }


def _seconds(milliseconds: int | None) -> int | None:
    return None if milliseconds is None else milliseconds // 1000


def _rfc3339(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
