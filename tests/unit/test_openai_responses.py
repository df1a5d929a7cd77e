"""Responses: bodies in, frames and answers out, both also read by the official SDK."""

import base64
from typing import Any

import openai
import orjson
import pytest
from hypothesis import find, given
from hypothesis import strategies as st
from openai.types.responses import Response

from proto.conversation import (
    DocumentPart,
    ImagePart,
    Limits,
    Message,
    ReasoningPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolChoice,
    ToolChoiceMode,
    ToolResultPart,
)
from proto.dialects import get_dialect
from proto.dialects.base import ParsedRequest
from proto.dialects.openai_responses import Known, OpenAIResponses, response_as_told
from proto.errors import BadRequestError, ErrorCode, GatewayError
from proto.events import (
    Event,
    Failed,
    Finished,
    FinishReason,
    Reasoning,
    Restarted,
    Revised,
    Started,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)
from proto.jobs import ReplyHeader
from tests.unit.dialects import (
    PNG,
    any_logs,
    bodies,
    check_parse,
    frames,
    json_reply,
    junk,
    plain_logs,
    reply_header,
    sse,
)

RESPONSES = get_dialect("responses")
HI = Message(Role.USER, [TextPart("hi")])
USER = {"role": "user", "content": "hi"}
ADD = {"type": "function", "name": "add", "parameters": {"type": "object", "properties": {"a": {}}}, "strict": True}
PATCH = {
    "type": "custom",
    "name": "apply_patch",
    "description": "Changes files.",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"},
}
AGENTS = {
    "type": "namespace",
    "name": "agents",
    "description": "Sub-agents.",
    "tools": [{"type": "function", "name": "spawn", "parameters": {}}, {"type": "custom", "name": "tell"}],
}
SEARCH = {"type": "tool_search", "execution": "client", "description": "Finds.", "parameters": {"type": "object"}}
WEB = {"type": "web_search", "name": 5, "search_content_types": ["text"]}
DONE = Finished(FinishReason.STOP)


def parse(dialect: Any = RESPONSES, **fields: Any) -> ParsedRequest:
    parsed: ParsedRequest = dialect.parse({"model": "m", "input": "hi"} | fields, lambda name: f"up-{name}")
    return parsed


def transcript(*items: Any, **fields: Any) -> list[Message]:
    return parse(input=list(items), **fields).conversation.messages


def assistant(*parts: Any) -> list[Message]:
    return [HI, Message(Role.ASSISTANT, list(parts))]


# Requests


def test_the_least_request() -> None:
    parsed = parse()
    assert parsed.conversation.model == "up-m"
    assert parsed.conversation.messages == [HI]
    assert parsed.conversation.system == []
    assert (parsed.requested_model, parsed.stream, parsed.ignored) == ("m", False, [])
    assert list(parsed.extra) == ["echo"]


def test_what_codex_sends() -> None:
    """Made after what Codex CLI 0.169 sends on the second turn of a tool loop."""
    parsed = parse(
        stream=True,
        tools=[ADD, PATCH, AGENTS, SEARCH, WEB],
        tool_choice="auto",
        parallel_tool_calls=True,
        reasoning={"effort": "medium", "summary": "auto"},
        store=False,
        include=["reasoning.encrypted_content"],
        prompt_cache_key="k",
        text={"verbosity": "low"},
        client_metadata={"turn_id": "t"},
        input=[
            {"type": "message", "id": "msg_1", "role": "developer", "content": [{"type": "input_text", "text": "Be."}]},
            {"type": "message", "id": "msg_2", "role": "user", "content": [{"type": "input_text", "text": "hi"}]},
            {"type": "reasoning", "id": "rs_1", "summary": [], "content": None, "encrypted_content": "seal"},
            {
                "type": "message", "id": "msg_3", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": "I will.", "annotations": [], "logprobs": []}],
            },
            {"type": "function_call", "id": "fc_1", "name": "add", "arguments": '{"a":1}', "call_id": "c1"},
            {
                "type": "function_call", "id": "fc_2", "name": "spawn", "namespace": "agents",
                "arguments": "{}", "call_id": "c2",
            },
            {"type": "custom_tool_call", "id": "ctc_1", "name": "apply_patch", "input": "*** \"x\"\n", "call_id": "c3"},
            {"type": "function_call_output", "id": "fco_1", "call_id": "c1", "output": "one"},
            {
                "type": "function_call_output", "id": "fco_2", "call_id": "c2",
                "output": [{"type": "input_text", "text": "two"}],
            },
            {"type": "custom_tool_call_output", "id": "ctco_1", "call_id": "c3", "output": "three"},
        ],
    )  # fmt: skip
    conversation = parsed.conversation
    assert conversation.system == ["Be."]
    assert conversation.messages == [
        HI,
        Message(
            Role.ASSISTANT,
            [
                ReasoningPart("", "seal"),
                TextPart("I will."),
                ToolCallPart("c1", "add", '{"a":1}'),
                ToolCallPart("c2", "agents__spawn", "{}"),
                ToolCallPart("c3", "apply_patch", '{"input":"*** \\"x\\"\\n"}'),
            ],
        ),
        Message(
            Role.USER,
            [ToolResultPart(id_, [TextPart(text)]) for id_, text in (("c1", "one"), ("c2", "two"), ("c3", "three"))],
        ),
    ]
    offered = [tool.name for tool in conversation.tools]
    assert offered == ["add", "apply_patch", "agents__spawn", "agents__tell", "tool_search"]
    assert parsed.extra["tools"] == {
        "apply_patch": ["custom", "apply_patch", ""],
        "agents__spawn": ["function", "spawn", "agents"],
        "agents__tell": ["custom", "tell", "agents"],
        "tool_search": ["tool_search", "tool_search", ""],
    }
    assert parsed.extra["sealed"] is True
    assert parsed.ignored == [
        "prompt_cache_key",
        "client_metadata",
        "reasoning.effort",
        "text.verbosity",
        "tools.strict",
        "tools[4]",
    ]
    assert parsed.stream


