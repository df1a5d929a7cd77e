"""A conversation as the request that the upstream understands (`docs/protocol.md` 3.2 and 4.1 to 4.4).

A request is four parts that know nothing of each other: what is new (`input`) with what was before (`task_context`),
the settings, and the tools on offer. Only the first two depend on how the history is carried.
"""

from typing import Any, Literal, NamedTuple

import msgspec
from google.protobuf.message import DecodeError

from proto.codec import encode, to_struct
from proto.continuation import Continuation
from proto.conversation import Conversation, Message, Part, Tool, ToolChoiceMode, ToolResultPart
from proto.errors import ErrorCode, GatewayError
from proto.warp.request_pb2 import Request
from proto.warp.task_pb2 import Task
from proto.warp.tools_pb2 import CALL_MCP_TOOL
from proto.warp_history import SERVER_ID, History, message_history, turn_input
from proto.warp_query import SYSTEM_PROMPT, context
from proto.warp_transcript import transcript_query


class RequestOptions(NamedTuple):
    """How the operator wants conversations carried: `transcript` is S3 of `docs/protocol.md` 4.1, `messages` S2."""

    history: Literal["transcript", "messages"] = "transcript"


def build_request(conversation: Conversation, options: RequestOptions) -> bytes:
    """The serialized `Request`; equal conversations give equal bytes.

    Raises:
        GatewayError: a tool's schema or a call's arguments cannot be sent (nested too deeply).
    """
    history = message_history(conversation) if options.history == "messages" else _transcript(conversation)
    return _request(conversation, history, "")


def continue_request(conversation: Conversation, new: list[Message], continuation: Continuation) -> bytes:
    """The `Request` that goes on from what the upstream keeps, its tasks, with `new` alone as input.

    It is S1 of `docs/protocol.md` 4.1.

    Args:
        conversation: the whole of it, for all that has to be said each turn.
        new: its messages that the upstream has not seen.
        continuation: where the upstream stands.

    Raises:
        GatewayError: as `build_request`, or the kept tasks cannot be read.
    """
    try:
        tasks = list(Request.TaskContext.FromString(continuation.task_context).tasks)
    except DecodeError as error:
        raise GatewayError(ErrorCode.INTERNAL, "The kept state of a conversation cannot be read.") from error
    with_system = bool(conversation.system) and not _holds_system(tasks)
    newest = [_with_own_ids(message, continuation.call_ids) for message in new]
    history = History(tasks, turn_input(conversation, newest, with_system=with_system))
    return _request(conversation, history, continuation.conversation_id)


def sent_tasks(request: bytes) -> list[Task]:
    """The tasks that go up in a serialized `Request`: when their messages come back, they are no output."""
    return list(Request.FromString(request).task_context.tasks)


def message_ids(tasks: list[Task]) -> frozenset[str]:
    """Ids of all messages of these tasks."""
    return frozenset(message.id for task in tasks for message in task.messages)


def _request(conversation: Conversation, history: History, conversation_id: str) -> bytes:
    tools = _tools_on_offer(conversation)
    request = Request(
        task_context=Request.TaskContext(tasks=history.tasks),
        input=history.input,
        settings=_settings(conversation, calls_tools=bool(tools)),
        metadata=_metadata(conversation_id),
    )
    if tools:
        request.mcp_context.servers.append(_server(tools))
    return encode(request)


def _holds_system(tasks: list[Task]) -> bool:
    """Whether the upstream's own record of the conversation has the system text: some echo carries the attachment."""
    return any(
        SYSTEM_PROMPT in message.user_query.referenced_attachments
        for task in tasks
        for message in task.messages
        if message.HasField("user_query")
    )


def _with_own_ids(message: Message, call_ids: dict[str, str]) -> Message:
    """Results under the ids that the upstream gave its calls, where clients know them by others."""
    parts: list[Part] = [
        msgspec.structs.replace(part, call_id=call_ids.get(part.call_id, part.call_id))
        if isinstance(part, ToolResultPart)
        else part
        for part in message.parts
    ]
    return Message(message.role, parts)


def _transcript(conversation: Conversation) -> History:
    query = transcript_query(conversation)
    filled = Request.Input(context=context(query.images))
    filled.user_inputs.inputs.add(user_query=query.message())
    return History([], filled)


def _settings(conversation: Conversation, *, calls_tools: bool) -> Request.Settings:
    """All that a gateway cannot do or should not bring in stays false: the account's rules, stored documents, web
    search, file and shell tools. The list of tools is never empty, as an empty one would allow all.
    """
    return Request.Settings(
        model_config=Request.Settings.ModelConfig(base=conversation.model),
        supports_parallel_tool_calls=calls_tools and conversation.parallel_tool_calls,
        supports_reasoning_message=conversation.reasoning,
        supported_tools=[CALL_MCP_TOOL],
    )


def _metadata(conversation_id: str) -> Request.Metadata:
    """Without a conversation id the request is a new conversation to the upstream."""
    metadata = Request.Metadata(conversation_id=conversation_id)
    metadata.logging["entrypoint"].string_value = "USER_INITIATED"
    metadata.logging["is_autodetected_user_query"].bool_value = False
    return metadata


def _tools_on_offer(conversation: Conversation) -> list[Tool]:
    match conversation.tool_choice.mode:
        case ToolChoiceMode.NONE:
            return []
        case ToolChoiceMode.NAMED:
            return [tool for tool in conversation.tools if tool.name == conversation.tool_choice.name]
        case ToolChoiceMode.AUTO | ToolChoiceMode.REQUIRED:
            return conversation.tools


def _server(tools: list[Tool]) -> Request.MCPContext.MCPServer:
    return Request.MCPContext.MCPServer(
        id=SERVER_ID,
        name="client",
        description="The tools of the program that the user works with.",
        tools=[
            Request.MCPContext.MCPTool(
                name=tool.name, description=tool.description, input_schema=to_struct(_without_nulls(tool.schema))
            )
            for tool in tools
        ],
    )


def _without_nulls(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema as it is, save for members that are null: nothing a schema says needs one, and they get refused.

    What stands in a list (`enum`) stays.
    """
    return {
        key: _without_nulls(value) if isinstance(value, dict) else value
        for key, value in schema.items()
        if value is not None
    }
