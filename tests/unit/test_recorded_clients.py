"""Requests of real clients, written down by `tests/recording.py`, are read as the conversations their clients meant."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from proto.conversation import Conversation, Message, Role, ToolCallPart, ToolResultPart
from proto.dialects import get_dialect
from proto.errors import ErrorCode, GatewayError
from proto.warp.request_pb2 import Request
from proto.warp_request import RequestOptions, build_request
from tests.recording import FOLDER

#: It names the items of earlier answers instead of repeating them, and these are kept elsewhere.
REFERENCES = FOLDER / "ai-sdk-responses.json"
RECORDINGS = sorted(path for path in FOLDER.glob("*.json") if path != REFERENCES)
DIALECTS = {"compatible": "openai", "chat": "openai", "messages": "anthropic", "responses": "responses"}
#: The calls that the clients were made to do, in order, and what the last result says.
LIBRARY = ([("get_weather", {"city": city}) for city in ("Paris", "Oslo", "Rome")], "Rome: 3 degrees")
COLOUR = "/somewhere/project/colour.txt"
CHANGE = {"oldString": "red", "newString": "blue", "filePath": COLOUR}
OPENCODE = (
    [
        ("bash", {"command": "ls", "description": "List files"}),
        ("read", {"filePath": COLOUR}),
        ("edit", CHANGE),
        ("bash", {"command": "sh check.sh", "description": "Run the check"}),
    ],
    "(no output)",
)
AGENTS: dict[str, tuple[list[tuple[str, dict[str, Any]]], str]] = {
    "claude-code": (
        [
            ("Bash", {"command": "ls", "description": "List files"}),
            ("Read", {"file_path": COLOUR}),
            ("Edit", {"file_path": COLOUR, "old_string": "red", "new_string": "blue", "replace_all": False}),
            ("Bash", {"command": "sh check.sh", "description": "Run the check"}),
        ],
        "(Bash completed with no output)",
    ),
    "codex": (
        [
            ("exec_command", {"cmd": "ls && cat colour.txt"}),
            (
                "apply_patch",
                {"input": "*** Begin Patch\n*** Update File: colour.txt\n@@\n-red\n+blue\n*** End Patch"},
            ),
            ("exec_command", {"cmd": "sh check.sh"}),
        ],
        "Process exited with code 0",
    ),
    "opencode-chat": OPENCODE,
    "opencode-messages": OPENCODE,
    "opencode-responses": OPENCODE,
    "aider-chat": ([], ""),
    "aider-messages": ([], ""),
}
#: Clients that leave reasoning out of what they send back.
FORGETFUL = {"aider-chat", "aider-messages", "ai-sdk-chat", "langchain-chat", "openai-agents-chat"}


def parsed(recording: Path) -> Conversation:
    fixture = json.loads(recording.read_text(encoding="utf-8"))
    dialect = get_dialect(DIALECTS[fixture["wire"]])
    return dialect.parse(fixture["body"], lambda name: name).conversation


def parts_of(conversation: Conversation, kind: type) -> list[Any]:
    return [part for message in conversation.messages for part in message.parts if isinstance(part, kind)]


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_calls_and_results_are_found_in_their_places(recording: Path) -> None:
    conversation = parsed(recording)
    calls, last_result = AGENTS.get(recording.stem, LIBRARY)
    found = parts_of(conversation, ToolCallPart)
    results = parts_of(conversation, ToolResultPart)

    assert [(call.name, json.loads(call.arguments)) for call in found] == calls
    assert [result.call_id for result in results] == [call.id for call in found]
    if results:
        assert last_result in results[-1].content[0].text
        assert {call.name for call in found} <= {tool.name for tool in conversation.tools}


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_turns_are_in_order_and_reasoning_comes_back(recording: Path) -> None:
    conversation = parsed(recording)
    spoken = [message for message in conversation.messages if message.role is not Role.SYSTEM]
    roles = [message.role for message in spoken]

    assert roles[0] is Role.USER
    assert all(one is not other for one, other in itertools.pairwise(roles))
    assert roles[-1] is Role.USER
    kinds = {kind for message in spoken for kind in kinds_of(message)}
    assert ("ReasoningPart" in kinds) is (recording.stem not in FORGETFUL)


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_the_upstream_gets_it(recording: Path) -> None:
    conversation = parsed(recording)
    request = Request.FromString(build_request(conversation, RequestOptions()))
    offered = [tool.name for server in request.mcp_context.servers for tool in server.tools]

    assert offered == [tool.name for tool in conversation.tools]
    assert request.input.user_inputs.inputs


def test_items_that_are_named_and_not_there_are_refused_by_name() -> None:
    with pytest.raises(GatewayError, match=r"input\[1\].*'rs_\w+'") as refused:
        parsed(REFERENCES)
    assert refused.value.code is ErrorCode.NOT_KEPT


def test_there_are_recordings() -> None:
    assert len(RECORDINGS) > 20
    assert AGENTS.keys() <= {recording.stem for recording in RECORDINGS}


def kinds_of(message: Message) -> list[str]:
    return [type(part).__name__ for part in message.parts]
