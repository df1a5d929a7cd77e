"""Files as OpenAI's clients see them at `/v1/files`."""

from typing import Any

from store.files import File, FilePage


def file_view(file: File) -> dict[str, Any]:
    """The JSON of one file, as OpenAI shows it."""
    return {
        "id": file.id,
        "object": "file",
        "bytes": file.bytes,
        "created_at": int(file.created),
        "expires_at": int(file.expires),
        "filename": file.filename,
        "purpose": file.purpose,
        "status": "processed",
    }


def file_list(page: FilePage) -> dict[str, Any]:
    """The JSON of a page."""
    data = [file_view(file) for file in page.files]
    return {
        "object": "list",
        "data": data,
        "has_more": page.more,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
    }