@pytest.mark.parametrize(
    ("item", "parts"),
    [
        ({"role": "assistant", "content": "yes"}, [TextPart("yes")]),
        ({"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}, [TextPart("no")]),
        ({"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "hm"}]}, [ReasoningPart("hm")]),
        (
            {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]},
            [ReasoningPart("hm")],
        ),
        (
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{", "namespace": None},
            [ToolCallPart("c", "f", "{}")],
        ),
        (
            {"type": "tool_search_call", "call_id": "c", "execution": "client", "arguments": {"query": "x"}},
            [ToolCallPart("c", "tool_search", '{"query":"x"}')],
        ),
    ],
)
def test_items_of_an_answer(item: dict[str, Any], parts: list[Any]) -> None:
    assert transcript(USER, item)[:2] == assistant(*parts)


def test_parts_a_user_may_send() -> None:
    document = base64.b64encode(b"Some text.").decode()
    content = [
        {"type": "input_text", "text": "what?"},
        {"type": "input_image", "image_url": f"data:image/jpeg;base64,{PNG}", "detail": "auto"},
        {"type": "input_file", "filename": "a.txt", "file_data": f"data:text/plain;base64,{document}"},
        {"type": "input_file", "file_data": document},
        {"type": "input_text", "text": ""},
    ]
    image = ImagePart("image/png", PNG)
    assert transcript({"role": "user", "content": content}) == [
        Message(
            Role.USER,
            [
                TextPart("what?"),
                image,
                DocumentPart("a.txt", "Some text."),
                DocumentPart("document", "Some text."),
            ],
        )
    ]
    result = {"type": "function_call_output", "call_id": "c", "output": content}
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    assert transcript(USER, call, result)[2] == Message(
        Role.USER,
        [ToolResultPart("c", [TextPart("what?"), image, TextPart("Some text."), TextPart("Some text.")])],
    )


def test_instructions_come_before_the_inputs_system_texts() -> None:
    parsed = parse(instructions="one", input=[{"role": "system", "content": "two"}, USER]).conversation
    assert parsed.system == ["one", "two"]
    assert parsed.messages == [HI]


def test_what_the_vendors_own_tools_left_is_named_and_left_out() -> None:
    parsed = parse(input=[USER, {"type": "web_search_call", "id": "ws", "action": {"output": 5}, "content": 5}])
    assert parsed.conversation.messages == [HI]
    assert parsed.ignored == ["input[1]"]


def test_tools_that_a_search_has_found_are_on_offer() -> None:
    parsed = parse(
        tools=[SEARCH],
        input=[
            USER,
            {"type": "tool_search_call", "call_id": "c", "arguments": {}},
            {"type": "tool_search_output", "call_id": "c", "execution": "client", "tools": [AGENTS, WEB]},
            {"type": "function_call", "call_id": "d", "name": "spawn", "namespace": "agents", "arguments": "{}"},
        ],
    )
    assert [tool.name for tool in parsed.conversation.tools] == ["tool_search", "agents__spawn", "agents__tell"]
    assert parsed.conversation.messages[2].parts == [ToolResultPart("c", [TextPart("Tools found: agents, web_search")])]
    assert parsed.conversation.messages[3].parts == [ToolCallPart("d", "agents__spawn", "{}")]
    assert parsed.extra["tools"]["agents__spawn"] == ["function", "spawn", "agents"]
    more = parse(input=[{"type": "additional_tools", "role": "developer", "tools": [ADD, WEB]}, USER])
    assert [tool.name for tool in more.conversation.tools] == ["add"]
    assert more.conversation.messages == [HI]
    assert more.ignored == ["input[0].tools[1]"]


def test_names_of_a_namespace_are_legal_and_unlike_all_others() -> None:
    inner = [{"type": "function", "name": name} for name in ("run", "x" * 60, "ünï")]
    spaces = [{"type": "namespace", "name": name, "tools": inner} for name in ("a", "b")]
    parsed = parse(tools=[{"type": "function", "name": "a__run"}, *spaces, ADD, ADD])
    names = [tool.name for tool in parsed.conversation.tools]
    assert len(set(names)) == len(names) == 8
    assert all(name.isascii() and len(name) <= 64 for name in names)
    assert names[0] == "a__run"
    told = {tuple(known) for known in parsed.extra["tools"].values()}
    assert told == {("function", tool["name"], space) for space in "ab" for tool in inner}


@pytest.mark.parametrize(
    ("sent", "choice", "left"),
    [
        (None, ToolChoice(), None),
        ("auto", ToolChoice(), None),
        ("none", ToolChoice(ToolChoiceMode.NONE), None),
        ("required", ToolChoice(ToolChoiceMode.REQUIRED), None),
        ({"type": "function", "name": "add"}, ToolChoice(ToolChoiceMode.NAMED, "add"), None),
        ({"type": "custom", "name": "apply_patch"}, ToolChoice(ToolChoiceMode.NAMED, "apply_patch"), None),
        ({"type": "function", "name": "spawn"}, ToolChoice(ToolChoiceMode.NAMED, "agents__spawn"), None),
        (
            {
                "type": "allowed_tools", "mode": "required",
                "tools": [{"type": "function", "name": "add"}, {"type": "web_search"}],
            },
            ToolChoice(ToolChoiceMode.REQUIRED),
            ["add"],
        ),
        (
            {
                "type": "allowed_tools",
                "mode": "auto",
                "tools": [
                    {"type": "custom", "name": "apply_patch"},
                    {"type": "namespace", "name": "agents"},
                    {"type": "tool_search"},
                ],
            },
            ToolChoice(),
            ["apply_patch", "agents__spawn", "agents__tell", "tool_search"],
        ),
    ],
)  # fmt: skip
def test_tool_choice(sent: Any, choice: ToolChoice, left: list[str] | None) -> None:
    parsed = parse(tools=[ADD, PATCH, AGENTS, SEARCH, WEB], tool_choice=sent).conversation
    assert parsed.tool_choice == choice
    names = [tool.name for tool in parsed.tools]
    assert names == (left or ["add", "apply_patch", "agents__spawn", "agents__tell", "tool_search"])


SCHEMA = {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("fields", "limits"),
    [
        ({"max_output_tokens": 5}, Limits(max_tokens=5)),
        ({"max_output_tokens": None, "text": None}, Limits()),
        ({"text": {"format": {"type": "text"}}}, Limits()),
        ({"text": {"format": {"type": "json_object"}}}, Limits(json_schema={})),
        (
            {"text": {"format": {"type": "json_schema", "name": "n", "strict": True, "schema": SCHEMA}}},
            Limits(json_schema=SCHEMA),
        ),
    ],
)
def test_limits(fields: dict[str, Any], limits: Limits) -> None:
    parsed = parse(**fields)
    assert parsed.conversation.limits == limits
    assert parsed.ignored == (["text.format.strict"] if "strict" in str(fields) else [])


@pytest.mark.parametrize(
    ("sent", "reasoning", "ignored"),
    [
        (None, True, []),
        ({}, True, []),
        ({"effort": None, "summary": "auto"}, True, []),
        ({"effort": "none"}, False, []),
        ({"effort": "high"}, True, ["reasoning.effort"]),
    ],
)
def test_reasoning(sent: Any, *, reasoning: bool, ignored: list[str]) -> None:
    parsed = parse(reasoning=sent)
    assert parsed.conversation.reasoning is reasoning
    assert parsed.ignored == ignored


def test_fields_without_effect_are_named_when_set() -> None:
    parsed = parse(
        temperature=0, top_p=None, truncation="auto", user="u", metadata={"a": "b"}, background=False,
        include=["reasoning.encrypted_content", "message.output_text.logprobs"], conversation=None,
    )  # fmt: skip
    assert parsed.ignored == ["temperature", "truncation", "user", "metadata", "include"]


def test_the_answer_repeats_what_was_asked() -> None:
    asked = {
        "instructions": "Be.",
        "metadata": {"a": "b"},
        "temperature": 0.5,
        "tool_choice": {"type": "function", "name": "add"},
        "tools": [ADD],
        "store": False,
        "reasoning": {"effort": "low"},
        "text": {"verbosity": "low"},
        "max_output_tokens": 9,
        "parallel_tool_calls": False,
    }
    header = reply_header("responses", extra=parse(**asked).extra)
    told = RESPONSES.whole(header, [DONE])
    assert {name: told[name] for name in asked} == asked | {
        "reasoning": {"effort": "low", "summary": None},
        "text": {"format": {"type": "text"}, "verbosity": "low"},
    }
    assert (told["truncation"], told["previous_response_id"], told["background"]) == ("disabled", None, False)


def test_earlier_answers_and_items_that_are_known() -> None:
    call = {"type": "function_call", "id": "fc_j_0", "call_id": "c", "name": "add", "arguments": "{}"}
    known = Known(earlier=[USER, {"role": "assistant", "content": "yes"}], items={"fc_j_0": call})
    result = {"type": "function_call_output", "call_id": "c", "output": "1"}
    for reference in ({"type": "item_reference", "id": "fc_j_0"}, {"id": "fc_j_0"}):
        parsed = parse(OpenAIResponses(known), previous_response_id="resp_j", input=[reference, result])
        assert parsed.conversation.messages == [
            HI,
            Message(Role.ASSISTANT, [TextPart("yes"), ToolCallPart("c", "add", "{}")]),
            Message(Role.USER, [ToolResultPart("c", [TextPart("1")])]),
        ]


@pytest.mark.parametrize(
    ("fields", "status", "code", "param"),
    [
        ({"previous_response_id": "resp_x"}, 400, "previous_response_not_found", "previous_response_id"),
        ({"input": [USER, {"type": "item_reference", "id": "rs_x"}]}, 404, None, "input[1]"),
    ],
)
def test_what_is_not_known(fields: dict[str, Any], status: int, code: str | None, param: str) -> None:
    with pytest.raises(BadRequestError, match=r"'(resp|rs)_x'") as caught:
        parse(**fields)
    reply = RESPONSES.error(caught.value, "r")
    assert (reply.status, reply.body["error"]["code"], reply.body["error"]["param"]) == (status, code, param)


def user_part(**part: Any) -> dict[str, Any]:
    return {"input": [USER, {"role": "user", "content": [part]}]}


def second(**item: Any) -> dict[str, Any]:
    return {"input": [USER, item]}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": None}, "model"),
        ({"input": None}, "input"),
        ({"input": []}, "input"),
        ({"input": ""}, "input"),
        ({"input": 5}, "input"),
        ({"input": [5]}, "input[0]"),
        ({"input": [{"content": "x"}]}, "input[0].role"),
        ({"input": [{"role": "alien", "content": "x"}]}, "input[0].role"),
        (second(type="hologram"), "input[1].type"),
        (second(type="function_call", call_id="c"), "input[1].name"),
        (second(type="function_call", name="f"), "input[1].call_id"),
        (second(type="function_call_output", output="x"), "input[1].call_id"),
        (second(type="function_call_output", call_id="c", output=5), "input[1].output"),
        (second(type="custom_tool_call", call_id="c", name="f", input=5), "input[1].input"),
        (second(type="item_reference"), "input[1].id"),
        (second(type="tool_search_output", call_id="c", tools=[{"type": "function"}]), "input[1].tools[0].name"),
        (user_part(type="input_text"), "input[1].content[0].text"),
        (user_part(type="hologram"), "input[1].content[0].type"),
        (user_part(type="input_audio", input_audio={}), "input[1].content[0].type"),
        (user_part(type="input_image", file_id="f"), "input[1].content[0]"),
        (user_part(type="input_image", image_url="https://x/y.png"), "input[1].content[0].image_url"),
        (user_part(type="input_file", file_id="f"), "input[1].content[0]"),
        (user_part(type="input_file", file_data="/w=="), "input[1].content[0].file_data"),
        ({"instructions": ["x"]}, "instructions"),
        ({"background": True}, "background"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"stream": "yes"}, "stream"),
        ({"tools": [{"name": "f"}]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].name"),
        ({"tools": [{"type": "function", "name": "f", "parameters": {"type": "string"}}]}, "tools[0].parameters"),
        ({"tools": [{"type": "namespace", "name": "n", "tools": [{"type": "custom"}]}]}, "tools[0].tools[0].name"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": "required", "tools": [WEB]}, "tool_choice"),
        ({"tool_choice": {"type": "web_search"}, "tools": [WEB]}, "tool_choice"),
        ({"tool_choice": {"type": "function"}}, "tool_choice.name"),
        ({"tool_choice": {"type": "function", "name": "f"}, "tools": [ADD]}, "tool_choice.name"),
        ({"tool_choice": {"type": "allowed_tools", "mode": "x"}}, "tool_choice.mode"),
        ({"tool_choice": {"type": "allowed_tools", "mode": "required", "tools": []}}, "tool_choice.tools"),
        ({"text": {"format": {"type": "xml"}}}, "text.format.type"),
        ({"text": {"format": {"type": "json_schema", "name": "n"}}}, "text.format.schema"),
    ],
)
def test_refusals_name_the_field(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        parse(**fields)
    assert caught.value.param == param
    assert caught.value.message.startswith(f"{param}: ")


def test_a_call_in_the_transcript_has_the_name_of_its_own_kind_of_tool() -> None:
    search = {"type": "function", "name": "tool_search"}
    calls = [
        {"type": "function_call", "call_id": "a", "name": "add", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "b", "name": "add", "input": "x"},
        {"type": "tool_search_call", "call_id": "c", "arguments": {}},
    ]
    parsed = parse(tools=[ADD, {"type": "custom", "name": "add"}, search, SEARCH], input=[USER, *calls])
    add, custom, _, tool_search = (tool.name for tool in parsed.conversation.tools)
    parts = parsed.conversation.messages[1].parts
    assert [part.name for part in parts if isinstance(part, ToolCallPart)] == [add, custom, tool_search]


@pytest.mark.parametrize("name", ["metadata", "user", "tools", "text", "reasoning"])
def test_what_the_answer_repeats_is_refused_where_it_would_be_too_deep_to_be_told(name: str) -> None:
    told = set()
    deep: Any = 1
    for _ in range(260):
        deep = {"type": "web_search", "a": deep}
        try:
            parsed = parse(**{name: [deep] if name == "tools" else deep})
        except BadRequestError:
            told.add(False)
            continue
        fields = reply_header("responses", extra=parsed.extra)
        stream = frames(RESPONSES, fields, [DONE])
        orjson.dumps({"answer": RESPONSES.whole(fields, [DONE])})
        told.add(stream[-1].startswith(b"event: response.completed"))
    assert told == {True, False}


def test_deep_nesting_is_refused_where_it_would_be_kept() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"a": deep}
    for name in ("metadata", "temperature"):
        with pytest.raises(BadRequestError) as caught:
            parse(**{name: deep})
        assert caught.value.param == name


_part = bodies({"type": st.sampled_from(["input_text", "output_text"]), "text": st.text(max_size=5)})
_item = st.one_of(
    bodies({"role": st.sampled_from(["user", "assistant", "system"]), "content": st.lists(_part, max_size=2)}),
    bodies({"type": st.just("function_call"), "call_id": st.just("c"), "name": st.just("f"), "arguments": _part}),
    bodies({"type": st.just("custom_tool_call"), "call_id": st.just("c"), "name": st.just("p"), "input": st.text()}),
    bodies({"type": st.just("function_call_output"), "call_id": st.just("c"), "output": st.text(max_size=5)}),
    bodies({"type": st.just("reasoning"), "summary": st.lists(_part, max_size=2)}, {"encrypted_content": st.text()}),
)
_tool = st.sampled_from([ADD, PATCH, AGENTS, SEARCH, WEB])
_bodies = bodies(
    {"model": st.just("m"), "input": st.lists(_item, min_size=1, max_size=4)},
    {
        "tools": st.lists(_tool, max_size=3),
        "tool_choice": st.sampled_from(["auto", "none"]),
        "max_output_tokens": st.integers(1),
        "metadata": junk,
        "include": st.lists(st.text(max_size=5), max_size=2),
    },
)


@given(junk | _bodies)
def test_any_body_is_understood_or_refused(body: Any) -> None:
    check_parse(RESPONSES, body)


@pytest.mark.parametrize("understood", [True, False])
def test_the_random_bodies_reach_both_ends(*, understood: bool) -> None:
    find(_bodies, lambda body: check_parse(RESPONSES, body) is understood)


# Answers


def header(**fields: Any) -> ReplyHeader:
    return reply_header("responses", stream=True, extra=parse(**fields).extra)


def events_of(stream: list[bytes]) -> list[dict[str, Any]]:
    """The frames' data, each known to be one event whose names agree."""
    told = []
    for frame in stream:
        name, data = frame.removesuffix(b"\n\n").split(b"\n")
        event = orjson.loads(data.removeprefix(b"data: "))
        assert name == b"event: " + event["type"].encode()
        told.append(event)
    return told


def client(http_client: Any) -> openai.OpenAI:
    return openai.OpenAI(api_key="k", base_url="http://gateway/v1", http_client=http_client, max_retries=0)


def test_the_frames_of_an_answer_with_everything() -> None:
    asked = header(tools=[ADD, PATCH, AGENTS, SEARCH], include=["reasoning.encrypted_content"])
    events: list[Event] = [
        Started("c", "r"), Reasoning("h"), Reasoning("m"), Text('say "é"'), Text("\n"), Usage(10, 5, 3, 2, 4),
        ToolCall("call_1", "add", '{"a":1}'), ToolCall("not legal", "apply_patch", '{"input":"x\\ny"}'),
        ToolCall("call_3", "agents__spawn", "{}"), ToolCall("call_4", "tool_search", '{"query":"q"}'), DONE,
    ]  # fmt: skip
    told = events_of(frames(RESPONSES, asked, events))
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    assert [event["type"].removeprefix("response.") for event in told] == [
        "created", "in_progress",
        "output_item.added", "reasoning_summary_part.added", "reasoning_summary_text.delta",
        "reasoning_summary_text.delta", "reasoning_summary_text.done", "reasoning_summary_part.done",
        "output_item.done",
        "output_item.added", "content_part.added", "output_text.delta", "output_text.delta", "output_text.done",
        "content_part.done", "output_item.done",
        "output_item.added", "function_call_arguments.delta", "function_call_arguments.done", "output_item.done",
        "output_item.added", "custom_tool_call_input.delta", "custom_tool_call_input.done", "output_item.done",
        "output_item.added", "function_call_arguments.delta", "function_call_arguments.done", "output_item.done",
        "output_item.added", "output_item.done",
        "completed",
    ]  # fmt: skip
    done = [event["item"] for event in told if event["type"] == "response.output_item.done"]
    begun = [event["item"] for event in told if event["type"] == "response.output_item.added"]
    assert [item["id"] for item in begun] == [item["id"] for item in done]
    assert all(item.get("status", "in_progress") == "in_progress" for item in begun)
    last = told[-1]["response"]
    assert last["output"] == done
    reasoning, message, add, patch, spawn, search = done
    assert reasoning == {
        "id": "rs_j0b_0",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "hm"}],
        "encrypted_content": reasoning["encrypted_content"],
    }
    assert message == {
        "id": "msg_j0b_1",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [{"type": "output_text", "text": 'say "é"\n', "annotations": [], "logprobs": []}],
    }
    assert add == {
        "id": "fc_j0b_2", "type": "function_call", "status": "completed", "call_id": "call_1",
        "name": "add", "arguments": '{"a":1}',
    }  # fmt: skip
    assert patch["call_id"].startswith("call_")
    assert (patch["id"], patch["type"], patch["name"], patch["input"]) == (
        "ctc_j0b_3", "custom_tool_call", "apply_patch", "x\ny",
    )  # fmt: skip
    assert (spawn["name"], spawn["namespace"], spawn["arguments"]) == ("spawn", "agents", "{}")
    assert (search["type"], search["execution"], search["arguments"]) == ("tool_search_call", "client", {"query": "q"})
    assert last["usage"] == {
        "input_tokens": 15,
        "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 2},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 4},
        "total_tokens": 20,
    }
    assert (last["status"], last["error"], last["incomplete_details"]) == ("completed", None, None)


def test_the_golden_frames_of_a_short_answer() -> None:
    stream = frames(RESPONSES, reply_header("responses"), [Text("a"), Text('"'), DONE])
    item = '"item_id":"msg_j0b_0","output_index":0,"content_index":0,'
    message = '{"id":"msg_j0b_0","type":"message","status":"in_progress","role":"assistant","content":[]}'
    part = '"part":{"type":"output_text","text":"","annotations":[],"logprobs":[]}'
    expected = [
        ("output_item.added", f'"output_index":0,"item":{message}'),
        ("content_part.added", item + part),
        ("output_text.delta", item + '"logprobs":[],"delta":"a"'),
        ("output_text.delta", item + '"logprobs":[],"delta":"\\""'),
    ]
    assert stream[2:6] == [
        f'event: response.{name}\ndata: {{"type":"response.{name}","sequence_number":{number},{rest}}}\n\n'.encode()
        for number, (name, rest) in enumerate(expected, start=2)
    ]


@pytest.mark.parametrize(
    ("events", "status", "reason"),
    [
        ([DONE], "completed", None),
        ([Text("a"), Finished(FinishReason.STOP_SEQUENCE, "x")], "completed", None),
        ([ToolCall("c", "f", "{}"), Finished(FinishReason.TOOL_CALLS)], "completed", None),
        ([Text("a"), Finished(FinishReason.LENGTH)], "incomplete", "max_output_tokens"),
    ],
)
def test_how_an_answer_ends(events: list[Any], status: str, reason: str | None) -> None:
    last = events_of(frames(RESPONSES, header(), events))[-1]
    whole = RESPONSES.whole(header(), events)
    assert last["type"] == f"response.{status}"
    for response in (last["response"], whole):
        assert response["status"] == status
        assert (response["incomplete_details"] or {}).get("reason") == reason
        if response["output"]:
            assert response["output"][-1]["status"] == status


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (ErrorCode.UPSTREAM_TRUNCATED, "server_error"),
        (ErrorCode.OVERLOADED, "server_error"),
        (ErrorCode.CONTEXT_EXCEEDED, "context_length_exceeded"),
        (ErrorCode.QUOTA, "insufficient_quota"),
        (ErrorCode.RATE_LIMITED, "rate_limit_exceeded"),
    ],
)
def test_a_failure_ends_the_stream_with_a_failed_response(code: ErrorCode, told: str) -> None:
    stream = frames(RESPONSES, header(), [Reasoning("hm"), Text("half"), Failed(code, "so it is")])
    last = events_of(stream)[-1]
    assert last["type"] == "response.failed"
    response = last["response"]
    assert (response["status"], response["error"]) == ("failed", {"code": told, "message": "so it is"})
    assert [item["id"] for item in response["output"]] == ["rs_j0b_0", "msg_j0b_1"]
    assert response["output"][1]["status"] == "incomplete"
    read = list(client(sse(stream)).responses.create(model="m", input="hi", stream=True))
    assert read[-1].type == "response.failed"


