"""What the description of the front door is put together from: parameters, answers, operations."""

from typing import Any, Final

Json = dict[str, Any]

REF: Final = "#/components/schemas/"
TEXT: Final[Json] = {"type": "string"}
#: What may be wrong with any request that wants a key, and with a JSON body.
KEY_FAULTS: Final = {401: "No or an unknown key.", 403: "The key lacks the right.", 503: "The store is away."}
BODY_FAULTS: Final = {
    400: "Not JSON, or a field is not as it should be; the error names it.",
    408: "The body took longer than CLIENT_TIMEOUT seconds.",
    413: "The body is larger than MAX_BODY, or the conversation than the upstream takes.",
}


def header(name: str, description: str, schema: Json = TEXT) -> Json:
    """A request header."""
    return {"name": name, "in": "header", "description": description, "schema": schema}


def query(name: str, description: str, schema: Json = TEXT) -> Json:
    """A query parameter."""
    return {"name": name, "in": "query", "description": description, "schema": schema}


def shared(*names: str) -> list[Json]:
    """References to parameters that several operations have."""
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def path(name: str, description: str) -> Json:
    """A part of the path."""
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {**TEXT, "minLength": 1},
    }


def content(*schemas: str, kind: str = "application/json") -> Json:
    """A body of one of these schemas."""
    refs: list[Json] = [{"$ref": REF + name} for name in schemas]
    return {kind: {"schema": refs[0] if len(refs) == 1 else {"anyOf": refs}}}


def answer(description: str, *schemas: str, stream: bool = False) -> Json:
    """What is answered; `stream`: or as server-sent events."""
    bodies = content(*schemas) if schemas else {}
    if stream:
        bodies["text/event-stream"] = {"schema": TEXT}
    headers = {"x-request-id": {"description": "The id that the gateway's log knows the request by.", "schema": TEXT}}
    return {"description": description, "headers": headers, "content": bodies}


def operation(
    summary: str,
    answers: Json,
    faults: dict[Any, str] | None = None,
    *,
    errors: tuple[str, ...] = ("OpenAIError", "AnthropicError"),
    parameters: list[Json] | None = None,
    request: str = "",
) -> Json:
    """One method of one path; `errors` are the shapes that its `faults` may take."""
    told = {str(status): answer(words, *errors) for status, words in sorted((faults or {}).items(), key=str)}
    described: Json = {"summary": summary, "responses": answers | told}
    if parameters:
        described["parameters"] = parameters
    if request:
        described["requestBody"] = {"required": True, "content": content(request)}
    return described
