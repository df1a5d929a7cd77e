"""The content blocks of Anthropic's messages, and how they become parts."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeAlias

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
    quoted,
    refusal,
    text_parts,
    unsupported,
)
from proto.dialects.media import UNTITLED, image, text_document


class AnyBlock(Wire):
    cache_control: Any = None


class TextBlock(AnyBlock):
    type: Literal["text"]
    text: AnyText


class Base64Source(Wire):
    type: Literal["base64"]
    media_type: AnyText = ""
    data: AnyText


class RemoteSource(Wire):
    type: Literal["url", "file"]


class ImageBlock(AnyBlock):
    type: Literal["image"]
    source: Annotated[Base64Source | RemoteSource, Field(discriminator="type")]


class TextSource(Wire):
    type: Literal["text"]
    data: AnyText


class ContentSource(Wire):
    type: Literal["content"]
    content: Content[Annotated[TextBlock | ImageBlock, Field(discriminator="type")]]


class DocumentBlock(AnyBlock):
    type: Literal["document"]
    source: Annotated[TextSource | ContentSource | Base64Source | RemoteSource, Field(discriminator="type")]
    title: AnyText | None = None
    context: AnyText | None = None
    citations: Any = None


class SearchResultBlock(AnyBlock):
    type: Literal["search_result"]
    source: AnyText
    title: AnyText
    content: Many[TextBlock]


class ThinkingBlock(AnyBlock):
    type: Literal["thinking"]
    thinking: AnyText
    signature: AnyText | None = None


class RedactedThinkingBlock(AnyBlock):
    type: Literal["redacted_thinking"]
    data: AnyText


class ToolUseBlock(AnyBlock):
    type: Literal["tool_use"]
    id: NonEmpty
    name: NonEmpty
    input: Any = None


class ToolReferenceBlock(AnyBlock):
    type: Literal["tool_reference"]
    tool_name: NonEmpty


class BrowserStateBlock(AnyBlock):
    """The state of a tool of the vendor's, which is not on offer here."""

    type: Literal["browser_state"]


ResultBlock: TypeAlias = (
    TextBlock | ImageBlock | DocumentBlock | SearchResultBlock | ToolReferenceBlock | BrowserStateBlock
)


class ToolResultBlock(AnyBlock):
    type: Literal["tool_result"]
    tool_use_id: NonEmpty
    content: Content[Annotated[ResultBlock, Field(discriminator="type")]] = Field(default_factory=list)
    is_error: bool | None = None


class CompactionBlock(AnyBlock):
    """The vendor's summary of what came before; none if it failed."""

    type: Literal["compaction"]
    content: AnyText | None = None


class ServerBlock(AnyBlock):
    """What the vendor's own tools left in a transcript; it means nothing to the upstream."""

    type: Literal[
        "server_tool_use",
        "web_search_tool_result",
        "web_fetch_tool_result",
        "code_execution_tool_result",
        "bash_code_execution_tool_result",
        "text_editor_code_execution_tool_result",
        "tool_search_tool_result",
        "advisor_tool_result",
        "mcp_tool_use",
        "mcp_tool_result",
        "mcp_tool_listing",
        "tool_addition",
        "tool_removal",
        "fallback",
    ]


Block: TypeAlias = (
    TextBlock
    | ImageBlock
    | DocumentBlock
    | SearchResultBlock
    | ThinkingBlock
    | RedactedThinkingBlock
    | ToolUseBlock
    | ToolResultBlock
    | CompactionBlock
    | ServerBlock
)


class MessageIn(Wire):
    role: str
    output_config: Any = None
    content: Content[Annotated[Block, Field(discriminator="type")]] = Field(default_factory=list)


