"""The front door described in OpenAPI 3.1: what `GET /openapi.json` serves, and what the fuzzing of it goes by.

Requests are described by the models that read them, so they cannot differ from what is done.
"""

from functools import cache
from importlib.metadata import version
from typing import Any, Final

import orjson
from pydantic.json_schema import models_json_schema

from api.openapi_answers import ANSWERS
from api.openapi_batches import MESSAGE_BATCH_REQUEST, batch_paths
from api.openapi_parts import (
    BODY_FAULTS,
    KEY_FAULTS,
    REF,
    TEXT,
    answer,
    header,
    operation,
    path,
    query,
    shared,
)
from proto.batch_objects import BatchRequest
from proto.clients import Leaving
from proto.dialects import DIALECTS
from proto.dialects.anthropic_messages import MessagesRequest
from proto.dialects.openai_chat import ChatRequest
from proto.dialects.openai_responses import ResponsesRequest
from proto.event_frames import EVENTS
from proto.models import MAX_PAGE, PAGE

Json = dict[str, Any]

_CHAT_FAULTS: Final = {
    404: "The upstream has no such model.",
    410: "The answer of this idempotency key is no longer kept.",
    422: "The idempotency key was used for another request.",
    429: "The key's own limit, or the upstream's; `Retry-After` says when to come again.",
    499: "The job was cancelled.",
    "5XX": "The upstream or a part of the gateway failed or is full; `Retry-After` says when to come again.",
}


@cache
def document() -> bytes:
    """The whole document, as JSON."""
    return orjson.dumps(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "warp2api",
                "version": version("warp2api"),
                "description": "OpenAI's and Anthropic's client APIs, answered by Warp's multi-agent service.",
            },
            "security": [{"bearer": []}, {"x-api-key": []}, {}],
            "paths": _paths(),
            "components": {
                "schemas": _requests() | ANSWERS,
                "parameters": _PARAMETERS,
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer"},
                    "x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
                },
            },
        }
    )


def _requests() -> Json:
    """The schemas of the request bodies. Counting reads a Messages request that need not say `max_tokens`."""
    models = [(model, "validation") for model in (ChatRequest, MessagesRequest, ResponsesRequest, BatchRequest)]
    _, schemas = models_json_schema(models, ref_template=REF + "{model}")  # type: ignore[arg-type]
    defined: Json = schemas["$defs"]
    messages = defined["MessagesRequest"]
    required = [name for name in messages["required"] if name != "max_tokens"]
    return defined | {
        "CountRequest": messages | {"title": "CountRequest", "required": required},
        "MessageBatchRequest": MESSAGE_BATCH_REQUEST,
    }


_PARAMETERS: Final[Json] = {
    "IdempotencyKey": header(
        "Idempotency-Key",
        "The same request with the same key is answered by the same job.",
        {"type": "string", "pattern": "^[!-~]{1,255}$"},
    ),
    "XCoalesce": header(
        "X-Coalesce",
        "1: lines of the batch that ask the same may share an answer.",
        {"enum": ["0", "1", "true", "false"]},
    ),
    "XResumable": header("X-Resumable", "1: the stream's frames carry ids.", {"enum": ["0", "1", "true", "false"]}),
    "XOnDisconnect": header(
        "X-On-Disconnect", "What the client's leaving means for its job.", {"enum": [each.value for each in Leaving]}
    ),
    "Prefer": header("Prefer", "respond-async: 202 at once, with the job's address."),
    "XClientRequestId": header("X-Client-Request-Id", "Becomes the request's id if it is a sane one."),
    "AnthropicVersion": header("anthropic-version", "Any value: the answer takes Anthropic's shape."),
    "LastEventId": header(
        "Last-Event-ID", "The last frame that came.", {"type": "string", "pattern": r"^[0-9]{1,12}\.[0-9]{1,9}$"}
    ),
}


def _chat(summary: str, request: str, told: str, error: str) -> Json:
    return operation(
        summary,
        {
            "200": answer("The answer: whole, or with `stream` as server-sent events.", told, stream=True),
            "202": answer("With `Prefer: respond-async`: the job, whose address is in `Location`.", "JobAccepted"),
        },
        KEY_FAULTS | BODY_FAULTS | _CHAT_FAULTS,
        errors=(error,),
        parameters=shared("IdempotencyKey", "XResumable", "XOnDisconnect", "Prefer", "XClientRequestId"),
        request=request,
    )