def test_what_was_taken_back_gives_no_frames() -> None:
    encoder = RESPONSES.stream(header())
    for event in (Started(), Usage(), Restarted(2), Revised(0, "x"), ToolResult("c"), Text(""), Reasoning("")):
        assert encoder.feed(event) == []


def test_a_keepalive_is_the_state_again_and_counts_as_nothing() -> None:
    encoder = RESPONSES.stream(header())
    stream = [*encoder.opening(), encoder.keepalive(), *encoder.feed(Text("a")), encoder.keepalive()]
    stream += [encoder.keepalive(), *encoder.feed(DONE)]
    told = events_of(stream)
    assert [event["sequence_number"] for event in told] == [0, 1, 1, 2, 3, 4, 4, 4, 5, 6, 7, 8]
    with client(sse(stream)).responses.stream(model="m", input="hi") as read:
        assert read.get_final_response().output_text == "a"


def test_reasoning_has_a_seal_only_when_it_was_asked_for() -> None:
    events = [Reasoning("a"), Text("b"), Reasoning("c"), DONE]
    plain = RESPONSES.whole(header(), events)["output"]
    assert "encrypted_content" not in plain[0]
    sealed = RESPONSES.whole(header(include=["reasoning.encrypted_content"]), events)["output"]
    seals = {item["encrypted_content"] for item in sealed if item["type"] == "reasoning"}
    assert len(seals) == 2
    assert transcript(USER, *sealed)[1].parts[0] == ReasoningPart("a", sealed[0]["encrypted_content"])