class Reader:
    """Turns blocks into parts; knows what it left out."""

    def __init__(self) -> None:
        self.ignored: list[str] = []

    def message(self, message: MessageIn, path: str) -> Message:
        match message.role:
            case "user":
                read, role = self._user, Role.USER
            case "assistant":
                read, role = self._assistant, Role.ASSISTANT
            case "system":
                read, role = self._either, Role.SYSTEM
            case _:
                raise refusal(f"{path}.role", f"{quoted(message.role)} is not a role that is supported")
        if message.output_config:
            self.ignored.append("messages.output_config")
        parts: list[Part] = []
        for j, block in enumerate(message.content):
            self._note(block)
            parts += read(block, f"{path}.content[{j}]")
        return Message(role, parts)

    def system(self, blocks: list[TextBlock]) -> list[str]:
        """The texts of the request's own system prompt."""
        for block in blocks:
            self._note(block)
        return [block.text for block in blocks if block.text]

    def _note(self, block: AnyBlock) -> None:
        if block.cache_control:
            self.ignored.append("cache_control")

    def _either(self, block: Block, path: str) -> list[Part]:
        if isinstance(block, TextBlock):
            return text_parts(block.text)
        if isinstance(block, ServerBlock):
            self.ignored.append(path)
            return []
        raise unsupported(f"{path}.type", f"{quoted(block.type)} cannot stand in a message of this role")

    def _user(self, block: Block, path: str) -> list[Part]:
        match block:
            case ImageBlock():
                return [_image(block, path)]
            case DocumentBlock():
                return self._document(block, path)
            case SearchResultBlock():
                return [DocumentPart(block.title or UNTITLED, _search_result(block))]
            case ToolResultBlock():
                content = list(self._result_content(block, path))
                return [ToolResultPart(block.tool_use_id, content, is_error=bool(block.is_error))]
            case _:
                return self._either(block, path)

    def _assistant(self, block: Block, path: str) -> list[Part]:
        match block:
            case ThinkingBlock():
                signature = block.signature or ""
                return [ReasoningPart(block.thinking, signature)] if block.thinking or signature else []
            case RedactedThinkingBlock():
                return [ReasoningPart("", block.data)] if block.data else []
            case ToolUseBlock():
                arguments = arguments_text(block.input, f"{path}.input", self.ignored)
                return [ToolCallPart(block.id, block.name, arguments)]
            case CompactionBlock():
                return text_parts(block.content)
            case _:
                return self._either(block, path)

    def _document(self, block: DocumentBlock, path: str) -> list[Part]:
        content = list(self._document_content(block, path))
        text = "\n\n".join(part.text for part in content if isinstance(part, TextPart))
        document: list[Part] = [DocumentPart(block.title or UNTITLED, text)] if text else []
        return document + [part for part in content if isinstance(part, ImagePart)]

    def _document_content(self, block: DocumentBlock, path: str) -> Iterator[TextPart | ImagePart]:
        """What the client says about a document, then the document."""
        if isinstance(block.citations, dict) and block.citations.get("enabled"):
            self.ignored.append("messages.content.citations")
        if block.context:
            yield TextPart(block.context)
        match block.source:
            case TextSource():
                if block.source.data:
                    yield TextPart(block.source.data)
            case ContentSource():
                for k, inner in enumerate(block.source.content):
                    if isinstance(inner, ImageBlock):
                        yield _image(inner, f"{path}.source.content[{k}]")
                    elif inner.text:
                        yield TextPart(inner.text)
            case Base64Source():
                yield TextPart(text_document(block.title, block.source.data, f"{path}.source.data").text)
            case RemoteSource():
                raise unsupported(f"{path}.source", "documents by URL or file id are not fetched; send their text")

    def _result_content(self, result: ToolResultBlock, path: str) -> Iterator[TextPart | ImagePart]:
        for k, block in enumerate(result.content):
            at = f"{path}.content[{k}]"
            self._note(block)
            match block:
                case TextBlock():
                    if block.text:
                        yield TextPart(block.text)
                case ImageBlock():
                    yield _image(block, at)
                case DocumentBlock():
                    yield from self._document_content(block, at)
                case SearchResultBlock():
                    yield TextPart(f"{block.title}\n{_search_result(block)}")
                case ToolReferenceBlock():
                    yield TextPart(block.tool_name)
                case BrowserStateBlock():
                    self.ignored.append(at)


def _image(block: ImageBlock, path: str) -> ImagePart:
    if isinstance(block.source, RemoteSource):
        why = "this gateway does not fetch images by URL or file id; send them as base64"
        raise unsupported(f"{path}.source", why)
    return image(block.source.media_type, block.source.data, f"{path}.source.data")


def _search_result(block: SearchResultBlock) -> str:
    return "\n\n".join([block.source, *(inner.text for inner in block.content)])
