"""Requests and answers from one client API to another: what they mean stays, and what cannot is named."""

import json
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from anthropic.types import Message as AnthropicMessage
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion
from openai.types.chat.completion_create_params import (
    CompletionCreateParamsNonStreaming,
    CompletionCreateParamsStreaming,
)
from openai.types.responses import Response
from openai.types.responses.response_create_params import (
    ResponseCreateParamsNonStreaming,
    ResponseCreateParamsStreaming,
)
from pydantic import TypeAdapter
from typer.testing import CliRunner

from cli.main import app
from proto.conversation import (
    Conversation,
    DocumentPart,
    ImagePart,
    Limits,
    Message,
    ReasoningPart,
    Role,
    TextPart,
    Tool,
    ToolCallPart,
    ToolChoice,
    ToolChoiceMode,
    ToolResultPart,
)
from proto.dialects import get_dialect
from proto.dialects.converting import RENDERERS, convert_answer, convert_request
from proto.dialects.render_messages import MAX_TOKENS
from proto.dialects.rendering import Wishes
from proto.errors import BadRequestError
from proto.events import Event, Reasoning, Text
from proto.fold import Answer, fold
from proto.normalise import normalise
from tests.unit.dialects import PNG, plain_logs, reply_header
from tests.unit.test_recorded_clients import DIALECTS as WIRES
from tests.unit.test_recorded_clients import RECORDINGS

NAMES = ("openai", "anthropic", "responses")
#: What each vendor's own SDK lets a program send.
PARAMS = {
    ("openai", False): TypeAdapter(CompletionCreateParamsNonStreaming),
    ("openai", True): TypeAdapter(CompletionCreateParamsStreaming),
    ("anthropic", False): TypeAdapter(MessageCreateParamsNonStreaming),
    ("anthropic", True): TypeAdapter(MessageCreateParamsStreaming),
    ("responses", False): TypeAdapter(ResponseCreateParamsNonStreaming),
    ("responses", True): TypeAdapter(ResponseCreateParamsStreaming),
}
ANSWERS: dict[str, type] = {"openai": ChatCompletion, "anthropic": AnthropicMessage, "responses": Response}


def carried(conversation: Conversation, target: str) -> Conversation:
    """What of a conversation a request of `target` can say, as the gateway would understand it."""
    messages = [_carried(message, target) for message in conversation.messages]
    # What a dialect cannot say may leave a message empty, and its neighbours become one.
    first = Message(Role.SYSTEM, [TextPart(text) for text in conversation.system])
    system, turns = normalise([first, *messages])
    limits, parallel = conversation.limits, conversation.parallel_tool_calls
    if target == "responses":
        limits = msgspec.structs.replace(limits, stop=[])
    if target == "anthropic":
        limits = msgspec.structs.replace(limits, max_tokens=limits.max_tokens or MAX_TOKENS)
        parallel = parallel or conversation.tool_choice.mode is ToolChoiceMode.NONE
    return msgspec.structs.replace(
        conversation, system=system, messages=turns, limits=limits, parallel_tool_calls=parallel
    )


def _carried(message: Message, target: str) -> Message:
    results: list[Any] = []
    moved: list[Any] = []
    rest: list[Any] = []
    for part in message.parts:
        match part:
            case ToolResultPart():
                content = list(part.content)
                if target == "openai":
                    moved += [inner for inner in content if isinstance(inner, ImagePart)]
                    content = [inner for inner in content if isinstance(inner, TextPart)]
                results.append(ToolResultPart(part.call_id, content, is_error=part.is_error and target == "anthropic"))
            case ReasoningPart() if target == "openai":
                rest += [ReasoningPart(part.text)] if part.text else []
            case DocumentPart() if not part.text:
                pass
            case DocumentPart() if target != "anthropic" and ("\0" in part.text or part.text.startswith("%PDF-")):
                rest.append(TextPart(part.text))
            case _:
                rest.append(part)
    return Message(message.role, [*results, *moved, *rest])


def plain(conversation: Conversation) -> Any:
    """For comparison: arguments as JSON, for their spelling may change."""
    view = msgspec.to_builtins(conversation)
    for message in view["messages"]:
        for part in message["parts"]:
            if part["type"] == "tool_call":
                part["arguments"] = orjson.loads(part["arguments"])
    return view


