"""What a request asks for now: its newest turn, found in each of the forms in which a history may come.

The newest input decides. A tool result after the last user text makes it a turn of results; the user text before them
still holds the script, whose later parts are for such turns (`then` in `script`). User texts further back are history:
their directives never fire again.

* Inputs alone, or after tasks (`docs/protocol.md` 4.1, S1 and S2): the entries of `user_inputs`, and for a turn of
  results the last `user_query` of the tasks.
* A whole transcript in one query (S3): an introduction says that `its tags end in MARK`, and the newest part stands
  last, between lines `<newest-user-message-MARK>` or `<newest-tool-results-MARK>` and their closing lines.

Sentences which the gateway adds to a user's own, each a paragraph, are not taken for the user's.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

from proto.warp.request_pb2 import Request
from proto.warp.task_pb2 import Message
from proto.warp.tool_results_pb2 import CallMCPToolResult

_MARK = re.compile(r"^This is a conversation in which you are the assistant.*? tags end in ([0-9a-f]{8,64});", re.M)
_GATEWAY_PARAGRAPHS = (
    "The attachment SYSTEM_PROMPT holds ",
    "Go on from the results of your tool calls.",
    "Continue your last message exactly where it ends",
    "Call at least one of the tools on offer now.",
    "Call the tool ",
    "Write the answer as one JSON object alone",
    "It must fit this JSON Schema:",
)


@dataclass(frozen=True)
class Tool:
    """A tool on offer."""

    name: str
    input_schema: Struct
    server_id: str

    @property
    def schema(self) -> dict[str, Any]:
        """Its schema as JSON; not kept, as most answers need none of them."""
        return MessageToDict(self.input_schema)


@dataclass
class Turn:
    """What is asked.

    Args:
        query: the newest user text; for a turn of results, the one it goes back to.
        results: texts of the tool results that came with this turn, if they are the newest.
        rounds: groups of tool results since `query`, this turn's included.
        messages: how many messages the conversation has, this turn's included.
    """

    query: str = ""
    results: list[str] = field(default_factory=list)
    rounds: int = 0
    messages: int = 0


def read_turn(request: Request) -> Turn:
    """The newest turn of a request."""
    turn = _past(request)
    for query, result in _inputs(request):
        turn.messages += 1
        if result is not None:
            if not turn.results:
                turn.rounds += 1
            turn.results.append(_result_text(result))
        elif (marked := _transcript(query)) is not None:
            turn = marked
        elif own := _users_own(query):
            turn.query, turn.results, turn.rounds = own, [], 0
        else:
            turn.messages -= 1  # the gateway's words alone
    return turn


def offered_tools(request: Request) -> list[Tool]:
    """The tools on offer, in both of the forms they come in."""
    context = request.mcp_context
    grouped = [(server.id, tool) for server in context.servers for tool in server.tools]
    flat = [("", tool) for tool in context.tools]
    return [Tool(tool.name, tool.input_schema, server) for server, tool in grouped + flat]


def _inputs(request: Request) -> list[tuple[str, Request.Input.ToolCallResult | None]]:
    entry = request.input
    match entry.WhichOneof("type"):
        case "user_inputs":
            return [
                (each.user_query.query, each.tool_call_result if each.HasField("tool_call_result") else None)
                for each in entry.user_inputs.inputs
            ]
        case "user_query":
            return [(entry.user_query.query, None)]
        case "tool_call_result":
            return [("", entry.tool_call_result)]
        case _:
            return []


def _past(request: Request) -> Turn:
    """Where the tasks have got to."""
    turn = Turn()
    in_results = False
    for message in (message for task in request.task_context.tasks for message in task.messages):
        kind = message.WhichOneof("message")
        turn.messages += kind in {"user_query", "agent_output", "tool_call_result"}
        if kind == "user_query":
            marked = _transcript(message.user_query.query) or Turn(_users_own(message.user_query.query))
            if marked.query:  # otherwise the gateway's words alone
                turn.query, turn.rounds = marked.query, marked.rounds
        elif kind == "tool_call_result":
            turn.rounds += not in_results
        in_results = kind == "tool_call_result"
    return turn


def _transcript(text: str) -> Turn | None:
    """The newest turn of a transcript in one text; None if it is not one."""
    found = _MARK.search(text)
    if found is None:
        return None
    mark = found.group(1)
    body = text[found.end() :]
    newest = _blocks(body, "newest-user-message", mark)
    users = newest or _blocks(body, "user", mark)
    turn = Turn(
        query=_users_own(users[-1]) if users else "",
        messages=len(re.findall(rf"^<(?:user|assistant|newest-[a-z-]+|begun-answer)-{mark}>$", body, re.M)),
    )
    if not newest:
        turn.results = [
            result
            for part in _blocks(body, "newest-tool-results", mark)
            for result in _blocks(part, "tool-result", mark)
        ]
        since_user = body.rpartition(f"</user-{mark}>")[2]
        turn.rounds = since_user.count(f"\n<assistant-{mark}>\n") if turn.results else 0
    return turn


def _blocks(text: str, label: str, mark: str) -> list[str]:
    """What stands between the lines of a tag, for each time it does."""
    return re.findall(rf"^<{label}-{mark}[^\n]*>\n(.*?)\n?^</{label}-{mark}>$", text, re.M | re.S)


def _users_own(text: str) -> str:
    return "\n\n".join(part for part in text.split("\n\n") if not part.startswith(_GATEWAY_PARAGRAPHS)).strip()


def _result_text(result: Request.Input.ToolCallResult) -> str:
    outcome = result.call_mcp_tool
    match outcome.WhichOneof("result"):
        case "success":
            return "\n\n".join(_part_text(part) for part in outcome.success.results)
        case "error":
            return f"error: {outcome.error.message}"
        case _:
            return f"({result.WhichOneof('result') or 'nothing'})"


def _part_text(part: CallMCPToolResult.Success.Result) -> str:
    match part.WhichOneof("result"):
        case "text":
            return part.text.text
        case "image":
            return f"({part.image.mime_type}, {len(part.image.data)} bytes)"
        case _:
            return "(a resource)"


def content_of(message: Message) -> str:
    """The part of a message that it seals: its text, or the id of its call."""
    match message.WhichOneof("message"):
        case "user_query":
            return message.user_query.query
        case "agent_output":
            return message.agent_output.text
        case "agent_reasoning":
            return message.agent_reasoning.reasoning
        case "tool_call":
            return message.tool_call.tool_call_id
        case "tool_call_result":
            return message.tool_call_result.tool_call_id
        case other:
            return other or ""
