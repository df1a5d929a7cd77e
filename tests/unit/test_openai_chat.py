"""Chat Completions: bodies in."""

from typing import Any

import pytest
from hypothesis import find, given
from hypothesis import strategies as st

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
from proto.dialects.base import ParsedRequest
from proto.dialects.custom_tools import unwrapped
from proto.errors import BadRequestError
from tests.unit.dialects import PNG, bodies, check_parse, junk

OPENAI = get_dialect("openai")
USER = {"role": "user", "content": "hi"}
HI = Message(Role.USER, [TextPart("hi")])
ADD = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {"a": {}}}}}
ADD_TOOL = Tool("add", {"type": "object", "properties": {"a": {}}})
NO_ARGUMENTS = {"type": "object", "properties": {}}
CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}


def parse(**fields: Any) -> ParsedRequest:
    return OPENAI.parse({"model": "m", "messages": [USER]} | fields, lambda name: f"up-{name}")


def conversation(**fields: Any) -> Conversation:
    return parse(**fields).conversation


def transcript(*messages: Any) -> list[Message]:
    return conversation(messages=list(messages)).messages


def test_the_least_request() -> None:
    assert parse() == ParsedRequest(
        conversation=Conversation(model="up-m", messages=[HI]),
        requested_model="m",
        stream=False,
        include_usage=False,
        ignored=[],
        extra={},
    )


def test_system_texts_come_first_or_keep_their_place() -> None:
    parsed = conversation(
        messages=[
            {"role": "system", "content": "one"},
            {"role": "developer", "content": [{"type": "text", "text": "two"}, {"type": "text", "text": ""}]},
            USER,
            {"role": "developer", "content": "late"},
            USER,
        ]
    )
    assert parsed.system == ["one", "two"]
    assert parsed.messages == [HI, Message(Role.SYSTEM, [TextPart("late")]), HI]


def test_nothing_but_system_texts_leaves_the_last_one_to_be_answered() -> None:
    parsed = conversation(messages=[{"role": "system", "content": "a"}, {"role": "system", "content": "b"}])
    assert parsed.system == ["a"]
    assert parsed.messages == [Message(Role.SYSTEM, [TextPart("b")])]


def test_results_of_one_turn_stand_in_one_message_before_its_texts() -> None:
    assert transcript(
        USER,
        {"role": "assistant", "content": None, "tool_calls": [CALL, CALL | {"id": "c2"}]},
        {"role": "tool", "tool_call_id": "c1", "content": "1"},
        {"role": "user", "content": "and"},
        {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": "2"}]},
        {"role": "user", "content": "go on"},
    ) == [
        HI,
        Message(Role.ASSISTANT, [ToolCallPart("c1", "add", '{"a":1}'), ToolCallPart("c2", "add", '{"a":1}')]),
        Message(
            Role.USER,
            [
                ToolResultPart("c1", [TextPart("1")]),
                ToolResultPart("c2", [TextPart("2")]),
                TextPart("and"),
                TextPart("go on"),
            ],
        ),
    ]


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ({"content": "yes"}, [TextPart("yes")]),
        ({"content": "yes", "reasoning_content": "hm"}, [ReasoningPart("hm"), TextPart("yes")]),
        ({"content": "yes", "reasoning": "hm"}, [ReasoningPart("hm"), TextPart("yes")]),
        ({"content": [{"type": "refusal", "refusal": "no"}]}, [TextPart("no")]),
        ({"content": None, "refusal": "no", "audio": None, "function_call": None}, [TextPart("no")]),
        ({"content": "", "tool_calls": [CALL]}, [ToolCallPart("c1", "add", '{"a":1}')]),
        ({"tool_calls": [CALL]}, [ToolCallPart("c1", "add", '{"a":1}')]),
        ({"content": "a", "tool_calls": None}, [TextPart("a")]),
    ],
)
def test_assistant_messages(message: dict[str, Any], parts: list[Any]) -> None:
    assert transcript(USER, {"role": "assistant"} | message)[:2] == [HI, Message(Role.ASSISTANT, parts)]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("", "{}"),
        ('{ "a" : 1 }', '{ "a" : 1 }'),
        ({"a": 1}, '{"a":1}'),
        (None, "{}"),
    ],
)
def test_arguments_that_are_an_object_stay_as_they_are(sent: Any, kept: str) -> None:
    call = {"id": "c", "function": {"name": "add", "arguments": sent}}
    parsed = parse(**assistant(tool_calls=[call]))
    assert parsed.conversation.messages[1].parts == [ToolCallPart("c", "add", kept)]
    assert parsed.ignored == []