def read_through(value: Any) -> None:
    """Pydantic looks at what is declared as an iterable when it is iterated over."""
    if isinstance(value, dict):
        value = value.values()
    if not isinstance(value, str) and hasattr(value, "__iter__"):
        for each in value:
            read_through(each)


def check(conversation: Conversation, target: str, wishes: Wishes) -> list[str]:
    """The notes of a rendering that the SDK takes, and that means what it was made of."""
    body, notes = RENDERERS[target](conversation, wishes)
    expected = carried(conversation, target)
    read_through(PARAMS[target, wishes.stream].validate_python(body))
    parsed = get_dialect(target).parse(orjson.loads(orjson.dumps(body)), str)
    assert plain(parsed.conversation) == plain(expected)
    assert (parsed.requested_model, parsed.stream, parsed.ignored) == (wishes.model, wishes.stream, [])
    assert plain(expected) == plain(conversation) or notes
    return notes


# Requests


@pytest.mark.parametrize("target", NAMES)
@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_what_real_clients_sent_means_the_same_in_every_dialect(recording: Path, target: str) -> None:
    fixture = json.loads(recording.read_text(encoding="utf-8"))
    source = WIRES[fixture["wire"]]
    parsed = get_dialect(source).parse(fixture["body"], str)
    check(parsed.conversation, target, Wishes(parsed.requested_model, parsed.stream))
    converted = convert_request(fixture["body"], source, target)
    again = convert_request(converted.body, target, target)
    assert again.body == converted.body


_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
_ids = st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True)
_names = st.sampled_from(["look", "find", "write"])
_documents = st.builds(DocumentPart, _text, _text | st.sampled_from(["", "a\0b", "%PDF-1"]))
_images = st.just(ImagePart("image/png", PNG))
_texts = st.builds(TextPart, _text)
_results = st.builds(ToolResultPart, _ids, st.lists(_texts | _images, max_size=3), is_error=st.booleans())
_reasoning = st.builds(ReasoningPart, _text | st.just(""), _text | st.just("")).filter(lambda r: r.text or r.signature)
_arguments = st.dictionaries(_text, st.integers(-9, 9) | _text | st.none(), max_size=2)
_calls = st.builds(ToolCallPart, _ids, _names, _arguments.map(lambda value: orjson.dumps(value).decode()))
_messages = st.one_of(
    st.builds(Message, st.just(Role.USER), st.lists(_texts | _images | _documents | _results, min_size=1, max_size=4)),
    st.builds(Message, st.just(Role.ASSISTANT), st.lists(_texts | _reasoning | _calls, min_size=1, max_size=5)),
    st.builds(Message, st.just(Role.SYSTEM), st.lists(_texts, min_size=1, max_size=2)),
)
_objects = st.dictionaries(_text.filter(lambda name: name != "type"), _text, max_size=2)
_schemas = _objects.map(lambda members: {"type": "object", "properties": {}, **members})
_tools = st.lists(st.builds(Tool, _names, _schemas, _text | st.just("")), unique_by=lambda tool: tool.name, max_size=3)
_limits = st.builds(
    Limits,
    st.integers(0, 2**31 - 1),
    st.lists(_text, max_size=2),
    st.none() | st.just({}) | _schemas,
)


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """Conversations as a dialect would make them: in order, and not empty."""
    system, messages = normalise(draw(st.lists(_messages, min_size=1, max_size=6)))
    tools = draw(_tools)
    choices = [ToolChoice(), ToolChoice(ToolChoiceMode.NONE)]
    if tools:
        choices += [ToolChoice(ToolChoiceMode.REQUIRED), ToolChoice(ToolChoiceMode.NAMED, tools[0].name)]
    return Conversation(
        model="auto",
        messages=messages,
        system=system,
        tools=tools,
        tool_choice=draw(st.sampled_from(choices)),
        parallel_tool_calls=draw(st.booleans()),
        reasoning=draw(st.booleans()),
        limits=draw(_limits),
    )


@pytest.mark.parametrize("target", NAMES)
@settings(deadline=None, max_examples=60)
@given(conversation=conversations(), stream=st.booleans())
def test_any_conversation_means_the_same_in_every_dialect(
    target: str, conversation: Conversation, stream: bool
) -> None:
    if not carried(conversation, target).messages:
        return  # nothing is left that a request could be made of
    check(conversation, target, Wishes("auto", stream))


