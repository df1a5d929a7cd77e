"""What every dialect's requests share: refusals in the client's notation, validation, tools, a tidy transcript."""

import re
from collections.abc import Iterable
from itertools import islice
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, FailFast, Field, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError

from proto.conversation import (
    MAX_JSON_DEPTH,
    Message,
    Part,
    TextPart,
    Tool,
    ToolChoice,
    ToolChoiceMode,
)
from proto.errors import BadRequestError, ErrorCode
from proto.normalise import normalise

MAX_MESSAGES = 100_000
MAX_STOPS = 64
MAX_TOKENS = 2**31 - 1
MAX_IGNORED = 32

_FIELD_NAME = re.compile(r"[A-Za-z0-9_.\[\]-]{1,64}")


class Wire(BaseModel):
    """A piece of a client's request. Unknown fields are passed over; known ones must have their type."""

    model_config = ConfigDict(strict=True, extra="ignore", protected_namespaces=())


class WireRequest(Wire):
    """A request body. What is not declared has no effect, and is named in `ignored`."""

    model_config = ConfigDict(extra="allow")


M = TypeVar("M", bound=BaseModel)
# A length makes pydantic read the characters: lone surrogates, which cannot be stored, are refused.
AnyText = Annotated[str, Field(min_length=0)]
NonEmpty = Annotated[str, Field(min_length=1)]
Positive = Annotated[int, Field(ge=1)]
T = TypeVar("T")


def _as_parts(content: Any) -> Any:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if content is None or isinstance(content, list):
        return content
    raise PydanticCustomError("content_type", "Input should be a string or an array")


class OrText:
    """Says in the schema what the validator beside it does: a plain text stands for the whole as well."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Pydantic's hook."""
        return {"anyOf": [handler(core), {"type": "string"}]}


# A list ends its validation at the first fault: a body of a million wrong items makes one error, not a million.
Many = Annotated[list[T], FailFast(), BeforeValidator(lambda v: [] if v is None else v)]
# Content in either form: plain text is one text part.
Content = Annotated[Many[T], BeforeValidator(_as_parts), OrText()]
Stops = Annotated[
    Many[AnyText], Field(max_length=MAX_STOPS), BeforeValidator(lambda v: [v] if isinstance(v, str) else v), OrText()
]


def refusal(path: str, why: str, code: ErrorCode = ErrorCode.INVALID_REQUEST) -> BadRequestError:
    """What to raise for the field at `path`."""
    return BadRequestError(f"{path}: {why}", param=path, code=code)


def missing(path: str) -> BadRequestError:
    return refusal(path, "Field required", ErrorCode.MISSING_FIELD)


def unsupported(path: str, why: str = "not supported by this gateway") -> BadRequestError:
    """What to raise for a value that is legal elsewhere."""
    return refusal(path, why, ErrorCode.UNSUPPORTED_VALUE)


def quoted(value: object) -> str:
    """A client's word, short enough to be told back."""
    text = str(value)
    return repr(text if len(text) <= 40 else text[:40] + "…")


# Validation


def validate(model: type[M], body: Any) -> M:
    """Read `body` as `model`.

    Raises:
        BadRequestError: for the first thing wrong with it, `param` in the client's notation.
    """
    if not isinstance(body, dict):
        raise BadRequestError("The request body must be a JSON object.")
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=True, include_input=False)[0]
        raise _translate(first, body) from None


_WORDING = {
    "model_type": "Input should be an object",
    "model_attributes_type": "Input should be an object",
    "dict_type": "Input should be an object",
    "list_type": "Input should be an array",
    "too_short": "Input should not be empty",
}


def _translate(error: ErrorDetails, body: dict[str, Any]) -> BadRequestError:
    kind, loc = error["type"], error["loc"]
    why = _WORDING.get(kind, error["msg"])
    if kind == "union_tag_invalid":
        loc, why = (*loc, "type"), f"{quoted(error['ctx']['tag'])} is not supported"
    elif kind == "union_tag_not_found":
        loc, why = (*loc, "type"), "Field required"
    may_lack = kind in ("missing", "union_tag_not_found")
    steps = _locate(body, loc, may_lack=may_lack) or _as_far_as_it_goes(body, loc)
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")
    code = ErrorCode.MISSING_FIELD if may_lack else ErrorCode.INVALID_REQUEST
    return refusal(path, why, code) if path else BadRequestError(f"The request body: {why}")