@pytest.mark.parametrize("sent", ["{", "[1]", "null", '{"a": NaN}', "[" * 5000, [1], 5])
def test_arguments_that_are_no_object_become_an_empty_one_and_are_named(sent: Any) -> None:
    call = {"id": "c", "function": {"name": "add", "arguments": sent}}
    parsed = parse(**assistant(tool_calls=[call]))
    assert parsed.conversation.messages[1].parts == [ToolCallPart("c", "add", "{}")]
    assert parsed.ignored == ["messages[1].tool_calls[0].function.arguments"]


def test_what_only_says_the_default_is_not_named() -> None:
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "auto"}}
    tools = [{"type": "function", "function": {"name": "f", "strict": False}}]
    assert parse(messages=[{"role": "user", "content": [image]}], tools=tools, reasoning_effort="none").ignored == []


def test_a_text_file_is_a_document() -> None:
    file = {"type": "file", "file": {"filename": "a.txt", "file_data": "data:text/plain;base64,d29yZHM="}}
    bare = {"type": "file", "file": {"file_data": "d29yZHM"}}
    assert transcript({"role": "user", "content": [file, bare]}) == [
        Message(Role.USER, [DocumentPart("a.txt", "words"), DocumentPart("document", "words")])
    ]
    result = {"role": "tool", "tool_call_id": "c1", "content": [file]}
    assert transcript({"role": "assistant", "tool_calls": [CALL]}, result)[1].parts == [
        ToolResultPart("c1", [TextPart("words")])
    ]


def test_what_has_no_effect_inside_a_request_is_named_once() -> None:
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "high"}}
    text = {"type": "text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}}
    schema = {"name": "n", "schema": {}, "strict": True}
    parsed = parse(
        messages=[{"role": "user", "name": "bob", "content": [image, text, image]}, USER],
        tools=[{"type": "function", "function": {"name": "f", "strict": True}}],
        stream_options={"include_usage": True, "include_obfuscation": True},
        response_format={"type": "json_schema", "json_schema": schema},
        seed=1,
    )
    assert parsed.ignored == [
        "seed",
        "stream_options.include_obfuscation",
        "tools.function.strict",
        "response_format.json_schema.strict",
        "messages.name",
        "messages.content.image_url.detail",
        "messages.content.prompt_cache_breakpoint",
    ]


def test_an_image_has_the_type_its_bytes_show() -> None:
    url = {"url": f"data:image/jpeg;name=x.jpg;base64,{PNG}", "detail": "low"}
    content = [{"type": "text", "text": "what?"}, {"type": "image_url", "image_url": url}]
    expected = [TextPart("what?"), ImagePart("image/png", PNG)]
    assert transcript({"role": "user", "content": content}) == [Message(Role.USER, expected)]
    result = {"role": "tool", "tool_call_id": "c1", "content": content}
    turn = transcript({"role": "assistant", "tool_calls": [CALL]}, USER, result)[1]
    assert turn == Message(Role.USER, [ToolResultPart("c1", expected), TextPart("hi")])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("parameters", "schema"),
    [
        ({}, NO_ARGUMENTS),
        ({"parameters": None}, NO_ARGUMENTS),
        ({"parameters": {}}, NO_ARGUMENTS),
        ({"parameters": {"properties": {"a": {}}}}, {"type": "object", "properties": {"a": {}}}),
        (
            {"parameters": {"$schema": "x", "type": "object", "properties": {}}},
            {"$schema": "x", "type": "object", "properties": {}},
        ),
    ],
)
def test_tool_schemas(parameters: dict[str, Any], schema: dict[str, Any]) -> None:
    tools = [{"type": "function", "function": {"name": "f", "description": "d", "strict": True} | parameters}]
    assert conversation(tools=tools).tools == [Tool("f", schema, "d")]


