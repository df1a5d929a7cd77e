"""A conversation as the upstream's own messages in one task (`docs/protocol.md` 4.1, S2). Calls and results stay such.

The task is ours, not one the server made; whether the server takes it is its decision (`docs/protocol.md` Q12).
"""

import hashlib
import json
import uuid
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from proto.codec import to_struct
from proto.conversation import (
    Conversation,
    ImagePart,
    Message,
    Part,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from proto.warp import task_pb2
from proto.warp.request_pb2 import Request
from proto.warp.task_pb2 import Task
from proto.warp.tool_results_pb2 import CallMCPToolResult
from proto.warp_query import Query, attachments, context, image_bytes, instructions, visible_messages

SERVER_ID = "6f1d2c04-9a57-4f0e-8d3b-2b7c5a1e9f60"
"""The id of the one MCP server, which offers the client's tools: a UUID, as Warp wants (`docs/protocol.md` Q13)."""

GO_ON = "Go on from the results of your tool calls."
CONTINUE = "Continue your last message exactly where it ends, and repeat nothing of it."
SYSTEM_MARK = "[This is a system message, not the user speaking.]"


class History(NamedTuple):
    """What goes up: the messages that are over, and the newest turn as input."""

    tasks: list[Task]
    input: Request.Input


def message_history(conversation: Conversation) -> History:
    """The conversation up to the last answer as one task, all that follows it as the input."""
    messages = visible_messages(conversation)
    start = newest_turn(messages)
    past, newest = messages[:start], messages[start:]
    return History(_tasks(past), turn_input(conversation, newest, with_system=bool(conversation.system)))


def newest_turn(messages: list[Message]) -> int:
    """Where what follows the last answer begins."""
    for position in range(len(messages), 0, -1):
        if messages[position - 1].role is Role.ASSISTANT:
            return position
    return 0


# The past


def _tasks(messages: list[Message]) -> list[Task]:
    """One task, or none for a new conversation. Ids are those of this very transcript, and differ for any other."""
    if not messages:
        return []
    transcript = uuid.UUID(bytes=hashlib.sha256(msgspec.json.encode(messages)).digest()[:16])
    task = Task(id=str(uuid.uuid5(transcript, "task")))
    for position, message in enumerate(messages):
        for number, entry in enumerate(_entries(message)):
            entry.id = str(uuid.uuid5(transcript, f"message {position}.{number}"))
            entry.task_id = task.id
            task.messages.append(entry)
    return [task]


def _entries(message: Message) -> list[task_pb2.Message]:
    if message.role is Role.ASSISTANT:
        return _answer(message.parts)
    results = [_past_result(part) for part in message.parts if isinstance(part, ToolResultPart)]
    query = _query(message)
    return [*results, _past_query(query)] if query else results


def _answer(parts: Iterable[Part]) -> list[task_pb2.Message]:
    """Text and calls in their order; texts that follow each other are one message. Reasoning is not sent back."""
    entries: list[task_pb2.Message] = []
    for part in parts:
        if isinstance(part, ToolCallPart):
            tool = task_pb2.Message.ToolCall.CallMCPTool(
                name=part.name, args=to_struct(json.loads(part.arguments)), server_id=SERVER_ID
            )
            entries.append(
                task_pb2.Message(tool_call=task_pb2.Message.ToolCall(tool_call_id=part.id, call_mcp_tool=tool))
            )
        elif isinstance(part, TextPart):
            if entries and entries[-1].HasField("agent_output"):
                entries[-1].agent_output.text += f"\n\n{part.text}"
            else:
                entries.append(task_pb2.Message(agent_output=task_pb2.Message.AgentOutput(text=part.text)))
    return entries


def _past_query(query: Query) -> task_pb2.Message:
    return task_pb2.Message(
        user_query=task_pb2.Message.UserQuery(
            query=query.text,
            context=context(query.images) if query.images else None,
            referenced_attachments=attachments(query.attachments),
        )
    )


def _past_result(result: ToolResultPart) -> task_pb2.Message:
    return task_pb2.Message(
        tool_call_result=task_pb2.Message.ToolCallResult(tool_call_id=result.call_id, call_mcp_tool=_outcome(result))
    )


# The newest turn


def turn_input(conversation: Conversation, messages: list[Message], *, with_system: bool) -> Request.Input:
    """Every pending result, then what the user says.

    `with_system`: the system text goes with it. Unless the history holds it, it has to come again each turn, so a turn
    of results alone gets a query of the gateway's to carry it.
    """
    results = [part for message in messages for part in message.parts if isinstance(part, ToolResultPart)]
    queries = [query for message in messages if (query := _query(message))]
    asked = instructions(conversation)
    if not queries and (not results or with_system or asked):
        queries.append(Query())
        queries[0].blocks.append(GO_ON if results else CONTINUE)
    if queries and with_system:
        system = Query()
        system.add_system(conversation)
        queries[0].blocks[:0] = system.blocks
        queries[0].attachments |= system.attachments
    if queries:
        queries[-1].blocks += asked
    filled = Request.Input(context=context(image for query in queries for image in query.images))
    inputs = filled.user_inputs.inputs
    for result in results:
        inputs.add(
            tool_call_result=Request.Input.ToolCallResult(tool_call_id=result.call_id, call_mcp_tool=_outcome(result))
        )
    for query in queries:
        inputs.add(user_query=query.message())
    return filled


def _query(message: Message) -> Query | None:
    """What a user or system message says, besides results."""
    query = Query()
    query.add_parts(message.parts)
    if not (query.blocks or query.images):
        return None
    if message.role is Role.SYSTEM:
        query.blocks.insert(0, SYSTEM_MARK)
    return query


def _outcome(result: ToolResultPart) -> CallMCPToolResult:
    """A result in the form that history and input share. An error has text alone; nothing at all is an empty text."""
    if result.is_error:
        texts = [part.text if isinstance(part, TextPart) else "[image]" for part in result.content]
        return CallMCPToolResult(error=CallMCPToolResult.Error(message="\n\n".join(texts)))
    outcome = CallMCPToolResult()
    for part in result.content or [TextPart("")]:
        entry = outcome.success.results.add()
        if isinstance(part, ImagePart):
            entry.image.data = image_bytes(part)
            entry.image.mime_type = part.media_type
        else:
            entry.text.text = part.text
    return outcome