def _paths() -> Json:
    key_faults, no_job = KEY_FAULTS, {404: "There is no such job for this key."}
    job, dialects = path("job_id", "As in `X-Job-Id`."), [*DIALECTS, EVENTS]
    position = [
        query("dialect", "Whose frames; the job's own if not said.", {"enum": dialects}),
        query("after_frames", "Frames that came already.", {"type": "integer", "minimum": 0, "maximum": 999_999_999}),
    ]
    page = [
        query("limit", "Entries on a page.", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": PAGE}),
        query("after_id", "The page after this entry."),
        query("before_id", "The page before this entry."),
    ]
    response = path("response_id", "The id of a kept answer.")
    anthropic = shared("AnthropicVersion")
    return {
        "/v1/chat/completions": {
            "post": _chat("OpenAI's Chat Completions", "ChatRequest", "ChatCompletion", "OpenAIError")
        },
        "/v1/messages": {"post": _chat("Anthropic's Messages", "MessagesRequest", "Message", "AnthropicError")},
        "/v1/responses": {"post": _chat("OpenAI's Responses", "ResponsesRequest", "Response", "OpenAIError")},
        "/v1/messages/count_tokens": {
            "post": operation(
                "About how many input tokens a Messages request has",
                {"200": answer("The count.", "TokenCount")},
                key_faults | BODY_FAULTS,
                errors=("AnthropicError",),
                request="CountRequest",
            )
        },
        "/v1/responses/{response_id}": {
            "parameters": [response],
            "get": operation(
                "A kept answer",
                {"200": answer("The answer.", "Response")},
                key_faults | {400: "`stream` is not served.", 404: "It is not kept."},
                errors=("OpenAIError",),
                parameters=[query("stream", "Only false.", {"enum": ["false"]})],
            ),
            "delete": operation(
                "Forget a kept answer",
                {"200": answer("It is forgotten.", "ResponseDeleted")},
                key_faults | {404: "It is not kept."},
                errors=("OpenAIError",),
            ),
        },
        "/v1/jobs/{job_id}": {
            "parameters": [job],
            "get": operation(
                "Where a job stands, and its answer once it has ended",
                {"200": answer("The job.", "Job")},
                key_faults | no_job | {410: "The job's answer is no longer kept."},
                parameters=anthropic,
            ),
        },
        "/v1/jobs/{job_id}/events": {
            "parameters": [job],
            "get": operation(
                "A job's answer as a stream, from where the client left off",
                {"200": answer("The frames, each with its id.", stream=True)},
                key_faults | no_job | {400: "No such dialect or place.", 410: "The job's answer is no longer kept."},
                parameters=[*position, *shared("LastEventId"), *anthropic],
            ),
        },
        "/v1/jobs/{job_id}/cancel": {
            "parameters": [job],
            "post": operation(
                "End a job; one that has ended stays as it is",
                {"200": answer("The job.", "Job")},
                key_faults | no_job | {410: "The job's answer is no longer kept."},
                parameters=anthropic,
            ),
        },
        "/v1/models": {
            "get": operation(
                "The models, in pages for Anthropic's clients",
                {"200": answer("The list.", "OpenAIModels", "AnthropicModels")},
                key_faults | {400: "No such page."},
                parameters=[*page, *anthropic],
            )
        },
        "/v1/models/{model}": {
            "parameters": [path("model", "An id, or a name that an alias covers.")],
            "get": operation(
                "One model",
                {"200": answer("The model.", "OpenAIModel", "AnthropicModel")},
                key_faults | {404: "There is none."},
                parameters=anthropic,
            ),
        },
        "/": {"get": operation("What runs here", {"200": answer("Name, version, addresses.", "FrontPage")})},
        "/healthz": {"get": operation("Liveness", {"200": answer("Alive.", "Health")})},
        "/readyz": {
            "get": operation(
                "Readiness",
                {"200": answer("Ready for chats.", "Readiness"), "503": answer("Something is missing.", "Readiness")},
            )
        },
        "/metrics": {
            "get": operation(
                "Metrics for Prometheus",
                {"200": {"description": "The metrics.", "content": {"text/plain": {"schema": TEXT}}}},
                key_faults,
            )
        },
        "/openapi.json": {"get": operation("This document", {"200": answer("It.", "Document")})},
        **batch_paths(),
    }