@pytest.mark.parametrize(
    ("sent", "choice"),
    [
        (None, ToolChoice()),
        ("auto", ToolChoice()),
        ("none", ToolChoice(ToolChoiceMode.NONE)),
        ("required", ToolChoice(ToolChoiceMode.REQUIRED)),
        ({"type": "function", "function": {"name": "add"}}, ToolChoice(ToolChoiceMode.NAMED, "add")),
    ],
)
def test_tool_choice(sent: Any, choice: ToolChoice) -> None:
    parsed = conversation(tools=[ADD], tool_choice=sent)
    assert parsed.tool_choice == choice
    assert parsed.tools == [ADD_TOOL]


PATCH = {
    "type": "custom",
    "custom": {
        "name": "patch",
        "description": "Changes files.",
        "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: x"}},
    },
}


def test_custom_tools_are_functions_of_one_text() -> None:
    call = {"id": "c", "type": "custom", "custom": {"name": "patch", "input": 'a "b"\n'}}
    parsed = parse(
        messages=[USER, {"role": "assistant", "tool_calls": [call]}, {"role": "tool", "tool_call_id": "c"}],
        tools=[ADD, PATCH],
        tool_choice={"type": "custom", "custom": {"name": "patch"}},
    )
    _, tool = parsed.conversation.tools
    assert (tool.name, list(tool.schema["properties"]), tool.schema["required"]) == ("patch", ["input"], ["input"])
    assert tool.description == "Changes files.\n\nThe input must follow this lark grammar:\nstart: x"
    assert parsed.conversation.tool_choice == ToolChoice(ToolChoiceMode.NAMED, "patch")
    assert parsed.conversation.messages[1].parts == [ToolCallPart("c", "patch", '{"input":"a \\"b\\"\\n"}')]
    assert parsed.extra == {"custom": ["patch"]}
    allowed = {"mode": "auto", "tools": [{"type": "custom", "custom": {"name": "patch"}}]}
    left = conversation(tools=[ADD, PATCH], tool_choice={"type": "allowed_tools", "allowed_tools": allowed}).tools
    assert left == [tool]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ('{"input":"x"}', "x"),
        ('{"input":""}', ""),
        ('{"patch":"x"}', "x"),
        ('{"input":5}', '{"input":5}'),
        ('{"a":"x","b":"y"}', '{"a":"x","b":"y"}'),
        ("{}", "{}"),
        ("not json", "not json"),
        ("[1]", "[1]"),
    ],
)
def test_the_input_of_a_custom_call(arguments: str, text: str) -> None:
    assert unwrapped(arguments) == text


def test_allowed_tools_are_the_only_ones_on_offer() -> None:
    other = {"type": "function", "function": {"name": "other"}}
    allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "add"}}]}
    parsed = conversation(tools=[other, ADD], tool_choice={"type": "allowed_tools", "allowed_tools": allowed})
    assert parsed.tools == [ADD_TOOL]
    assert parsed.tool_choice == ToolChoice(ToolChoiceMode.REQUIRED)


@pytest.mark.parametrize(
    ("fields", "limits"),
    [
        ({"max_tokens": 5}, Limits(max_tokens=5)),
        ({"max_tokens": 5, "max_completion_tokens": 6}, Limits(max_tokens=6)),
        ({"max_tokens": None}, Limits()),
        ({"max_tokens": 10**30}, Limits(max_tokens=2**31 - 1)),
        ({"stop": "x"}, Limits(stop=["x"])),
        ({"stop": ["x", "", "y"]}, Limits(stop=["x", "y"])),
        ({"stop": None}, Limits()),
        ({"response_format": {"type": "text"}}, Limits()),
        ({"response_format": {"type": "json_object"}}, Limits(json_schema={})),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}},
            Limits(json_schema={"type": "object"}),
        ),
    ],
)
def test_limits(fields: dict[str, Any], limits: Limits) -> None:
    parsed = parse(**fields)
    assert parsed.conversation.limits == limits
    assert parsed.ignored == []


@pytest.mark.parametrize(
    ("effort", "reasoning", "ignored"),
    [(None, True, []), ("none", False, []), ("low", True, ["reasoning_effort"]), ("odd", True, ["reasoning_effort"])],
)
def test_reasoning_effort(effort: str | None, *, reasoning: bool, ignored: list[str]) -> None:
    parsed = parse(reasoning_effort=effort)
    assert parsed.conversation.reasoning is reasoning
    assert parsed.ignored == ignored


