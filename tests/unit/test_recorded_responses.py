"""What real clients sent to `/v1/responses` in runs against the simulator, in November 2026.

Long texts are cut, keys and ids of installations and sessions replaced.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from proto.conversation import Conversation, ToolCallPart, ToolResultPart
from proto.dialects.openai_responses import Known, OpenAIResponses
from proto.dialects.responses_items import references
from proto.warp_request import RequestOptions, build_request

_LINES = (Path(__file__).parent / "recorded" / "responses.jsonl").read_text(encoding="utf-8").splitlines()
RECORDED: dict[str, dict[str, Any]] = {line["client"]: line["body"] for line in map(json.loads, _LINES)}


class Understood(NamedTuple):
    """How many tools are on offer, the calls of the transcript with the texts of their results, what was ignored."""

    tools: int
    calls: list[tuple[str, str]]
    ignored: list[str]


CODEX = ["prompt_cache_key", "client_metadata"]
EXPECTED = {
    "Codex CLI 0.169.0, three tools later": Understood(
        14,
        [("exec_command", "Chunk ID"), ("apply_patch", "Exit code: 0"), ("tool_search", "Tools found: multi_agent_v1")],
        [*CODEX, "reasoning.effort", "text.verbosity", "tools[9]"],
    ),
    "Codex CLI 0.169.0, a tool of a namespace": Understood(
        12, [("multi_agent_v1__wait_agent", "")], [*CODEX, "tools[8]"]
    ),
    "openai-agents 0.24.0, results of two calls": Understood(1, [("add", "5"), ("add", "5")], ["tools.strict"]),
    "openai-agents 0.24.0, previous_response_id": Understood(1, [], ["tools.strict"]),
    "openai-agents 0.24.0, typed output": Understood(0, [], ["text.format.strict"]),
    "AI SDK 7.0.173, item references": Understood(1, [("add", "5"), ("add", "8")], []),
}


def calls(conversation: Conversation) -> list[tuple[str, str]]:
    parts = [part for message in conversation.messages for part in message.parts]
    results: dict[str, Any] = {part.call_id: part.content for part in parts if isinstance(part, ToolResultPart)}
    return [(part.name, results[part.id][0].text) for part in parts if isinstance(part, ToolCallPart)]


@pytest.mark.parametrize("client", RECORDED)
def test_recorded_requests_are_understood(client: str) -> None:
    body, expected = RECORDED[client], EXPECTED[client]
    referred = {id_: {"role": "assistant", "content": "kept"} for id_ in references(body["input"])}
    parsed = OpenAIResponses(Known([], referred)).parse(body, str)
    conversation = parsed.conversation
    assert len(conversation.tools) == expected.tools
    assert parsed.ignored == expected.ignored
    for (name, text), (wanted, beginning) in zip(calls(conversation), expected.calls, strict=True):
        assert name == wanted
        assert text.startswith(beginning)
    assert build_request(conversation, RequestOptions())


def test_every_recording_is_looked_at() -> None:
    assert RECORDED.keys() == EXPECTED.keys()
