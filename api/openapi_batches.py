"""Files and batches in the description of the front door."""

from typing import Final

from api.openapi_parts import BODY_FAULTS, KEY_FAULTS, Json, answer, operation, path, query, shared
from proto.batch_intake import MAX_REQUESTS

_NO_FILE: Final = {404: "There is no such file for this key."}
_NO_BATCH: Final = {404: "There is no such batch for this key."}
_REUSED: Final = {422: "The idempotency key was used for another request."}
#: The body of a batch of Anthropic's API, which is never read as a whole.
MESSAGE_BATCH_REQUEST: Final[Json] = {
    "title": "MessageBatchRequest",
    "type": "object",
    "properties": {
        "requests": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_REQUESTS,
            "items": {
                "type": "object",
                "properties": {
                    "custom_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
                    "params": {"type": "object"},
                },
                "required": ["custom_id", "params"],
            },
        }
    },
    "required": ["requests"],
}
_UPLOAD: Final[Json] = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary", "minLength": 1},
        "purpose": {"enum": ["batch"]},
        "expires_after[anchor]": {"enum": ["created_at"]},
        "expires_after[seconds]": {"type": "integer", "minimum": 3600, "maximum": 2_592_000},
    },
    "required": ["file", "purpose"],
}
_BYTES: Final[Json] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


def batch_paths() -> Json:
    """The paths of files and batches."""
    return _file_paths() | _openai_paths() | _anthropic_paths()


def _file_paths() -> Json:
    upload = operation(
        "Upload a file for a batch",
        {"200": answer("The file.", "File")},
        KEY_FAULTS
        | {
            400: "Not a form, or a field is not as it should be; the error names it.",
            408: "Nothing of the body came for CLIENT_TIMEOUT seconds.",
            413: "The file is larger than 200 MB.",
        },
        parameters=shared("AnthropicVersion"),
    )
    upload["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": _UPLOAD}}}
    page = [
        query("limit", "Files on a page; 1000 at most.", {"type": "integer", "minimum": 1, "maximum": 10_000}),
        query("after", "The page after this file."),
        query("order", "The newest or the oldest first.", {"enum": ["desc", "asc"], "default": "desc"}),
        query("purpose", "Only files for this."),
    ]
    header = {"name": "Range", "in": "header", "schema": {"type": "string", "pattern": "^bytes=[0-9]{1,9}-[0-9]{0,9}$"}}
    content = operation(
        "What is in a file",
        {
            "200": {"description": "All of it.", "content": _BYTES},
            "206": {"description": "The range that was asked for.", "content": _BYTES},
        },
        KEY_FAULTS | _NO_FILE,
        parameters=[header, *shared("AnthropicVersion")],
    )
    content["responses"]["416"] = {"description": "The range begins behind the end."}
    return {
        "/v1/files": {
            "post": upload,
            "get": operation(
                "The client's files",
                {"200": answer("A page.", "Files")},
                KEY_FAULTS | {400: "No such page.", 404: "`after` is not a file of this list."},
                parameters=[*page, *shared("AnthropicVersion")],
            ),
        },
        "/v1/files/{file_id}": {
            "parameters": [path("file_id", "The file's id.")],
            "get": operation(
                "What is known of a file",
                {"200": answer("The file.", "File")},
                KEY_FAULTS | _NO_FILE,
                parameters=shared("AnthropicVersion"),
            ),
            "delete": operation(
                "Delete a file",
                {"200": answer("It is deleted.", "FileDeleted")},
                KEY_FAULTS | _NO_FILE,
                parameters=shared("AnthropicVersion"),
            ),
        },
        "/v1/files/{file_id}/content": {"parameters": [path("file_id", "The file's id.")], "get": content},
    }


def _openai_paths() -> Json:
    page = [
        query("limit", "Batches on a page.", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}),
        query("after", "The page after this batch."),
    ]
    key, of_it = path("batch_id", "The batch's id."), KEY_FAULTS | _NO_BATCH
    either = shared("AnthropicVersion")
    return {
        "/v1/batches": {
            "post": operation(
                "Have the requests of an uploaded file run",
                {"200": answer("The batch.", "Batch")},
                KEY_FAULTS | BODY_FAULTS | _NO_FILE | _REUSED,
                request="BatchRequest",
                parameters=[*shared("IdempotencyKey", "XCoalesce"), *either],
            ),
            "get": operation(
                "The client's batches, newest first",
                {"200": answer("A page.", "Batches")},
                of_it | {400: "No such page."},
                parameters=[*page, *either],
            ),
        },
        "/v1/batches/{batch_id}": {
            "parameters": [key],
            "get": operation("Where a batch stands", {"200": answer("The batch.", "Batch")}, of_it, parameters=either),
        },
        "/v1/batches/{batch_id}/cancel": {
            "parameters": [key],
            "post": operation(
                "Have no more of a batch run", {"200": answer("The batch.", "Batch")}, of_it, parameters=either
            ),
        },
    }


def _anthropic_paths() -> Json:
    page = [
        query("limit", "Batches on a page.", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 20}),
        query("after_id", "The page after this batch."),
        query("before_id", "The page before this batch."),
    ]
    key, of_it, errors = path("batch_id", "The batch's id."), KEY_FAULTS | _NO_BATCH, ("AnthropicError",)
    one = {"200": answer("The batch.", "MessageBatch")}
    results = operation(
        "The results of a batch that has ended",
        {
            "200": {"description": "A JSON object a line.", "content": {"application/x-jsonl": {}}},
            "206": {"description": "The range that was asked for.", "content": {"application/x-jsonl": {}}},
        },
        of_it | {400: "It has not ended."},
        errors=errors,
    )
    results["responses"]["416"] = {"description": "The range begins behind the end."}
    return {
        "/v1/messages/batches": {
            "post": operation(
                "Have many Messages requests run",
                one,
                KEY_FAULTS | BODY_FAULTS | _REUSED | {413: "The body is larger than 256 MB."},
                errors=errors,
                parameters=shared("IdempotencyKey", "XCoalesce"),
                request="MessageBatchRequest",
            ),
            "get": operation(
                "The client's batches, newest first",
                {"200": answer("A page.", "MessageBatches")},
                of_it | {400: "No such page."},
                errors=errors,
                parameters=page,
            ),
        },
        "/v1/messages/batches/{batch_id}": {
            "parameters": [key],
            "get": operation("Where a batch stands", one, of_it, errors=errors),
            "delete": operation(
                "Forget a batch that has ended",
                {"200": answer("It is forgotten.", "MessageBatchDeleted")},
                of_it | {400: "It has not ended."},
                errors=errors,
            ),
        },
        "/v1/messages/batches/{batch_id}/cancel": {
            "parameters": [key],
            "post": operation("Have no more of a batch run", one, of_it, errors=errors),
        },
        "/v1/messages/batches/{batch_id}/results": {"parameters": [key], "get": results},
    }