def test_where_an_empty_document_was_all_that_was_asked_the_system_text_is_answered() -> None:
    conversation = Conversation(
        model="auto", system=["Be kind.", "Speak."], messages=[Message(Role.USER, [DocumentPart("a.txt", "")])]
    )
    assert check(conversation, "anthropic", Wishes("auto", stream=False)) == [
        f"max_tokens is demanded here and was not given: {MAX_TOKENS} was put",
        "the document 'a.txt' is empty and left out",
    ]


def test_a_chat_as_messages() -> None:
    body = {
        "model": "gpt-x",
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "What is in it?"},
            {
                "role": "assistant",
                "content": "Let me see.",
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"n": 1}'}}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "a stone"},
        ],
        "tools": [
            {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
        ],
        "tool_choice": "required",
        "parallel_tool_calls": False,
        "stop": ["END"],
        "temperature": 0.3,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    converted = convert_request(body, "openai", "anthropic", "claude-x")
    assert converted.body == {
        "model": "claude-x",
        "max_tokens": MAX_TOKENS,
        "system": "Be kind.",
        "messages": [
            {"role": "user", "content": "What is in it?"},
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "Let me see."},
                    {"type": "tool_use", "id": "c1", "name": "look", "input": {"n": 1}},
                ],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "a stone"}]},
        ],
        "tools": [{"name": "look", "input_schema": {"type": "object", "properties": {}}}],
        "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
        "thinking": {"type": "adaptive"},
        "stop_sequences": ["END"],
        "stream": True,
    }
    assert converted.notes == [
        "temperature is left out",
        f"max_tokens is demanded here and was not given: {MAX_TOKENS} was put",
    ]


def test_messages_as_a_chat_and_as_responses_name_what_they_cannot_say() -> None:
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    failed = {"type": "tool_result", "tool_use_id": "c2", "content": "no", "is_error": True}
    body = {
        "model": "claude-x",
        "max_tokens": 9,
        "messages": [
            {"role": "user", "content": "go"},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "seal"},
                    {"type": "tool_use", "id": "c1", "name": "look", "input": {}},
                    {"type": "tool_use", "id": "c2", "name": "look", "input": {}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "see"}, picture]},
                    failed,
                ],
            },
        ],
        "stop_sequences": ["END"],
        "thinking": {"type": "enabled", "budget_tokens": 2000},
    }
    chat = convert_request(body, "anthropic", "openai")
    assert chat.notes == [
        "thinking.budget_tokens is left out",
        "the signatures of reasoning are left out",
        "pictures in tool results follow them in a message of the user",
        "that a tool result is an error is left out",
    ]
    assert [message["role"] for message in chat.body["messages"]] == ["user", "assistant", "tool", "tool", "user"]
    assert chat.body["messages"][1]["reasoning_content"] == "hm"
    responses = convert_request(body, "anthropic", "responses")
    assert responses.notes == [
        "thinking.budget_tokens is left out",
        "that a tool result is an error is left out",
        "the stop sequences are left out",
    ]
    assert responses.body["input"][1]["encrypted_content"] == "seal"
    assert responses.body["input"][4]["output"][1]["type"] == "input_image"


def test_custom_tools_become_functions_and_are_named() -> None:
    tool = {"type": "custom", "name": "apply_patch", "description": "Changes files."}
    for name, body in (
        ("responses", {"model": "m", "input": "hi", "tools": [tool]}),
        (
            "openai",
            {
                "model": "m",
                "messages": [{"role": "user", "content": "hi"}],
                "tools": [{"type": "custom", "custom": tool}],
            },
        ),
    ):
        converted = convert_request(body, name, "anthropic")
        assert "the tool 'apply_patch' becomes a function" in converted.notes
        assert converted.body["tools"][0]["name"] == "apply_patch"


# Answers


def told(answer: Answer) -> tuple[Any, ...]:
    """What an answer says, texts of one kind joined."""
    calls = [(call.id, call.name, orjson.loads(call.arguments)) for call in answer.tool_calls]
    return answer.text, answer.reasoning, calls, answer.finish and answer.finish.reason


