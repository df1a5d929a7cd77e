"""A second copy of the numbers that matter, so that a slip in a `.proto` file cannot pass for the schema."""

import pytest
from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pb2 import DescriptorProto

from proto import codec
from proto.warp.tools_pb2 import ToolType

#: For each tool: its number in a call, in ToolType, in a new result, in a result of the history. 0 is "not there".
TOOLS = {
    "run_shell_command": (2, 0, 2, 2),
    "search_codebase": (3, 1, 4, 3),
    "server": (4, None, 0, 4),
    "read_files": (5, 2, 3, 5),
    "apply_file_diffs": (6, 3, 5, 6),
    "suggest_plan": (7, 4, 6, 7),
    "suggest_create_plan": (8, 5, 7, 8),
    "grep": (9, 6, 8, 9),
    "file_glob": (10, 7, 9, 10),
    "read_mcp_resource": (11, 8, 11, 15),
    "call_mcp_tool": (12, 9, 12, 16),
    "write_to_long_running_shell_command": (13, 10, 13, 17),
    "suggest_new_conversation": (14, 11, 14, 18),
    "file_glob_v2": (15, 12, 15, 19),
    "suggest_prompt": (16, 13, 16, 20),
    "open_code_review": (17, 14, 17, 21),
    "init_project": (18, 15, 18, 22),
    "subagent": (19, 16, 0, 23),
    "read_documents": (20, 17, 19, 24),
    "edit_documents": (21, 18, 20, 25),
    "create_documents": (22, 19, 21, 26),
    "read_shell_command_output": (23, 20, 22, 27),
    "use_computer": (24, 21, 23, 28),
    "insert_review_comments": (25, 22, 24, 29),
    "read_skill": (26, 23, 26, 30),
    "request_computer_use": (27, 24, 25, 31),
    "fetch_conversation": (28, 25, 27, 32),
    "send_message_to_agent": (30, 27, 29, 34),
    "transfer_shell_command_control_to_user": (31, 28, 30, 35),
    "ask_user_question": (32, 29, 31, 36),
    "upload_file_artifact": (34, 31, 33, 38),
    "run_agents": (35, 32, 34, 39),
    "wait_for_events": (36, 33, 35, 40),
    "start_recording": (37, 34, 36, 41),
    "stop_recording": (38, 35, 37, 42),
    "cancel": (0, None, 0, 14),
}

#: Names that differ from the tool's in a result message.
RESULT_NAMES = {34: "run_agents_result"}
HISTORY_NAMES = {31: "request_computer_use_result", 39: "run_agents_result"}


def descriptor(name: str) -> Descriptor:
    return codec.message_type(name).DESCRIPTOR


def members(message: str, oneof: str) -> dict[str, int]:
    return {field.name: field.number for field in descriptor(message).oneofs_by_name[oneof].fields}


def test_tool_calls_have_their_own_numbers() -> None:
    expected = {name: row[0] for name, row in TOOLS.items() if row[0]}

    assert members("Message.ToolCall", "tool") == expected


def test_tool_types_have_their_own_numbers() -> None:
    expected = {name.upper(): row[1] for name, row in TOOLS.items() if row[1] is not None}

    assert dict(ToolType.items()) == expected


def test_new_results_have_their_own_numbers() -> None:
    expected = {RESULT_NAMES.get(row[2], name): row[2] for name, row in TOOLS.items() if row[2]}

    assert members("Request.Input.ToolCallResult", "result") == expected


def test_results_in_the_history_have_their_own_numbers() -> None:
    expected = {HISTORY_NAMES.get(row[3], name): row[3] for name, row in TOOLS.items() if row[3]}

    assert members("Message.ToolCallResult", "result") == expected


def test_one_result_has_three_places() -> None:
    call = descriptor("Message.ToolCall").fields_by_name["call_mcp_tool"]
    new = descriptor("Request.Input.ToolCallResult").fields_by_name["call_mcp_tool"]
    history = descriptor("Message.ToolCallResult").fields_by_name["call_mcp_tool"]

    assert (call.number, new.number, history.number) == (12, 12, 16)
    assert new.message_type is history.message_type is descriptor("CallMCPToolResult")


