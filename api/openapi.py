"""The front door described in OpenAPI 3.1: what `GET /openapi.json` serves, and what the fuzzing of it goes by.

Requests are described by the models that read them, so they cannot differ from what is done.
"""

from functools import cache
from importlib.metadata import version
from typing import Any, Final

import orjson
from pydantic.json_schema import models_json_schema

from api.openapi_answers import ANSWERS
from proto.clients import Leaving
from proto.dialects import DIALECTS
from proto.dialects.anthropic_messages import MessagesRequest
from proto.dialects.openai_chat import ChatRequest
from proto.dialects.openai_responses import ResponsesRequest
from proto.event_frames import EVENTS
from proto.models import MAX_PAGE, PAGE

Json = dict[str, Any]

_REF: Final = "#/components/schemas/"
_TEXT: Final[Json] = {"type": "string"}
#: What may be wrong with any request that wants a key, and with a body.
_KEY_FAULTS: Final = {401: "No or an unknown key.", 403: "The key lacks the right.", 503: "The store is away."}
_BODY_FAULTS: Final = {
    400: "Not JSON, or a field is not as it should be; the error names it.",
    408: "The body took longer than CLIENT_TIMEOUT seconds.",
    413: "The body is larger than MAX_BODY, or the conversation than the upstream takes.",
}
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
    models = [(model, "validation") for model in (ChatRequest, MessagesRequest, ResponsesRequest)]
    _, schemas = models_json_schema(models, ref_template=_REF + "{model}")  # type: ignore[arg-type]
    defined: Json = schemas["$defs"]
    messages = defined["MessagesRequest"]
    required = [name for name in messages["required"] if name != "max_tokens"]
    return defined | {"CountRequest": messages | {"title": "CountRequest", "required": required}}


def _header(name: str, description: str, schema: Json = _TEXT) -> Json:
    return {"name": name, "in": "header", "description": description, "schema": schema}


def _query(name: str, description: str, schema: Json = _TEXT) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": schema}


_PARAMETERS: Final[Json] = {
    "IdempotencyKey": _header(
        "Idempotency-Key",
        "The same request with the same key is answered by the same job.",
        {"type": "string", "pattern": "^[!-~]{1,255}$"},
    ),
    "XResumable": _header("X-Resumable", "1: the stream's frames carry ids.", {"enum": ["0", "1", "true", "false"]}),
    "XOnDisconnect": _header(
        "X-On-Disconnect", "What the client's leaving means for its job.", {"enum": [each.value for each in Leaving]}
    ),
    "Prefer": _header("Prefer", "respond-async: 202 at once, with the job's address."),
    "XClientRequestId": _header("X-Client-Request-Id", "Becomes the request's id if it is a sane one."),
    "AnthropicVersion": _header("anthropic-version", "Any value: the answer takes Anthropic's shape."),
    "LastEventId": _header(
        "Last-Event-ID", "The last frame that came.", {"type": "string", "pattern": r"^[0-9]{1,12}\.[0-9]{1,9}$"}
    ),
}


def _shared(*names: str) -> list[Json]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _path(name: str, description: str) -> Json:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {**_TEXT, "minLength": 1},
    }


def _content(*schemas: str, kind: str = "application/json") -> Json:
    refs: list[Json] = [{"$ref": _REF + name} for name in schemas]
    return {kind: {"schema": refs[0] if len(refs) == 1 else {"anyOf": refs}}}


def _answer(description: str, *schemas: str, stream: bool = False) -> Json:
    content = _content(*schemas) if schemas else {}
    if stream:
        content["text/event-stream"] = {"schema": _TEXT}
    headers = {"x-request-id": {"description": "The id that the gateway's log knows the request by.", "schema": _TEXT}}
    return {"description": description, "headers": headers, "content": content}


def _operation(
    summary: str,
    answers: Json,
    faults: dict[Any, str] | None = None,
    *,
    errors: tuple[str, ...] = ("OpenAIError", "AnthropicError"),
    parameters: list[Json] | None = None,
    request: str = "",
) -> Json:
    """One method of one path; `errors` are the shapes that its `faults` may take."""
    told = {str(status): _answer(words, *errors) for status, words in sorted((faults or {}).items(), key=str)}
    operation: Json = {"summary": summary, "responses": answers | told}
    if parameters:
        operation["parameters"] = parameters
    if request:
        operation["requestBody"] = {"required": True, "content": _content(request)}
    return operation


