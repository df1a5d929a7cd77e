"""Files and batches in the description of the front door."""

from typing import Final

from api.openapi_parts import KEY_FAULTS, Json, answer, operation, path, query, shared

_NO_FILE: Final = {404: "There is no such file for this key."}
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
    return _file_paths()


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
