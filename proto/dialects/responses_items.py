"""The input items of OpenAI's Responses, and how they become messages."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field

from proto.conversation import (
    DocumentPart,
    ImagePart,
    Message,
    ReasoningPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from proto.dialects.common import (
    AnyText,
    Content,
    Many,
    Wire,
    arguments_text,
    missing,
    quoted,
    refusal,
    unsupported,
    validate,
)
from proto.dialects.custom_tools import wrapped
from proto.dialects.media import data_url_image, text_document
from proto.dialects.responses_tools import TOOL_SEARCH, AnyTool, ClientTool, Kind, Toolbox
from proto.errors import ErrorCode

_READ = (
    "additional_tools",
    "message",
    "function_call",
    "function_call_output",
    "custom_tool_call",
    "custom_tool_call_output",
    "tool_search_call",
    "tool_search_output",
    "reasoning",
    "item_reference",
)
#: What the vendor's own tools, and its compaction, leave in a transcript; it means nothing to the upstream.
_LEFT_OUT = frozenset(
    {
        "apply_patch_call", "apply_patch_call_output", "code_interpreter_call", "compaction", "compaction_summary",
        "compaction_trigger", "computer_call", "computer_call_output", "configuration_update", "context_compaction",
        "file_search_call", "image_generation_call", "local_shell_call", "local_shell_call_output",
        "mcp_approval_request", "mcp_approval_response", "mcp_call", "mcp_list_tools", "program", "program_output",
        "shell_call", "shell_call_output", "web_search_call",
    }
)  # fmt: skip


def _type_alone(value: Any) -> Any:
    """Of an item that is left out nothing but its type matters, whatever else it holds."""
    if isinstance(value, dict) and isinstance(kind := value.get("type"), str) and kind not in _READ:
        return {"type": kind}
    return value


class PartIn(Wire):
    type: str
    text: AnyText | None = None
    refusal: AnyText | None = None
    image_url: AnyText | None = None
    file_data: AnyText | None = None
    filename: AnyText | None = None


class Item(Wire):
    type: str | None = None
    id: AnyText | None = None
    role: str | None = None
    content: Content[PartIn] = Field(default_factory=list)
    call_id: AnyText | None = None
    name: AnyText | None = None
    namespace: AnyText | None = None
    arguments: Any = None
    input: AnyText | None = None
    output: Content[PartIn] = Field(default_factory=list)
    summary: Many[PartIn] = Field(default_factory=list)
    encrypted_content: AnyText | None = None
    tools: Many[AnyTool] = Field(default_factory=list)


AnyItem = Annotated[Item, BeforeValidator(_type_alone)]


class ItemReader:
    """Turns items into messages, one by one; knows the paths of what it left out or could not understand.

    Args:
        toolbox: the request's tools. Those that have come since, most by a client's search, join it.
        kept: items of earlier answers, as JSON and by id, for references to them.
    """

    def __init__(self, toolbox: Toolbox, kept: Mapping[str, Any]) -> None:
        self.ignored: list[str] = []
        self._toolbox = toolbox
        self._kept = kept

    def message(self, item: Item, path: str) -> Message:
        """One item's message; items of one turn are still apart.

        Raises:
            BadRequestError: with the field at fault, or NOT_KEPT for a reference to what is not known.
        """
        match item.type:
            case "message":
                return self._spoken(item, path)
            case "function_call":
                arguments = arguments_text(item.arguments, f"{path}.arguments", self.ignored)
                return self._called(item, path, Kind.FUNCTION, arguments)
            case "custom_tool_call":
                return self._called(item, path, Kind.CUSTOM, wrapped(item.input or ""))
            case "tool_search_call":
                arguments = arguments_text(item.arguments, f"{path}.arguments", self.ignored)
                return self._called(item, path, Kind.SEARCH, arguments)
            case "function_call_output" | "custom_tool_call_output":
                parts = _parts(item.output, f"{path}.output", _user_part)
                shown = [TextPart(part.text) if isinstance(part, DocumentPart) else part for part in parts]
                return _answered(item, path, shown)
            case "tool_search_output":
                return self._found(item, path)
            case "additional_tools":
                self._toolbox.add(item.tools, f"{path}.tools")
                return Message(Role.SYSTEM, [])
            case "reasoning":
                return _reasoned(item)
            case "item_reference":
                return self._referred(item, path)
            case None:
                return self._untyped(item, path)
            case _ if item.type in _LEFT_OUT:
                self.ignored.append(path)
                return Message(Role.ASSISTANT, [])
            case _:
                raise unsupported(f"{path}.type", f"{quoted(item.type)} is not an item that is supported")

    def _untyped(self, item: Item, path: str) -> Message:
        """Only messages and references may come without a type."""
        if item.role is None and item.id:
            return self._referred(item, path)
        return self._spoken(item, path)

    def _spoken(self, item: Item, path: str) -> Message:
        at = f"{path}.content"
        match item.role:
            case "user":
                return Message(Role.USER, [*_parts(item.content, at, _user_part)])
            case "assistant":
                return Message(Role.ASSISTANT, [*_parts(item.content, at, _assistant_part)])
            case "system" | "developer":
                return Message(Role.SYSTEM, [*_parts(item.content, at, _text_part)])
            case None:
                raise missing(f"{path}.role")
            case _:
                raise refusal(f"{path}.role", f"{quoted(item.role)} is not a role that is supported")

    def _called(self, item: Item, path: str, kind: Kind, arguments: str) -> Message:
        name = TOOL_SEARCH if kind is Kind.SEARCH else _needed(item, "name", path)
        upstream = self._toolbox.upstream_name(ClientTool(kind, name, item.namespace or ""))
        return Message(Role.ASSISTANT, [ToolCallPart(_needed(item, "call_id", path), upstream, arguments)])

    def _found(self, item: Item, path: str) -> Message:
        """The tools that a search has found are on offer from now on; their names are its result."""
        self._toolbox.add(item.tools, f"{path}.tools")
        names = [tool.name or tool.type for tool in item.tools]
        return _answered(item, path, [TextPart("Tools found: " + ", ".join(names) if names else "No tool was found.")])

    def _referred(self, item: Item, path: str) -> Message:
        item_id = _needed(item, "id", path)
        if item_id not in self._kept:
            why = (
                f"there is no item {quoted(item_id)} here; it was not stored, or too long ago. "
                "Send the item itself, or store=false to have your SDK do so"
            )
            raise refusal(path, why, ErrorCode.NOT_KEPT)
        return self.message(validate(Item, self._kept[item_id]), path)


def references(items: Any) -> list[str]:
    """The ids of earlier items that raw input items refer to."""
    return [
        item["id"]
        for item in (items if isinstance(items, list) else ())
        if isinstance(item, dict)
        and isinstance(item.get("id"), str)
        and (item.get("type") == "item_reference" or (item.get("type") is None and item.get("role") is None))
    ]


def _needed(item: Item, name: str, path: str) -> str:
    value: str | None = getattr(item, name)
    if not value:
        raise missing(f"{path}.{name}")
    return value


def _answered(item: Item, path: str, content: list[TextPart | ImagePart]) -> Message:
    return Message(Role.USER, [ToolResultPart(_needed(item, "call_id", path), content)])


def _reasoned(item: Item) -> Message:
    text = "\n\n".join(part.text for part in (*item.summary, *item.content) if part.text)
    signature = item.encrypted_content or ""
    return Message(Role.ASSISTANT, [ReasoningPart(text, signature)] if text or signature else [])


# Parts

Shown: TypeAlias = TextPart | ImagePart | DocumentPart


def _parts(content: list[PartIn], path: str, read: Callable[[PartIn, str], Shown | None]) -> list[Shown]:
    parts = (read(part, f"{path}[{j}]") for j, part in enumerate(content))
    return [part for part in parts if part is not None]


def _text_part(part: PartIn, path: str) -> TextPart | None:
    if part.type in ("input_text", "output_text", "text"):
        if part.text is None:
            raise missing(f"{path}.text")
        return TextPart(part.text) if part.text else None
    raise unsupported(f"{path}.type", f"{quoted(part.type)} is not a content part that is supported here")


def _user_part(part: PartIn, path: str) -> Shown | None:
    if part.type == "input_image":
        if part.image_url is None:
            raise unsupported(path, "images are not fetched by file id; send them as base64 data URLs")
        return data_url_image(part.image_url, f"{path}.image_url")
    if part.type == "input_file":
        if part.file_data is None:
            raise unsupported(path, "files are not fetched by id or URL; send a text file in file_data")
        return text_document(part.filename, part.file_data, f"{path}.file_data")
    return _text_part(part, path)


def _assistant_part(part: PartIn, path: str) -> TextPart | None:
    if part.type == "refusal":
        return TextPart(part.refusal) if part.refusal else None
    return _text_part(part, path)
