"""Responses: bodies in."""

import base64
from typing import Any

import orjson
import pytest
from hypothesis import find, given
from hypothesis import strategies as st

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
from proto.dialects.openai_responses import Known, OpenAIResponses
from proto.errors import BadRequestError
from tests.unit.dialects import PNG, bodies, check_parse, frames, junk, reply_header
from tests.unit.responses import ADD, AGENTS, DONE, HI, PATCH, RESPONSES, SEARCH, USER, assistant, parse, transcript

WEB = {"type": "web_search", "name": 5, "search_content_types": ["text"]}


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