def test_an_answer_goes_back_as_it_was_told() -> None:
    tools = [ADD, PATCH, AGENTS, SEARCH]
    events: list[Event] = [
        Reasoning("hm"),
        Text("a"),
        ToolCall("c1", "add", '{"a":1}'),
        ToolCall("c2", "apply_patch", '{"input":"x"}'),
        ToolCall("c3", "agents__tell", '{"input":"y"}'),
        ToolCall("c4", "tool_search", '{"query":"q"}'),
        DONE,
    ]
    output = RESPONSES.whole(header(tools=tools), events)["output"]
    assert transcript(USER, *output, tools=tools)[:2] == assistant(
        ReasoningPart("hm"),
        TextPart("a"),
        *[ToolCallPart(call.id, call.name, call.arguments) for call in events if isinstance(call, ToolCall)],
    )


def test_the_sdks_stream_helper_adds_the_frames_up_to_the_whole_answer() -> None:
    asked = header(tools=[ADD, PATCH])
    events = [
        Reasoning("hm"), Text("a"), ToolCall("c1", "add", '{"a":1}'), Text("b"),
        ToolCall("c2", "apply_patch", '{"input":"x"}'), Usage(3, 4), DONE,
    ]  # fmt: skip
    with client(sse(frames(RESPONSES, asked, events))).responses.stream(model="m", input="hi") as stream:
        streamed = stream.get_final_response()
    whole = client(json_reply(RESPONSES.whole(asked, events))).responses.create(model="m", input="hi")
    assert streamed.output_text == whole.output_text == "ab"
    assert streamed.to_dict() | {"output": []} == whole.to_dict() | {"output": []}
    assert [item.id for item in streamed.output] == [item.id for item in whole.output]
    assert whole.usage is not None
    assert whole.usage.total_tokens == 7


