"""The answers' shapes, for the OpenAPI document: what clients may rely on, not every field there is."""

from typing import Any, Final

from proto.batches import BatchStatus
from proto.dialects import DIALECTS
from proto.jobs import Lane, Status

Json = dict[str, Any]

_TEXT: Final[Json] = {"type": "string"}
_COUNT: Final[Json] = {"type": "integer", "minimum": 0}
_FLAG: Final[Json] = {"type": "boolean"}


def _or_null(kind: str) -> Json:
    return {"type": [kind, "null"]}


def _object(**members: Json) -> Json:
    """An object that has all of these members, and perhaps others."""
    return {"type": "object", "properties": members, "required": list(members)}


def _list(item: Json) -> Json:
    return {"type": "array", "items": item}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


ANSWERS: Final[Json] = {
    "OpenAIError": _object(
        error=_object(message=_TEXT, type=_TEXT, param=_or_null("string"), code=_or_null("string")),
    ),
    "AnthropicError": _object(
        type={"const": "error"},
        error=_object(type=_TEXT, message=_TEXT),
        request_id=_TEXT,
    ),
    "ChatCompletion": _object(
        id=_TEXT,
        object={"const": "chat.completion"},
        created=_COUNT,
        model=_TEXT,
        choices=_list(
            _object(
                index=_COUNT,
                message=_object(role={"const": "assistant"}, content=_or_null("string")),
                finish_reason={"enum": ["stop", "length", "tool_calls"]},
            )
        ),
        usage=_object(prompt_tokens=_COUNT, completion_tokens=_COUNT, total_tokens=_COUNT),
    ),
    "Message": _object(
        id=_TEXT,
        type={"const": "message"},
        role={"const": "assistant"},
        model=_TEXT,
        content=_list(_object(type={"enum": ["text", "thinking", "tool_use"]})),
        stop_reason={"enum": ["end_turn", "max_tokens", "stop_sequence", "tool_use"]},
        stop_sequence=_or_null("string"),
        usage=_object(input_tokens=_COUNT, output_tokens=_COUNT),
    ),
    "Response": _object(
        id=_TEXT,
        object={"const": "response"},
        created_at={"type": "number"},
        status={"enum": ["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]},
        model=_TEXT,
        output=_list(_object(id=_TEXT, type=_TEXT)),
    ),
    "ResponseDeleted": _object(id=_TEXT, object={"const": "response"}, deleted={"const": True}),
    "TokenCount": _object(input_tokens=_COUNT),
    "JobAccepted": _object(id=_TEXT, object={"const": "job"}, status={"enum": [each.value for each in Status]}),
    "Job": _object(
        id=_TEXT,
        object={"const": "job"},
        status={"enum": [each.value for each in Status]},
        cancelling=_FLAG,
        dialect={"enum": list(DIALECTS)},
        model=_TEXT,
        stream=_FLAG,
        lane={"enum": [each.value for each in Lane]},
        attempts=_COUNT,
        admitted_at={"type": "number"},
        claimed_at=_or_null("number"),
        first_output_at=_or_null("number"),
        ended_at=_or_null("number"),
        position=_or_null("integer"),
        estimated_wait=_or_null("number"),
        usage=_or_null("object"),
        ignored_fields=_list(_TEXT),
        answer=_or_null("object"),
        error=_or_null("object"),
    ),
    "File": _object(
        id=_TEXT,
        object={"const": "file"},
        bytes=_COUNT,
        created_at=_COUNT,
        expires_at=_COUNT,
        filename=_TEXT,
        purpose=_TEXT,
        status={"const": "processed"},
    ),
    "Files": _object(
        object={"const": "list"},
        data=_list(_ref("File")),
        has_more=_FLAG,
        first_id=_or_null("string"),
        last_id=_or_null("string"),
    ),
    "Batch": _object(
        id=_TEXT,
        object={"const": "batch"},
        endpoint=_TEXT,
        errors=_or_null("object"),
        input_file_id=_TEXT,
        completion_window=_TEXT,
        status={"enum": [each.value for each in BatchStatus]},
        output_file_id=_or_null("string"),
        error_file_id=_or_null("string"),
        created_at=_COUNT,
        expires_at=_COUNT,
        request_counts=_object(total=_COUNT, completed=_COUNT, failed=_COUNT),
        metadata=_or_null("object"),
    ),
    "Batches": _object(
        object={"const": "list"},
        data=_list(_ref("Batch")),
        has_more=_FLAG,
        first_id=_or_null("string"),
        last_id=_or_null("string"),
    ),
    "MessageBatch": _object(
        id=_TEXT,
        type={"const": "message_batch"},
        processing_status={"enum": ["in_progress", "canceling", "ended"]},
        request_counts=_object(processing=_COUNT, succeeded=_COUNT, errored=_COUNT, canceled=_COUNT, expired=_COUNT),
        request_progress=_object(ended=_COUNT, failed=_COUNT),
        created_at=_TEXT,
        expires_at=_TEXT,
        ended_at=_or_null("string"),
        cancel_initiated_at=_or_null("string"),
        archived_at=_or_null("string"),
        results_url=_or_null("string"),
    ),
    "MessageBatches": _object(
        data=_list(_ref("MessageBatch")),
        has_more=_FLAG,
        first_id=_or_null("string"),
        last_id=_or_null("string"),
    ),
    "MessageBatchDeleted": _object(id=_TEXT, type={"const": "message_batch_deleted"}),
    "FileDeleted": _object(id=_TEXT, object={"const": "file"}, deleted={"const": True}),
    "OpenAIModel": _object(id=_TEXT, object={"const": "model"}, created=_COUNT, owned_by=_TEXT),
    "OpenAIModels": _object(object={"const": "list"}, data=_list(_ref("OpenAIModel"))),
    "AnthropicModel": _object(type={"const": "model"}, id=_TEXT, display_name=_TEXT, created_at=_TEXT),
    "AnthropicModels": _object(
        data=_list(_ref("AnthropicModel")),
        has_more=_FLAG,
        first_id=_or_null("string"),
        last_id=_or_null("string"),
    ),
    "FrontPage": _object(
        service=_TEXT, version=_TEXT, bridge=_object(url=_TEXT, reachable=_FLAG), endpoints=_list(_TEXT)
    ),
    "Health": _object(status={"const": "ok"}, version=_TEXT, pool_stats=_or_null("object")),
    "Readiness": _object(ready=_FLAG, store=_FLAG, worker=_FLAG, pool=_FLAG, accepting=_FLAG),
    "Document": _object(openapi=_TEXT, info={"type": "object"}, paths={"type": "object"}),
}
