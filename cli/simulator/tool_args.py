"""Arguments that fit a tool's schema, for calls that nobody scripted."""

from typing import Any

_BY_NAME = {
    "city": "Paris",
    "location": "Paris",
    "country": "France",
    "path": "README.md",
    "file_path": "README.md",
    "url": "https://example.com/",
    "command": "echo hello",
    "timezone": "UTC",
    "unit": "celsius",
    "email": "someone@example.com",
}
_BY_FORMAT = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "uri": "https://example.com/",
    "email": "someone@example.com",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_DEEPEST = 8


def plausible_arguments(schema: dict[str, Any], question: str) -> dict[str, Any]:
    """The required members of an object schema, or all of them if none is required.

    Args:
        schema: a JSON Schema whose root is an object.
        question: what members that look like a question are filled with.
    """
    made = _make(schema, "", question, schema, _DEEPEST)
    return made if isinstance(made, dict) else {}


def _make(schema: Any, name: str, question: str, root: dict[str, Any], depth: int) -> Any:
    schema = _resolve(schema, root) if depth else {}
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("enum", "examples"):
        if schema.get(key):
            return schema[key][0]
    kind = _kind(schema)
    if kind == "object":
        members = schema.get("properties") or {}
        wanted = schema.get("required") or list(members)
        return {key: _make(members.get(key), key, question, root, depth - 1) for key in wanted}
    if kind == "array":
        return [_make(schema.get("items"), name, question, root, depth - 1)] if depth else []
    if kind in {"integer", "number"}:
        return schema.get("minimum", 1)
    if kind in {"boolean", "null"}:
        return True if kind == "boolean" else None
    return _BY_FORMAT.get(schema.get("format", "")) or _BY_NAME.get(name) or question or "example"


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), None)
    if isinstance(kind, str):
        return kind
    return "object" if "properties" in schema else "string"


def _resolve(schema: Any, root: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, for a local `$ref` or the first alternative that is not null."""
    for _ in range(_DEEPEST):
        if not isinstance(schema, dict):
            return {}
        alternatives = schema.get("anyOf") or schema.get("oneOf")
        if isinstance(schema.get("$ref"), str):
            schema = _pointed(schema["$ref"], root)
        elif alternatives:
            schema = next((each for each in alternatives if each.get("type") != "null"), {})
        else:
            return schema
    return {}


def _pointed(reference: str, root: dict[str, Any]) -> Any:
    target: Any = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        target = target.get(part) if isinstance(target, dict) else None
    return target