def _locate(value: Any, loc: tuple[int | str, ...], *, may_lack: bool) -> list[int | str] | None:
    """Pydantic's location without the tags of its unions, which stand in it beside the keys.

    A tag may be spelled like a key of the same object (`text`), so the reading that leads to the end wins.
    """
    if not loc:
        return []
    head, rest = loc[0], loc[1:]
    if _holds(value, head):
        steps = _locate(value[head], rest, may_lack=may_lack)
        if steps is not None:
            return [head, *steps]
    if isinstance(value, dict):
        if may_lack and not rest:
            return [head]
        if head == value.get("type"):
            return _locate(value, rest, may_lack=may_lack)
    return None


def _holds(value: Any, step: int | str) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, dict) and step in value


def _as_far_as_it_goes(value: Any, loc: tuple[int | str, ...]) -> list[int | str]:
    steps: list[int | str] = []
    for step in loc:
        if not _holds(value, step):
            break
        value = value[step]
        steps.append(step)
    return steps


def ignored_names(request: BaseModel, also: Iterable[str] = ()) -> list[str]:
    """The undeclared fields of the body that were set, and `also`, once each. Only names that can stand in a header."""
    undeclared = (name for name, value in (request.model_extra or {}).items() if value is not None)
    names = (name for name in dict.fromkeys((*undeclared, *also)) if _FIELD_NAME.fullmatch(name))
    return list(islice(names, MAX_IGNORED))


# Parts


def text_parts(text: str | None) -> list[Part]:
    """One part, or none for a text that is empty or absent."""
    return [TextPart(text)] if text else []


def arguments_text(arguments: Any, path: str, lost: list[str] | None = None) -> str:
    """The arguments of a call as the text of one JSON object; what is none becomes `{}`, and its path joins `lost`.

    Raises:
        BadRequestError: an object that cannot be written as JSON again (nested too deeply).
    """
    if isinstance(arguments, dict):
        return _dumps(arguments, path).decode()
    if isinstance(arguments, str):
        try:
            if isinstance(orjson.loads(arguments), dict):
                return arguments
        except orjson.JSONDecodeError:
            pass  # as any other text that is no object
    if lost is not None and arguments not in (None, ""):
        lost.append(path)
    return "{}"


def json_object(value: dict[str, Any], path: str) -> dict[str, Any]:
    """`value`, known to survive being written and read again.

    Raises:
        BadRequestError: it is nested too deeply.
    """
    _dumps(value, path)
    return value


def _dumps(value: dict[str, Any], path: str) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise refusal(path, "nested too deeply, or holds what JSON cannot") from error


# Tools


def tool(name: str, description: str | None, schema: dict[str, Any] | None, path: str) -> Tool:
    """A function on offer; without a schema it takes no arguments. `path` is the schema's.

    Raises:
        BadRequestError: the schema's root is not an object, or it is nested deeper than the upstream can read.
    """
    if not schema:
        schema = {"type": "object", "properties": {}}
    elif "type" not in schema:
        schema = {"type": "object", **schema}
    elif schema["type"] != "object":
        raise refusal(path, 'the root of a tool\'s schema must have "type": "object"')
    if deeper_than(MAX_JSON_DEPTH, schema):
        raise refusal(path, f"nested more than {MAX_JSON_DEPTH} levels deep")
    return Tool(name, schema, description or "")


_CONTAINERS = (dict, list)


def deeper_than(levels: int, value: dict[str, Any] | list[Any]) -> bool:
    """Whether JSON has objects or lists on more than so many levels; looks no deeper than that."""
    if levels == 0:
        return True
    for member in value.values() if isinstance(value, dict) else value:
        # Most members are leaves, and a call costs more than this look at them.
        if isinstance(member, _CONTAINERS) and deeper_than(levels - 1, member):
            return True
    return False


def check_choice(choice: ToolChoice, tools: list[Tool], path: str) -> ToolChoice:
    """`choice`, known to be possible with `tools`.

    Raises:
        BadRequestError: it demands a call that no tool on offer can answer.
    """
    if choice.mode is ToolChoiceMode.REQUIRED and not tools:
        raise refusal(path, "a tool call is required, but there are no tools")
    if choice.mode is ToolChoiceMode.NAMED and all(choice.name != tool.name for tool in tools):
        raise refusal(path, f"{quoted(choice.name)} is not one of the tools")
    return choice


# The transcript


def tidy(messages: Iterable[Message], path: str = "messages") -> tuple[list[str], list[Message]]:
    """Leading system texts, and the messages in order (`proto.normalise`). `path` is where the client wrote them.

    Raises:
        BadRequestError: nothing is left.
    """
    system, turns = normalise(messages)
    if not turns:
        raise refusal(path, "there is no content in any message")
    return system, turns
