"""A conversation as the request that the upstream understands (`wire.md` 3.2 and 4.1 to 4.4).

A request is four parts that know nothing of each other: what is new (`input`) with what was before (`task_context`),
the settings, and the tools on offer. Only the first two depend on how the history is carried.
"""

from typing import Any, Literal, NamedTuple

from proto.codec import encode, to_struct
from proto.conversation import Conversation, Tool, ToolChoiceMode
from proto.warp.request_pb2 import Request
from proto.warp.tools_pb2 import CALL_MCP_TOOL
from proto.warp_history import SERVER_ID, History, message_history
from proto.warp_query import context
from proto.warp_transcript import transcript_query


class RequestOptions(NamedTuple):
    """How the operator wants conversations carried: `transcript` is S3 of `wire.md` 4.1, `messages` S2."""

    history: Literal["transcript", "messages"] = "transcript"


def build_request(conversation: Conversation, options: RequestOptions) -> bytes:
    """The serialized `Request`; equal conversations give equal bytes.

    Raises:
        GatewayError: a tool's schema or a call's arguments cannot be sent (nested too deeply).
    """
    history = message_history(conversation) if options.history == "messages" else _transcript(conversation)
    tools = _tools_on_offer(conversation)
    request = Request(
        task_context=Request.TaskContext(tasks=history.tasks),
        input=history.input,
        settings=_settings(conversation, calls_tools=bool(tools)),
        metadata=_metadata(),
    )
    if tools:
        request.mcp_context.servers.append(_server(tools))
    return encode(request)


def sent_message_ids(request: bytes) -> frozenset[str]:
    """Ids of the messages that go up in a serialized `Request`: when they come back, they are no output."""
    tasks = Request.FromString(request).task_context.tasks
    return frozenset(message.id for task in tasks for message in task.messages)


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


def _metadata() -> Request.Metadata:
    """No conversation id: to the upstream each request is a new conversation, so two clients never share one."""
    metadata = Request.Metadata()
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