def _chat(summary: str, request: str, answer: str, error: str) -> Json:
    return _operation(
        summary,
        {
            "200": _answer("The answer: whole, or with `stream` as server-sent events.", answer, stream=True),
            "202": _answer("With `Prefer: respond-async`: the job, whose address is in `Location`.", "JobAccepted"),
        },
        _KEY_FAULTS | _BODY_FAULTS | _CHAT_FAULTS,
        errors=(error,),
        parameters=_shared("IdempotencyKey", "XResumable", "XOnDisconnect", "Prefer", "XClientRequestId"),
        request=request,
    )


def _paths() -> Json:
    key_faults, no_job = _KEY_FAULTS, {404: "There is no such job for this key."}
    job, dialects = _path("job_id", "As in `X-Job-Id`."), [*DIALECTS, EVENTS]
    position = [
        _query("dialect", "Whose frames; the job's own if not said.", {"enum": dialects}),
        _query("after_frames", "Frames that came already.", {"type": "integer", "minimum": 0, "maximum": 999_999_999}),
    ]
    page = [
        _query("limit", "Entries on a page.", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": PAGE}),
        _query("after_id", "The page after this entry."),
        _query("before_id", "The page before this entry."),
    ]
    response = _path("response_id", "The id of a kept answer.")
    anthropic = _shared("AnthropicVersion")
    return {
        "/v1/chat/completions": {
            "post": _chat("OpenAI's Chat Completions", "ChatRequest", "ChatCompletion", "OpenAIError")
        },
        "/v1/messages": {"post": _chat("Anthropic's Messages", "MessagesRequest", "Message", "AnthropicError")},
        "/v1/responses": {"post": _chat("OpenAI's Responses", "ResponsesRequest", "Response", "OpenAIError")},
        "/v1/messages/count_tokens": {
            "post": _operation(
                "About how many input tokens a Messages request has",
                {"200": _answer("The count.", "TokenCount")},
                key_faults | _BODY_FAULTS,
                errors=("AnthropicError",),
                request="CountRequest",
            )
        },
        "/v1/responses/{response_id}": {
            "parameters": [response],
            "get": _operation(
                "A kept answer",
                {"200": _answer("The answer.", "Response")},
                key_faults | {400: "`stream` is not served.", 404: "It is not kept."},
                errors=("OpenAIError",),
                parameters=[_query("stream", "Only false.", {"enum": ["false"]})],
            ),
            "delete": _operation(
                "Forget a kept answer",
                {"200": _answer("It is forgotten.", "ResponseDeleted")},
                key_faults | {404: "It is not kept."},
                errors=("OpenAIError",),
            ),
        },
        "/v1/jobs/{job_id}": {
            "parameters": [job],
            "get": _operation(
                "Where a job stands, and its answer once it has ended",
                {"200": _answer("The job.", "Job")},
                key_faults | no_job | {410: "The job's answer is no longer kept."},
                parameters=anthropic,
            ),
        },
        "/v1/jobs/{job_id}/events": {
            "parameters": [job],
            "get": _operation(
                "A job's answer as a stream, from where the client left off",
                {"200": _answer("The frames, each with its id.", stream=True)},
                key_faults | no_job | {400: "No such dialect or place.", 410: "The job's answer is no longer kept."},
                parameters=[*position, *_shared("LastEventId"), *anthropic],
            ),
        },
        "/v1/jobs/{job_id}/cancel": {
            "parameters": [job],
            "post": _operation(
                "End a job; one that has ended stays as it is",
                {"200": _answer("The job.", "Job")},
                key_faults | no_job | {410: "The job's answer is no longer kept."},
                parameters=anthropic,
            ),
        },
        "/v1/models": {
            "get": _operation(
                "The models, in pages for Anthropic's clients",
                {"200": _answer("The list.", "OpenAIModels", "AnthropicModels")},
                key_faults | {400: "No such page."},
                parameters=[*page, *anthropic],
            )
        },
        "/v1/models/{model}": {
            "parameters": [_path("model", "An id, or a name that an alias covers.")],
            "get": _operation(
                "One model",
                {"200": _answer("The model.", "OpenAIModel", "AnthropicModel")},
                key_faults | {404: "There is none."},
                parameters=anthropic,
            ),
        },
        "/": {"get": _operation("What runs here", {"200": _answer("Name, version, addresses.", "FrontPage")})},
        "/healthz": {"get": _operation("Liveness", {"200": _answer("Alive.", "Health")})},
        "/readyz": {
            "get": _operation(
                "Readiness",
                {"200": _answer("Ready for chats.", "Readiness"), "503": _answer("Something is missing.", "Readiness")},
            )
        },
        "/metrics": {
            "get": _operation(
                "Metrics for Prometheus",
                {"200": {"description": "The metrics.", "content": {"text/plain": {"schema": _TEXT}}}},
                {503: "The store is away."},
            )
        },
        "/openapi.json": {"get": _operation("This document", {"200": _answer("It.", "Document")})},
    }