def test_flags() -> None:
    parsed = parse(stream=True, stream_options={"include_usage": True, "include_obfuscation": False})
    assert (parsed.stream, parsed.include_usage) == (True, True)
    assert conversation(parallel_tool_calls=False).parallel_tool_calls is False
    assert conversation(parallel_tool_calls=None).parallel_tool_calls is True


def test_fields_without_effect_are_named_when_set() -> None:
    parsed = parse(
        temperature=0, top_p=None, seed=1, logprobs=False, metadata={"a": "b"}, n=1, modalities=["text"],
        **{"not\r\na header": 1, "x" * 65: 1, "made_up": 1},
    )  # fmt: skip
    assert parsed.ignored == ["temperature", "seed", "logprobs", "metadata", "made_up"]


def user_part(**part: Any) -> dict[str, Any]:
    return {"messages": [USER, {"role": "user", "content": [part]}]}


def assistant(**message: Any) -> dict[str, Any]:
    return {"messages": [USER, {"role": "assistant"} | message]}


def function(**fields: Any) -> dict[str, Any]:
    return {"tools": [ADD, {"type": "function", "function": {"name": "f"} | fields}]}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": None}, "model"),
        ({"model": ""}, "model"),
        ({"messages": None}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": ""}]}, "messages"),
        ({"messages": {}}, "messages"),
        ({"messages": [7] * 1000}, "messages[0]"),
        ({"messages": [USER, {"content": "x"}]}, "messages[1].role"),
        ({"messages": [{"role": "alien", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "function", "name": "f", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": "\ud800"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": ["x"]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
        (user_part(type="text", text=5), "messages[1].content[0].text"),
        (user_part(type="text"), "messages[1].content[0].text"),
        (user_part(text="x"), "messages[1].content[0].type"),
        (user_part(type="hologram"), "messages[1].content[0].type"),
        (user_part(type="input_audio", input_audio={}), "messages[1].content[0].input_audio"),
        (user_part(type="file"), "messages[1].content[0].file"),
        (user_part(type="file", file={"file_id": "f"}), "messages[1].content[0].file"),
        (user_part(type="file", file={"file_data": "JVBERi0="}), "messages[1].content[0].file.file_data"),
        (user_part(type="image_url"), "messages[1].content[0].image_url"),
        (user_part(type="image_url", image_url={}), "messages[1].content[0].image_url.url"),
        (user_part(type="image_url", image_url={"url": "https://x/y.png"}), "messages[1].content[0].image_url.url"),
        (user_part(type="image_url", image_url={"url": "data:,x"}), "messages[1].content[0].image_url.url"),
        (
            user_part(type="image_url", image_url={"url": "data:image/png;base64,§"}),
            "messages[1].content[0].image_url.url",
        ),
        (
            user_part(type="image_url", image_url={"url": "data:image/tiff;base64,AAAA"}),
            "messages[1].content[0].image_url.url",
        ),
        (
            assistant(content=[{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}]),
            "messages[1].content[0].image_url",
        ),
        (assistant(audio={"id": "a"}), "messages[1].audio"),
        (assistant(function_call={"name": "f"}), "messages[1].function_call"),
        (assistant(tool_calls=[{"id": "c"}]), "messages[1].tool_calls[0].function"),
        (assistant(tool_calls=[{"id": "c", "function": {}}]), "messages[1].tool_calls[0].function.name"),
        (assistant(tool_calls=[{"function": {"name": "f"}}]), "messages[1].tool_calls[0].id"),
        (assistant(tool_calls=[{"id": "c", "type": "custom"}]), "messages[1].tool_calls[0].custom"),
        (assistant(tool_calls=[{"id": "c", "type": "other"}]), "messages[1].tool_calls[0].type"),
        (function(parameters=[]), "tools[1].function.parameters"),
        (function(parameters={"type": "string"}), "tools[1].function.parameters"),
        (function(name=None), "tools[1].function.name"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [{"type": "custom"}]}, "tools[0].custom"),
        ({"tools": [{"type": "custom", "custom": {"name": ""}}]}, "tools[0].custom.name"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": "sometimes"}, "tool_choice"),
        ({"tool_choice": 5}, "tool_choice"),
        ({"tool_choice": {"type": "function"}}, "tool_choice.function"),
        ({"tool_choice": {"type": "function", "function": {"name": "f"}}}, "tool_choice.function.name"),
        ({"tool_choice": {"type": "custom"}}, "tool_choice.custom"),
        ({"tool_choice": {"type": "custom", "custom": {"name": "f"}}}, "tool_choice.custom.name"),
        ({"tool_choice": {"type": "allowed_tools"}}, "tool_choice.allowed_tools"),
        ({"max_tokens": "5"}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"max_completion_tokens": 0}, "max_completion_tokens"),
        ({"stop": 5}, "stop"),
        ({"stop": ["a", 5]}, "stop[1]"),
        ({"stop": ["a"] * 1000}, "stop"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": 1}}, "stream_options.include_usage"),
        ({"n": 2}, "n"),
        ({"n": 0}, "n"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"functions": [{"name": "f"}]}, "functions"),
        ({"function_call": "auto"}, "function_call"),
        ({"response_format": {}}, "response_format.type"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": 5}}},
            "response_format.json_schema.schema",
        ),
    ],
)
def test_refusals_name_the_field(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        parse(**fields)
    assert caught.value.param == param
    assert caught.value.message.startswith(f"{param}: ")
    reply = OPENAI.error(caught.value, "req_1")
    assert reply.status == 400
    assert reply.body["error"]["param"] == param


@pytest.mark.parametrize("body", [None, [], "x", 5])
def test_a_body_that_is_no_object(body: Any) -> None:
    with pytest.raises(BadRequestError):
        OPENAI.parse(body, str)


def test_a_field_name_that_is_no_text_is_refused_without_repeating_it() -> None:
    with pytest.raises(BadRequestError, match=r"^The request body: ") as caught:
        parse(**{"\ud800": 1})
    assert caught.value.param is None


def test_deep_nesting_is_refused_where_it_would_be_kept() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"a": deep}
    assert parse(unknown=deep).ignored == ["unknown"]
    for fields, param in [
        (function(parameters=deep), "tools[1].function.parameters"),
        ({"messages": [{"role": "user", "content": deep}]}, "messages[0].content"),
        (
            assistant(tool_calls=[{"id": "c", "function": {"name": "f", "arguments": deep}}]),
            "messages[1].tool_calls[0].function.arguments",
        ),
    ]:
        with pytest.raises(BadRequestError) as caught:
            parse(**fields)
        assert caught.value.param == param


_parts = bodies({"type": st.just("text"), "text": st.text(max_size=5)}) | bodies(
    {"type": st.just("image_url"), "image_url": bodies({"url": st.just(f"data:image/png;base64,{PNG}")})}
)
_texts = st.text(max_size=5) | st.lists(bodies({"type": st.just("text"), "text": st.text(max_size=5)}), max_size=3)
_function = bodies({"name": st.just("f")}, {"arguments": st.sampled_from(["{}", '{"a":1}', "{"])})
_messages = st.one_of(
    bodies({"role": st.just("user"), "content": st.lists(_parts, max_size=3)}),
    bodies({"role": st.sampled_from(["system", "developer"]), "content": _texts}),
    bodies({"role": st.just("tool"), "tool_call_id": st.just("c"), "content": _texts}),
    bodies(
        {"role": st.just("assistant")},
        {
            "content": _texts,
            "reasoning_content": st.text(max_size=5),
            "tool_calls": st.lists(bodies({"id": st.just("c"), "function": _function}), max_size=2),
        },
    ),
)
_schema = bodies({"type": st.just("object")}, {"a": junk})
_tools = st.lists(
    bodies(
        {
            "type": st.just("function"),
            "function": bodies({"name": st.just("f")}, {"parameters": _schema}),
        }
    ),
    min_size=1,
    max_size=2,
)
_bodies = bodies(
    {"model": st.just("m"), "messages": st.lists(_messages, min_size=1, max_size=4)},
    {
        "tools": _tools,
        "tool_choice": st.sampled_from(["auto", "none"]),
        "stop": st.lists(st.text(max_size=3), max_size=3),
        "max_tokens": st.integers(1),
        "response_format": bodies({"type": st.just("json_schema"), "json_schema": bodies({"schema": _schema})}),
    },
)


@given(junk | _bodies)
def test_any_body_is_understood_or_refused(body: Any) -> None:
    check_parse(OPENAI, body)


@pytest.mark.parametrize("understood", [True, False])
def test_the_random_bodies_reach_both_ends(*, understood: bool) -> None:
    find(_bodies, lambda body: check_parse(OPENAI, body) is understood)
