"""Options that OpenAI's two APIs write almost alike: which tools may be called, and the form of the answer."""

from collections.abc import Collection
from typing import Any, Final

from pydantic import BeforeValidator

from proto.conversation import Tool, ToolChoice, ToolChoiceMode
from proto.dialects.common import check_choice, json_object, missing, quoted, refusal, unsupported

MODES: Final = {
    "auto": ToolChoiceMode.AUTO,
    "none": ToolChoiceMode.NONE,
    "required": ToolChoiceMode.REQUIRED,
}

#: A choice that is written as a plain word is one of that type.
word_as_type: Final = BeforeValidator(lambda value: {"type": value} if isinstance(value, str) else value)


def allowed_tools(
    mode: str | None, names: Collection[str], tools: list[Tool], path: str
) -> tuple[ToolChoice, list[Tool]]:
    """The choice among some of the tools, and these; `path` leads to the mode and the list.

    Raises:
        BadRequestError: there is no such mode, or a call is demanded of none of the tools.
    """
    if mode not in ("auto", "required"):
        raise refusal(f"{path}.mode", "must be auto or required")
    left = [tool for tool in tools if tool.name in names]
    return check_choice(ToolChoice(MODES[mode]), left, f"{path}.tools"), left


def json_schema(kind: str, schema: dict[str, Any] | None, path: str, schema_path: str) -> dict[str, Any] | None:
    """The schema of an answer in the format `kind`: None for text, empty for any JSON object.

    Raises:
        BadRequestError: there is no such format, or its schema is missing or nested too deeply.
    """
    if kind == "text":
        return None
    if kind == "json_object":
        return {}
    if kind != "json_schema":
        raise unsupported(f"{path}.type", f"{quoted(kind)} is not a format that is supported")
    if schema is None:
        raise missing(schema_path)
    return json_object(schema, schema_path)
