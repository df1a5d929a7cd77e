"""The tools of OpenAI's Responses: what is offered upstream for them, and how a call is told back as one of theirs.

The upstream knows functions alone. A custom tool is offered as a function of one text, a namespace as its functions
under joined names, and the search that a client does among its own tools as a function as well. Tools that the vendor
would run itself are left out.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field

from proto.conversation import Tool, ToolChoice, ToolChoiceMode
from proto.dialects.common import (
    AnyText,
    Many,
    NonEmpty,
    Wire,
    check_choice,
    missing,
    quoted,
    refusal,
    tool,
    unsupported,
)
from proto.dialects.custom_tools import CustomFormat, custom_tool
from proto.dialects.encoder import digest
from proto.dialects.openai_options import MODES, allowed_tools

TOOL_SEARCH = "tool_search"
_TRANSLATED = ("function", "custom", "namespace", TOOL_SEARCH)
_LEGAL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _type_alone(value: Any) -> Any:
    """Of a tool that is left out nothing but its type matters, whatever else it holds."""
    if isinstance(value, dict) and isinstance(kind := value.get("type"), str) and kind not in _TRANSLATED:
        return {"type": kind}
    return value


class ToolIn(Wire):
    type: str
    name: NonEmpty | None = None
    description: AnyText | None = None
    parameters: dict[str, Any] | None = None
    format: CustomFormat | None = None
    execution: AnyText | None = None
    strict: Any = None
    tools: Many["Annotated[ToolIn, BeforeValidator(_type_alone)]"] = Field(default_factory=list)


AnyTool = Annotated[ToolIn, BeforeValidator(_type_alone)]


class Choice(Wire):
    type: str
    name: NonEmpty | None = None
    namespace: AnyText | None = None
    mode: str | None = None
    tools: Many["Choice"] = Field(default_factory=list)


class Kind(StrEnum):
    """What a client calls a function of ours."""

    FUNCTION = "function"
    CUSTOM = "custom"
    SEARCH = TOOL_SEARCH


class ClientTool(NamedTuple):
    """A tool as the client knows it."""

    kind: Kind
    name: str
    namespace: str = ""


class Toolbox:
    """The tools of one request: `tools` as they are offered upstream, `ignored` the paths of those left out."""

    def __init__(self) -> None:
        self.tools: list[Tool] = []
        self.ignored: list[str] = []
        self._known: dict[str, ClientTool] = {}

    def add(self, items: list[ToolIn], path: str, namespace: str = "") -> None:
        """Offer these, save what is on offer already.

        Raises:
            BadRequestError: a tool lacks a name, or its schema is not one that the upstream can read.
        """
        for i, item in enumerate(items):
            self._add(item, f"{path}[{i}]", namespace)

    def _add(self, item: ToolIn, path: str, namespace: str) -> None:
        searches = item.type == TOOL_SEARCH and item.execution == "client"
        if item.type not in ("function", "custom", "namespace") and not searches:
            self.ignored.append(path)
            return
        name = TOOL_SEARCH if searches else item.name
        if name is None:
            raise missing(f"{path}.name")
        if item.type == "namespace":
            self.add(item.tools, f"{path}.tools", name)
            return
        known = ClientTool(Kind(item.type), name, namespace)
        if known in self._known.values():
            return
        upstream = self._free_name(known)
        self._known[upstream] = known
        if item.type == "custom":
            self.tools.append(custom_tool(upstream, item.description, item.format))
        else:
            self.tools.append(tool(upstream, item.description, item.parameters, f"{path}.parameters"))

    def _free_name(self, wanted: ClientTool) -> str:
        name = _joined(wanted.name, wanted.namespace)
        return name if name not in self._known else _short(wanted.name, wanted.namespace, wanted.kind)

    def upstream_name(self, tool: ClientTool) -> str:
        """What the upstream knows a tool as, also one that is no longer on offer."""
        exact = [upstream for upstream, known in self._known.items() if known == tool]
        return exact[0] if exact else _joined(tool.name, tool.namespace)

    def renamed(self) -> dict[str, list[str]]:
        """Every tool that is not a plain function, by the name that calls of it come back with; for `client_tool`."""
        return {
            upstream: [known.kind.value, known.name, known.namespace]
            for upstream, known in self._known.items()
            if known != ClientTool(Kind.FUNCTION, upstream)
        }

    # The choice

    def choose(self, choice: Choice | None) -> tuple[ToolChoice, list[Tool]]:
        """The choice, and the tools it leaves on offer.

        Raises:
            BadRequestError: it demands what is not on offer.
        """
        if choice is None:
            return ToolChoice(), self.tools
        if choice.type in MODES:
            return check_choice(ToolChoice(MODES[choice.type]), self.tools, "tool_choice"), self.tools
        if choice.type in (Kind.FUNCTION, Kind.CUSTOM):
            return ToolChoice(ToolChoiceMode.NAMED, self._demanded(choice)), self.tools
        if choice.type == "allowed_tools":
            names = {name for allowed in choice.tools for name in self._meant(allowed)}
            return allowed_tools(choice.mode, names, self.tools, "tool_choice")
        raise unsupported("tool_choice", f"{quoted(choice.type)} is not a choice that is supported")

    def _demanded(self, choice: Choice) -> str:
        if choice.name is None:
            raise missing("tool_choice.name")
        meant = self._meant(choice)
        if len(meant) != 1:
            raise refusal("tool_choice.name", f"{quoted(choice.name)} is not one of the tools")
        return meant[0]

    def _meant(self, choice: Choice) -> list[str]:
        """The upstream names of what one entry of a choice may mean."""
        if choice.type == "namespace":
            return [key for key, known in self._known.items() if known.namespace == choice.name]
        if choice.type == TOOL_SEARCH:
            return [key for key, known in self._known.items() if known.kind is Kind.SEARCH]
        named = {
            key: known
            for key, known in self._known.items()
            if (known.kind, known.name) == (choice.type, choice.name) and choice.namespace in (None, known.namespace)
        }
        plain = [key for key, known in named.items() if not known.namespace]
        return plain or list(named)


def client_tool(renamed: Mapping[str, list[str]], upstream: str) -> ClientTool:
    """The tool that a call of `upstream` is a call of."""
    if upstream not in renamed:
        return ClientTool(Kind.FUNCTION, upstream)
    kind, name, namespace = renamed[upstream]
    return ClientTool(Kind(kind), name, namespace)


def _joined(name: str, namespace: str) -> str:
    if not namespace:
        return name
    joined = f"{namespace}__{name}"
    return joined if _LEGAL_NAME.fullmatch(joined) else _short(name, namespace)


def _short(*words: str) -> str:
    """A legal name that begins as the tool's own."""
    return f"{re.sub('[^A-Za-z0-9_-]', '_', words[0])[:40]}_{digest(*words)[:12]}"
