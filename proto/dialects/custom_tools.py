"""Custom tools: a call carries free text, not JSON. To the upstream they are functions with one string parameter."""

from typing import Any

import orjson

from proto.conversation import Tool
from proto.dialects.common import AnyText, NonEmpty, Wire

#: The one parameter that stands for the whole of a call's input.
INPUT = "input"


class Grammar(Wire):
    syntax: AnyText | None = None
    definition: AnyText | None = None


class CustomFormat(Wire):
    """`grammar` is where Chat Completions has what Responses has at this level."""

    type: str
    syntax: AnyText | None = None
    definition: AnyText | None = None
    grammar: Grammar | None = None


class CustomTool(Wire):
    name: NonEmpty
    description: AnyText | None = None
    format: CustomFormat | None = None


def custom_tool(name: str, description: str | None, wanted: CustomFormat | None) -> Tool:
    """The function that is offered in place of a custom tool. A grammar can only be asked for, not enforced."""
    texts = [description] if description else []
    grammar = (wanted.grammar or wanted) if wanted and wanted.type == "grammar" else None
    if grammar and grammar.definition:
        texts.append(f"The input must follow this {grammar.syntax or 'formal'} grammar:\n{grammar.definition}")
    property_ = {"type": "string", "description": "The whole input of the tool, as plain text."}
    schema: dict[str, Any] = {"type": "object", "properties": {INPUT: property_}, "required": [INPUT]}
    return Tool(name, schema | {"additionalProperties": False}, "\n\n".join(texts))


def wrapped(text: str) -> str:
    """The arguments of the function that stand for a custom call's input."""
    return orjson.dumps({INPUT: text}).decode()


def unwrapped(arguments: str) -> str:
    """The input of a custom call, out of the function's arguments.

    A model that named the parameter otherwise still meant its one string; whatever else it wrote is given as it is.
    """
    try:
        decoded = orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return arguments
    if not isinstance(decoded, dict):
        return arguments
    if isinstance(text := decoded.get(INPUT), str):
        return text
    strings = [value for value in decoded.values() if isinstance(value, str)]
    return strings[0] if len(decoded) == len(strings) == 1 else arguments
