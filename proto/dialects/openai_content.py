"""The messages of OpenAI's Chat Completions, and how they become parts."""

from collections.abc import Callable
from typing import Any, TypeAlias

from pydantic import Field

from proto.conversation import (
    DocumentPart,
    ImagePart,
    Message,
    Part,
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
    NonEmpty,
    Wire,
    arguments_text,
    missing,
    quoted,
    refusal,
    text_parts,
    unsupported,
)
from proto.dialects.custom_tools import wrapped
from proto.dialects.media import data_url_image, text_document


class ImageUrl(Wire):
    url: AnyText
    detail: Any = None


class File(Wire):
    file_data: AnyText | None = None
    filename: AnyText | None = None


class ContentPart(Wire):
    type: str
    text: AnyText | None = None
    refusal: AnyText | None = None
    image_url: ImageUrl | None = None
    file: File | None = None
    prompt_cache_breakpoint: Any = None


class FunctionCall(Wire):
    name: NonEmpty
    arguments: Any = ""


class CustomCall(Wire):
    name: NonEmpty
    input: AnyText = ""


class CallInMessage(Wire):
    id: NonEmpty
    type: str | None = None
    function: FunctionCall | None = None
    custom: CustomCall | None = None


class ChatMessage(Wire):
    role: str
    name: Any = None
    content: Content[ContentPart] = Field(default_factory=list)
    refusal: AnyText | None = None
    reasoning_content: AnyText | None = None
    reasoning: AnyText | None = None
    tool_calls: Many[CallInMessage] = Field(default_factory=list)
    tool_call_id: AnyText | None = None
    function_call: Any = None
    audio: Any = None


def read_message(message: ChatMessage, path: str, ignored: list[str]) -> Message:
    """One message's parts; the paths of what could not be understood join `ignored`.

    Raises:
        BadRequestError: with the field at fault.
    """
    for name in ("function_call", "audio"):
        if getattr(message, name) is not None:
            raise unsupported(f"{path}.{name}")
    match message.role:
        case "user":
            return Message(Role.USER, [*_content(message, path, _user_part)])
        case "assistant":
            return Message(Role.ASSISTANT, _assistant(message, path, ignored))
        case "tool":
            if not message.tool_call_id:
                raise missing(f"{path}.tool_call_id")
            shown = [_in_result(part) for part in _content(message, path, _user_part)]
            return Message(Role.USER, [ToolResultPart(message.tool_call_id, shown)])
        case "system" | "developer":
            return Message(Role.SYSTEM, [*_content(message, path, _text_part)])
        case _:
            raise refusal(f"{path}.role", f"{quoted(message.role)} is not a role that is supported")


Shown: TypeAlias = TextPart | ImagePart | DocumentPart


def _content(message: ChatMessage, path: str, read: Callable[[ContentPart, str], Shown | None]) -> list[Shown]:
    parts = (read(part, f"{path}.content[{j}]") for j, part in enumerate(message.content))
    return [part for part in parts if part is not None]


def _text_part(part: ContentPart, path: str) -> TextPart | None:
    if part.type == "text":
        if part.text is None:
            raise missing(f"{path}.text")
        return TextPart(part.text) if part.text else None
    if part.type in ("image_url", "input_audio", "file"):
        raise unsupported(f"{path}.{part.type}")
    raise unsupported(f"{path}.type", f"{quoted(part.type)} is not a content part that is supported here")


def _user_part(part: ContentPart, path: str) -> Shown | None:
    match part.type:
        case "image_url":
            if part.image_url is None:
                raise missing(f"{path}.image_url")
            return data_url_image(part.image_url.url, f"{path}.image_url.url")
        case "file":
            if part.file is None:
                raise missing(f"{path}.file")
            if part.file.file_data is None:
                raise unsupported(f"{path}.file", "files are not fetched by their id; send a text file in file_data")
            return text_document(part.file.filename, part.file.file_data, f"{path}.file.file_data")
        case _:
            return _text_part(part, path)


def _in_result(part: Shown) -> TextPart | ImagePart:
    return TextPart(part.text) if isinstance(part, DocumentPart) else part


def _assistant_part(part: ContentPart, path: str) -> TextPart | None:
    if part.type == "refusal":
        return TextPart(part.refusal) if part.refusal else None
    return _text_part(part, path)


def _assistant(message: ChatMessage, path: str, ignored: list[str]) -> list[Part]:
    parts: list[Part] = []
    if reasoning := message.reasoning_content or message.reasoning:
        parts.append(ReasoningPart(reasoning))
    parts += _content(message, path, _assistant_part) or text_parts(message.refusal)
    parts += [_call(call, f"{path}.tool_calls[{k}]", ignored) for k, call in enumerate(message.tool_calls)]
    return parts


def _call(call: CallInMessage, path: str, ignored: list[str]) -> ToolCallPart:
    if call.type == "custom":
        if call.custom is None:
            raise missing(f"{path}.custom")
        return ToolCallPart(call.id, call.custom.name, wrapped(call.custom.input))
    if call.type not in (None, "function"):
        raise unsupported(f"{path}.type", f"{quoted(call.type)} is neither a function call nor a custom one")
    if call.function is None:
        raise missing(f"{path}.function")
    arguments = arguments_text(call.function.arguments, f"{path}.function.arguments", ignored)
    return ToolCallPart(call.id, call.function.name, arguments)