@pytest.mark.parametrize("source", NAMES)
@pytest.mark.parametrize("target", NAMES)
@settings(deadline=None, max_examples=20)
@given(events=plain_logs)
def test_any_answer_says_the_same_in_every_dialect(source: str, target: str, events: list[Event]) -> None:
    original = get_dialect(source).whole(reply_header(source), events)
    converted = convert_answer(original, source, target)
    ANSWERS[target].model_validate(converted.body, strict=False)  # type: ignore[attr-defined]
    assert converted.body["model"] == "asked-name"
    back = convert_answer(converted.body, target, source).body
    again = convert_answer(original, source, source).body
    if "anthropic" in (source, target):  # the one that has no time of its own and knows stop sequences
        for body in (again, back):
            body.pop("created", None), body.pop("created_at", None)
    if source == "anthropic" and again["stop_reason"] == "stop_sequence":
        again |= {"stop_reason": "end_turn", "stop_sequence": None} if target != "anthropic" else {}
    if source == "openai" or target == source:
        assert back == again
    assert said(back, source) == said(original, source)


def said(body: dict[str, Any], dialect: str) -> tuple[str, str, list[str]]:
    """Text, reasoning and names of calls of an answer."""
    if dialect == "openai":
        message = body["choices"][0]["message"]
        names = [call["function"]["name"] for call in message.get("tool_calls", ())]
        return message["content"] or "", message.get("reasoning_content", ""), names
    if dialect == "anthropic":
        blocks = body["content"]
        return (
            "".join(block["text"] for block in blocks if block["type"] == "text"),
            "".join(block["thinking"] for block in blocks if block["type"] == "thinking"),
            [block["name"] for block in blocks if block["type"] == "tool_use"],
        )
    items = body["output"]
    return (
        "".join(item["content"][0]["text"] for item in items if item["type"] == "message"),
        "".join(item["summary"][0]["text"] for item in items if item["type"] == "reasoning"),
        [item["name"] for item in items if item["type"] == "function_call"],
    )


def test_the_id_and_the_usage_of_an_answer_come_along() -> None:
    body = {
        "id": "chatcmpl-abc",
        "object": "chat.completion",
        "created": 1_800_000_000,
        "model": "gpt-x",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "hi", "annotations": [{"type": "url_citation"}]},
                "finish_reason": "content_filter",
            },
            {"index": 1, "message": {"role": "assistant", "content": "ho"}, "finish_reason": "stop"},
        ],
        "usage": {"prompt_tokens": 12, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 10}},
    }
    converted = convert_answer(body, "openai", "anthropic", "claude-x")
    assert converted.body["id"] == "msg_abc"
    assert converted.body["model"] == "claude-x"
    assert converted.body["content"] == [{"type": "text", "text": "hi"}]
    usage = converted.body["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"], usage["output_tokens"]) == (2, 10, 3)
    assert converted.notes == [
        "1 further choices are left out",
        "annotations are left out",
        "that it ended by 'content_filter' is left out",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_an_error_is_no_answer(name: str) -> None:
    with pytest.raises(BadRequestError):
        convert_answer({"error": {"message": "no"}}, name, "openai")


def test_text_and_reasoning_keep_their_order() -> None:
    body = get_dialect("anthropic").whole(reply_header("anthropic"), [Text("a", 0), Reasoning("b", 1), Text("c", 2)])
    converted = convert_answer(body, "anthropic", "responses")
    assert [item["type"] for item in converted.body["output"]] == ["message", "reasoning", "message"]
    assert fold([Text("a", 0), Text("c", 2)]).text == "ac"


# The command


def convert(*args: str, stdin: str = "") -> Any:
    return CliRunner().invoke(app, ["convert", *args], input=stdin)


def test_the_command_prints_the_body_and_says_what_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "chat.json"
    file.write_text('{"model":"m","messages":[{"role":"user","content":"hi"}],"seed":1}')
    done = convert(str(file), "--from", "openai", "--to", "responses")
    assert (done.exit_code, json.loads(done.stdout)) == (
        0,
        {"model": "m", "input": [{"role": "user", "content": "hi"}]},
    )
    assert done.stderr == "warp2api: seed is left out\n"
    done = convert(str(file), "--from", "openai", "--to", "responses", "--json")
    assert json.loads(done.stdout)["notes"] == ["seed is left out"]


@pytest.mark.parametrize(
    ("stdin", "why"),
    [
        ("{", "not JSON"),
        ('{"model":"m","messages":[{"role":"user","content":[{"type":"video"}]}]}', "messages[0].content[0].type"),
    ],
)
def test_the_command_says_why_a_body_cannot_be_converted(stdin: str, why: str) -> None:
    done = convert("-", "--from", "openai", "--to", "anthropic", stdin=stdin)
    assert (done.exit_code, done.stdout) == (1, "")
    assert why in done.stderr
