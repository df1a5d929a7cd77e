"""Batches as the vendors' own types read them."""

from typing import Any

import pytest
from anthropic.types.messages import MessageBatch
from openai.types import Batch as OpenAIBatch

from proto.batch_objects import anthropic_batch, openai_batch, read_batch_request
from proto.batches import Batch, BatchKind, BatchSpec, BatchStatus, Counts, LineError
from proto.errors import BadRequestError, ErrorCode

URL = "http://here/results"
FIELDS = {"input_file_id": "file-1", "endpoint": "/v1/chat/completions", "completion_window": "24h"}


def batch(status: BatchStatus, counts: Counts = Counts(9), **given: Any) -> Batch:  # noqa: B008  # it is immutable
    spec = BatchSpec(
        id="b",
        client="c",
        kind=BatchKind.OPENAI,
        endpoint="/v1/responses",
        input_key="file-1",
        input_bytes=5,
        created=1_700_000_000_999,
        expires=1_700_086_400_999,
        input_file="file-1",
        metadata={"a": "b"},
    )
    empty: dict[str, Any] = {"times": {}, "errors": [], "line": 0, "offset": 0, "closing": None}
    # Whatever else a record holds is not told.
    fields = dict.fromkeys(Batch._fields) | empty | {"output_file": "", "error_file": "", **given}
    return Batch(**{**fields, "spec": spec, "status": status, "counts": counts})


def test_openais_object_tells_times_counts_and_files() -> None:
    times = {BatchStatus.IN_PROGRESS: 1_700_000_001_000, BatchStatus.COMPLETED: 1_700_000_005_999}
    told = openai_batch(
        batch(BatchStatus.COMPLETED, Counts(9, 4, 3, 2, 0), times=times, output_file="file-o", error_file="file-e")
    )
    read = OpenAIBatch.model_validate(told, strict=True)

    assert set(told) <= set(OpenAIBatch.model_fields)
    assert (read.status, read.created_at, read.expires_at) == ("completed", 1_700_000_000, 1_700_086_400)
    assert (read.in_progress_at, read.completed_at, read.failed_at) == (1_700_000_001, 1_700_000_005, None)
    assert read.request_counts is not None
    assert read.request_counts.model_dump() == {"total": 9, "completed": 4, "failed": 5}
    assert (read.input_file_id, read.output_file_id, read.error_file_id) == ("file-1", "file-o", "file-e")
    assert (read.metadata, read.errors) == ({"a": "b"}, None)


def test_openais_object_tells_what_is_wrong_with_the_file() -> None:
    errors = [LineError("invalid_json_line", "Line 3 is not JSON.", None, 3), LineError("empty_file", "Empty.")]
    read = OpenAIBatch.model_validate(openai_batch(batch(BatchStatus.FAILED, Counts(), errors=errors)))

    assert read.output_file_id is None
    assert read.errors is not None
    assert [(e.code, e.message, e.param, e.line) for e in read.errors.data or []] == [tuple_of(e) for e in errors]


def tuple_of(error: LineError) -> tuple[object, ...]:
    return error.code, error.message, error.param, error.line


@pytest.mark.parametrize("status", list(BatchStatus))
def test_every_status_is_one_of_either_vendors(status: BatchStatus) -> None:
    OpenAIBatch.model_validate(openai_batch(batch(status)), strict=True)
    MessageBatch.model_validate(anthropic_batch(batch(status), URL))


def test_anthropics_counts_are_told_at_the_end_and_sum_to_the_total() -> None:
    counts = Counts(9, 2, 1, 0, 3)
    running = MessageBatch.model_validate(anthropic_batch(batch(BatchStatus.CANCELLING, counts), URL))
    ended = MessageBatch.model_validate(
        anthropic_batch(
            batch(BatchStatus.EXPIRED, counts._replace(expired=6), times={BatchStatus.EXPIRED: 1_700_086_401_000}), URL
        )
    )

    assert running.processing_status == "canceling"
    assert running.request_counts.model_dump() == {
        "processing": 9, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0
    }  # fmt: skip
    assert (running.model_extra or {})["request_progress"] == {"ended": 6, "failed": 4}
    assert running.results_url is None
    assert ended.processing_status == "ended"
    assert ended.request_counts.model_dump() == {
        "processing": 0, "succeeded": 2, "errored": 1, "canceled": 0, "expired": 6
    }  # fmt: skip
    assert (ended.model_extra or {})["request_progress"] == {"ended": 9, "failed": 7}
    assert (ended.results_url, ended.ended_at and ended.ended_at.timestamp()) == (URL, 1_700_086_401)
    assert anthropic_batch(batch(BatchStatus.IN_PROGRESS), URL)["created_at"] == "2023-11-14T22:13:20.999Z"


def test_what_makes_a_batch() -> None:
    more = {"metadata": {"k": "v"}, "output_expires_after": {"anchor": "created_at", "seconds": 3600}}
    request = read_batch_request({**FIELDS, **more})

    assert request.metadata == {"k": "v"}
    assert request.output_expires_after is not None
    assert request.output_expires_after.seconds == 3600


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"input_file_id": None}, "input_file_id", ErrorCode.INVALID_REQUEST),
        ({"endpoint": "/v1/embeddings"}, "endpoint", ErrorCode.UNSUPPORTED_VALUE),
        ({"completion_window": "1h"}, "completion_window", ErrorCode.UNSUPPORTED_VALUE),
        ({"metadata": {"k": 5}}, "metadata.k", ErrorCode.INVALID_REQUEST),
        ({"metadata": {"k": "x" * 513}}, "metadata.k", ErrorCode.INVALID_REQUEST),
        ({"metadata": {str(n): "" for n in range(17)}}, "metadata", ErrorCode.INVALID_REQUEST),
        (
            {"output_expires_after": {"anchor": "created_at", "seconds": 5}},
            "output_expires_after.seconds",
            ErrorCode.INVALID_REQUEST,
        ),
    ],
)
def test_a_field_at_fault_is_named(changes: dict[str, Any], param: str, code: ErrorCode) -> None:
    with pytest.raises(BadRequestError) as refusal:
        read_batch_request({**FIELDS, **changes})

    assert (refusal.value.param, refusal.value.code) == (param, code)