def added_up(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The output that the frames make when items grow by their deltas alone."""
    items: list[dict[str, Any]] = []
    for event in told:
        match event["type"].removeprefix("response."):
            case "output_item.added":
                assert event["output_index"] == len(items)
                items.append(event["item"])
            case "content_part.added":
                items[event["output_index"]]["content"].append(event["part"])
            case "reasoning_summary_part.added":
                items[event["output_index"]]["summary"].append(event["part"])
            case "output_text.delta":
                items[event["output_index"]]["content"][event["content_index"]]["text"] += event["delta"]
            case "reasoning_summary_text.delta":
                items[event["output_index"]]["summary"][event["summary_index"]]["text"] += event["delta"]
            case "function_call_arguments.delta":
                items[event["output_index"]]["arguments"] += event["delta"]
            case "custom_tool_call_input.delta":
                items[event["output_index"]]["input"] += event["delta"]
            case "output_item.done":
                item = items[event["output_index"]]
                if item.get("status"):
                    item["status"] = event["item"]["status"]
                assert item == event["item"]
    return items


@given(plain_logs, st.booleans())
def test_stream_and_whole_answer_are_equal(events: list[Any], custom: bool) -> None:
    extra = {"tools": {"g": ["custom", "g", "ns"]}} if custom else {}
    asked = reply_header("responses", stream=True, extra=header().extra | extra)
    whole = RESPONSES.whole(asked, events)
    told = events_of(frames(RESPONSES, asked, events))
    assert told[-1]["response"] == whole == response_as_told(asked, events)
    assert added_up(told) == whole["output"]
    Response.model_validate(whole, strict=True)
    other = RESPONSES.whole(reply_header("openai"), events)
    assert other | {"output": []} == whole | {"output": []}


@given(any_logs)
def test_any_log_gives_frames_that_end(events: list[Any]) -> None:
    told = events_of(frames(RESPONSES, header(), events))
    assert told[-1]["type"] in ("response.completed", "response.incomplete", "response.failed")
    assert sum(event["type"] == told[-1]["type"] for event in told) == 1
    for streamed in (True, False):
        asked = reply_header("responses", stream=streamed)
        assert response_as_told(asked, events)["status"] == told[-1]["response"]["status"]


# Errors


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_error_is_one_the_sdk_understands(code: ErrorCode) -> None:
    reply = RESPONSES.error(GatewayError(code, "so it is", param="p", retry_after=0.2), "req_1")
    http = json_reply(reply.body, reply.status, reply.headers)
    with pytest.raises(openai.APIStatusError, match="so it is") as caught:
        client(http).responses.create(model="m", input="hi")
    assert (caught.value.code, caught.value.param) == (reply.body["error"]["code"], "p")