def test_reasons_of_the_end() -> None:
    assert members("ResponseEvent.StreamFinished", "reason") == {
        "other": 1,
        "done": 2,
        "max_token_limit": 3,
        "quota_limit": 4,
        "context_window_exceeded": 5,
        "llm_unavailable": 6,
        "internal_error": 7,
        "invalid_api_key": 12,
    }


def test_actions() -> None:
    assert members("ClientAction", "action") == {
        "create_task": 1,
        "add_messages_to_task": 3,
        "update_task_message": 4,
        "append_to_message_content": 5,
        "show_suggestions": 6,
        "update_task_summary": 7,
        "update_task_description": 8,
        "begin_transaction": 9,
        "commit_transaction": 10,
        "rollback_transaction": 11,
        "start_new_conversation": 12,
        "update_task_server_data": 13,
        "move_messages_to_new_task": 14,
    }


@pytest.mark.parametrize(
    ("field", "number"),
    [
        ("Request.task_context", 1),
        ("Request.input", 2),
        ("Request.settings", 3),
        ("Request.metadata", 4),
        ("Request.mcp_context", 6),
        ("Request.Input.context", 1),
        ("Request.Input.user_inputs", 6),
        ("Request.Input.resume_conversation", 7),
        ("Request.Input.UserInputs.UserInput.user_query", 1),
        ("Request.Input.UserInputs.UserInput.tool_call_result", 2),
        ("Request.Input.UserQuery.referenced_attachments", 2),
        ("Request.Settings.model_config", 1),
        ("Request.Settings.supports_parallel_tool_calls", 4),
        ("Request.Settings.supported_tools", 9),
        ("Request.Settings.supports_reasoning_message", 17),
        ("Request.Settings.ModelConfig.base", 1),
        ("Request.Metadata.conversation_id", 1),
        ("Request.Metadata.logging", 2),
        ("Request.MCPContext.servers", 3),
        ("Request.MCPContext.MCPServer.id", 5),
        ("Request.MCPContext.MCPServer.tools", 4),
        ("Request.MCPContext.MCPTool.input_schema", 3),
        ("InputContext.images", 7),
        ("Attachment.plain_text", 1),
        ("Task.dependencies", 3),
        ("Task.messages", 5),
        ("Task.server_data", 8),
        ("Message.user_query", 2),
        ("Message.agent_output", 3),
        ("Message.tool_call", 4),
        ("Message.tool_call_result", 5),
        ("Message.server_message_data", 7),
        ("Message.agent_reasoning", 15),
        ("Message.model_used", 25),
        ("Message.ToolCallResult.context", 11),
        ("Message.ToolCall.CallMCPTool.args", 2),
        ("Message.ToolCall.CallMCPTool.server_id", 3),
        ("Message.AgentReasoning.finished_duration", 2),
        ("CallMCPToolResult.Success.Result.text", 1),
        ("CallMCPToolResult.Success.Result.image", 2),
        ("CallMCPToolResult.Error.message", 1),
        ("ResponseEvent.init", 1),
        ("ResponseEvent.client_actions", 2),
        ("ResponseEvent.finished", 3),
        ("ResponseEvent.StreamFinished.token_usage", 8),
        ("ResponseEvent.StreamFinished.conversation_usage_metadata", 11),
        ("ResponseEvent.StreamFinished.request_charges", 13),
        ("ResponseEvent.StreamFinished.TokenCount.input_cache_read", 3),
        ("ClientAction.AppendToMessageContent.mask", 2),
        ("ClientAction.UpdateTaskMessage.task_id", 3),
    ],
)
def test_fields_of_the_chat_path(field: str, number: int) -> None:
    message, _, name = field.rpartition(".")

    assert descriptor(message).fields_by_name[name].number == number


def test_removed_numbers_stay_reserved() -> None:
    reserved = {
        "Request.TaskContext": [2],
        "Task": [4],
        "Message": [12],
        "Message.AgentOutput": [2],
        "ClientAction": [2],
        "Message.ToolCall": [29, 33],
        "Request.Input.ToolCallResult": [10, 28, 32],
        "Message.ToolCallResult": [13, 33, 37],
    }
    for name, numbers in reserved.items():
        schema = DescriptorProto()
        descriptor(name).CopyToProto(schema)
        assert [range_.start for range_ in schema.reserved_range] == numbers
