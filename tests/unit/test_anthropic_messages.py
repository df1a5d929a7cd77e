"""Messages: bodies in."""

import typing
from typing import Any

import pytest
from anthropic.types import ContentBlockParam, tool_result_block_param
from anthropic.types.beta import BetaContentBlockParam
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
from proto.dialects.anthropic_content import Block, ResultBlock
from proto.dialects.base import ParsedRequest
from proto.errors import BadRequestError
from tests.unit.dialects import PNG, bodies, check_parse, junk

ANTHROPIC = get_dialect("anthropic")
USER = {"role": "user", "content": "hi"}
HI = Message(Role.USER, [TextPart("hi")])
ADD = {"name": "add", "input_schema": {"type": "object", "properties": {"a": {}}}}
ADD_TOOL = Tool("add", {"type": "object", "properties": {"a": {}}})
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/gif", "data": PNG}}
IMAGE_PART = ImagePart("image/png", PNG)
USE = {"type": "tool_use", "id": "t1", "name": "add", "input": {"a": 1}}


def parse(**fields: Any) -> ParsedRequest:
    return ANTHROPIC.parse({"model": "m", "max_tokens": 9, "messages": [USER]} | fields, lambda name: f"up-{name}")


def conversation(**fields: Any) -> Conversation:
    return parse(**fields).conversation


def user(*blocks: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(blocks)}]}


def assistant(*blocks: Any) -> dict[str, Any]:
    return {"messages": [USER, {"role": "assistant", "content": list(blocks)}]}


def result(**fields: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": "t1"} | fields


def document(**fields: Any) -> dict[str, Any]:
    return {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "words"}} | fields


def test_the_least_request() -> None:
    assert parse() == ParsedRequest(
        conversation=Conversation(model="up-m", messages=[HI], reasoning=False, limits=Limits(max_tokens=9)),
        requested_model="m",
        stream=False,
        include_usage=False,
        ignored=[],
        extra={},
    )


def test_system_at_the_top_and_inside_messages() -> None:
    late = {"role": "system", "content": [{"type": "text", "text": "late"}], "output_config": {"effort": "low"}}
    parsed = conversation(
        system=[
            {"type": "text", "text": "one", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": ""},
            {"type": "text", "text": "two"},
        ],
        messages=[{"role": "system", "content": "three"}, USER, late, {"role": "system"}],
    )
    assert parsed.system == ["one", "two", "three"]
    assert parsed.messages == [HI, Message(Role.SYSTEM, [TextPart("late")])]
    assert conversation(system="s").system == ["s"]
    assert conversation(system=None).system == []


def test_turns_of_one_role_merge_with_results_first() -> None:
    parsed = conversation(
        messages=[
            USER,
            {"role": "assistant", "content": [{"type": "text", "text": "a"}]},
            {"role": "assistant", "content": [USE, USE | {"id": "t2", "input": {}}]},
            {"role": "user", "content": [{"type": "text", "text": "see"}, result(content="1", is_error=False)]},
            {"role": "user", "content": [result(tool_use_id="t2", is_error=True), IMAGE]},
        ]
    )
    assert parsed.messages == [
        HI,
        Message(
            Role.ASSISTANT,
            [TextPart("a"), ToolCallPart("t1", "add", '{"a":1}'), ToolCallPart("t2", "add", "{}")],
        ),
        Message(
            Role.USER,
            [
                ToolResultPart("t1", [TextPart("1")]),
                ToolResultPart("t2", [], is_error=True),
                TextPart("see"),
                IMAGE_PART,
            ],
        ),
    ]


@pytest.mark.parametrize(
    ("block", "parts"),
    [
        ({"type": "text", "text": "a", "citations": None}, [TextPart("a")]),
        ({"type": "thinking", "thinking": "hm", "signature": "s"}, [ReasoningPart("hm", "s")]),
        ({"type": "thinking", "thinking": "", "signature": "s"}, [ReasoningPart("", "s")]),
        ({"type": "thinking", "thinking": "hm"}, [ReasoningPart("hm")]),
        ({"type": "redacted_thinking", "data": "x"}, [ReasoningPart("", "x")]),
        (USE, [ToolCallPart("t1", "add", '{"a":1}')]),
        (USE | {"input": None}, [ToolCallPart("t1", "add", "{}")]),
        ({"type": "compaction", "content": "so far", "signature": "s"}, [TextPart("so far")]),
    ],
)
def test_assistant_blocks(block: dict[str, Any], parts: list[Any]) -> None:
    parsed = parse(**assistant(block))
    assert parsed.conversation.messages[:2] == [HI, Message(Role.ASSISTANT, parts)]
    assert parsed.ignored == []


@pytest.mark.parametrize("sent", ['{"a":', [1], 5])
def test_arguments_that_are_no_object_become_an_empty_one_and_are_named(sent: Any) -> None:
    parsed = parse(**assistant(USE | {"input": sent}))
    assert parsed.conversation.messages[1].parts == [ToolCallPart("t1", "add", "{}")]
    assert parsed.ignored == ["messages[1].content[0].input"]


@pytest.mark.parametrize(
    ("block", "parts"),
    [
        (IMAGE, [IMAGE_PART]),
        (document(), [DocumentPart("document", "words")]),
        (document(title="T", context="c"), [DocumentPart("T", "c\n\nwords")]),
        (
            document(source={"type": "base64", "media_type": "text/plain", "data": "d8O2cmRz"}, title="T"),
            [DocumentPart("T", "wörds")],
        ),
        (
            document(source={"type": "content", "content": [{"type": "text", "text": "a"}, IMAGE]}),
            [DocumentPart("document", "a"), IMAGE_PART],
        ),
        (document(source={"type": "content", "content": "a"}), [DocumentPart("document", "a")]),
        (
            {"type": "search_result", "source": "s", "title": "T", "content": [{"type": "text", "text": "a"}]},
            [DocumentPart("T", "s\n\na")],
        ),
        (result(), [ToolResultPart("t1", [])]),
        (result(content=""), [ToolResultPart("t1", [])]),
        (result(content="x", is_error=True), [ToolResultPart("t1", [TextPart("x")], is_error=True)]),
        (
            result(content=[{"type": "text", "text": "x"}, IMAGE, {"type": "text", "text": ""}]),
            [ToolResultPart("t1", [TextPart("x"), IMAGE_PART])],
        ),
        (result(content=[document(title="T")]), [ToolResultPart("t1", [TextPart("words")])]),
        (
            result(content=[{"type": "tool_reference", "tool_name": "add"}]),
            [ToolResultPart("t1", [TextPart("add")])],
        ),
        (
            result(content=[{"type": "search_result", "source": "s", "title": "T", "content": []}]),
            [ToolResultPart("t1", [TextPart("T\ns")])],
        ),
        (
            result(content=[{"type": "browser_state", "tabs": []}, {"type": "text", "text": "x"}]),
            [ToolResultPart("t1", [TextPart("x")])],
        ),
    ],
)
def test_user_blocks(block: dict[str, Any], parts: list[Any]) -> None:
    called = [{"role": "assistant", "content": [USE]}] if block["type"] == "tool_result" else []
    messages = conversation(messages=[*called, {"role": "user", "content": [block]}]).messages
    assert messages[len(called) :] == [Message(Role.USER, parts)]


def test_tools_of_the_vendor_are_left_out_and_named() -> None:
    parsed = parse(
        tools=[
            ADD | {"type": "custom", "defer_loading": True},
            {"type": "web_search_20260318", "name": "web_search", "max_uses": 3},
            {"name": "bare", "type": None, "description": "d"},
            {"type": "bash_20250124", "name": "bash"},
        ]
    )
    assert parsed.conversation.tools == [ADD_TOOL, Tool("bare", {"type": "object", "properties": {}}, "d")]
    assert parsed.ignored == ["tools.defer_loading", "tools[1]", "tools[3]"]


def test_blocks_of_the_vendors_tools_are_left_out_and_named() -> None:
    used = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    found = {"type": "web_search_tool_result", "tool_use_id": "s", "content": {"odd": 1}}
    parsed = parse(**assistant(used, found, {"type": "text", "text": "so"}))
    assert parsed.conversation.messages == [HI, Message(Role.ASSISTANT, [TextPart("so")])]
    assert parsed.ignored == ["messages[1].content[0]", "messages[1].content[1]"]


@pytest.mark.parametrize(
    ("sent", "choice", "parallel"),
    [
        (None, ToolChoice(), True),
        ({"type": "auto"}, ToolChoice(), True),
        ({"type": "auto", "disable_parallel_tool_use": True}, ToolChoice(), False),
        ({"type": "any", "disable_parallel_tool_use": False}, ToolChoice(ToolChoiceMode.REQUIRED), True),
        ({"type": "none"}, ToolChoice(ToolChoiceMode.NONE), True),
        ({"type": "tool", "name": "add"}, ToolChoice(ToolChoiceMode.NAMED, "add"), True),
    ],
)
def test_tool_choice(sent: Any, choice: ToolChoice, *, parallel: bool) -> None:
    parsed = conversation(tools=[ADD], tool_choice=sent)
    assert (parsed.tool_choice, parsed.parallel_tool_calls) == (choice, parallel)


@pytest.mark.parametrize(
    ("thinking", "reasoning", "ignored"),
    [
        (None, False, []),
        ({"type": "disabled"}, False, []),
        ({"type": "enabled", "budget_tokens": 2000}, True, ["thinking.budget_tokens"]),
        ({"type": "adaptive", "display": "updates"}, True, ["thinking.display"]),
        ({"type": "adaptive", "display": "summarized"}, True, []),
        ({"type": "adaptive", "display": "omitted"}, True, []),
        ({"type": "between_tools"}, True, []),
    ],
)
def test_thinking(thinking: Any, *, reasoning: bool, ignored: list[str]) -> None:
    parsed = parse(thinking=thinking)
    assert parsed.conversation.reasoning is reasoning
    assert parsed.ignored == ignored


def test_limits() -> None:
    schema = {"type": "object"}
    parsed = parse(
        max_tokens=10**30,
        stop_sequences=["a", ""],
        output_config={"effort": "high", "format": {"type": "json_schema", "schema": schema}},
    )
    assert parsed.conversation.limits == Limits(max_tokens=2**31 - 1, stop=["a"], json_schema=schema)
    assert parsed.ignored == ["output_config.effort"]


def test_fields_without_effect_are_named_when_set() -> None:
    parsed = parse(temperature=1.0, top_p=None, top_k=0, metadata={"user_id": "{}"}, context_management={}, stream=True)
    assert parsed.ignored == ["temperature", "top_k", "metadata", "context_management"]
    assert parsed.stream is True


def test_what_has_no_effect_inside_a_request_is_named_once() -> None:
    cached = {"cache_control": {"type": "ephemeral"}}
    said = {"type": "text", "text": "a"} | cached
    parsed = parse(
        system=[said],
        tools=[
            ADD
            | cached
            | {
                "strict": True,
                "defer_loading": False,
                "eager_input_streaming": True,
                "input_examples": [{}],
                "allowed_callers": [],
            }
        ],
        messages=[
            {"role": "user", "content": [said, document(citations={"enabled": True}), document(citations=None)]},
            {"role": "assistant", "content": [USE | cached]},
            {"role": "user", "content": [result(content=[said])]},
            {"role": "system", "content": "b", "output_config": {"effort": "low"}},
        ],
    )
    assert parsed.ignored == [
        "cache_control",
        "tools.strict",
        "tools.eager_input_streaming",
        "tools.input_examples",
        "messages.content.citations",
        "messages.output_config",
    ]
    assert parse(messages=[{"role": "user", "content": [result(content=[said])]}]).ignored == ["cache_control"]
    assert parse(messages=[{"role": "user", "content": [document(citations={"enabled": False})]}]).ignored == []


def test_the_schema_of_the_answer_by_its_older_name() -> None:
    wanted = {"type": "json_schema", "schema": {"type": "object"}}
    assert conversation(output_format=wanted).limits.json_schema == {"type": "object"}
    assert conversation(output_format=wanted, output_config={"effort": "low"}).limits.json_schema == {"type": "object"}
    assert parse(output_format=wanted).ignored == []


def kinds(union: Any) -> set[str]:
    """The types of the blocks that a union of the SDK has."""
    found: set[str] = set()
    for block in (each for each in typing.get_args(union) if isinstance(each, type)):
        kind = typing.get_type_hints(block)["type"]
        while typing.get_origin(kind) is not typing.Literal:
            (kind,) = typing.get_args(kind)
        found |= set(typing.get_args(kind))
    return found


def test_every_block_that_the_sdk_knows_is_one_of_ours() -> None:
    ours = kinds_of_ours(Block)
    assert kinds(ContentBlockParam) | kinds(BetaContentBlockParam) == ours | {"container_upload"}
    assert kinds(tool_result_block_param.Content) == kinds_of_ours(ResultBlock)


def kinds_of_ours(union: Any) -> set[str]:
    return {kind for block in typing.get_args(union) for kind in typing.get_args(block.model_fields["type"].annotation)}


def source(kind: str, **fields: Any) -> dict[str, Any]:
    return {"source": {"type": kind} | fields}


BLOCK = "messages[0].content[0]"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": None}, "model"),
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": "9"}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}], "system": "s"}, "messages"),
        ({"messages": [USER, {"content": "x"}]}, "messages[1].role"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": {}}]}, "messages[0].content"),
        (user("x"), BLOCK),
        (user({"text": "x"}), f"{BLOCK}.type"),
        (user({"type": "hologram"}), f"{BLOCK}.type"),
        (user({"type": "container_upload", "file_id": "f"}), f"{BLOCK}.type"),
        (user({"type": "text"}), f"{BLOCK}.text"),
        (user({"type": "text", "text": 5}), f"{BLOCK}.text"),
        (user({"type": "text", "text": "\ud800"}), f"{BLOCK}.text"),
        (user({"type": "thinking", "thinking": "x"}), f"{BLOCK}.type"),
        (user(USE), f"{BLOCK}.type"),
        (user({"type": "image"}), f"{BLOCK}.source"),
        (user(IMAGE | source("url", url="https://x/y.png")), f"{BLOCK}.source"),
        (user(IMAGE | source("file", file_id="f")), f"{BLOCK}.source"),
        (user(IMAGE | source("odd")), f"{BLOCK}.source.type"),
        (user(IMAGE | {"source": {}}), f"{BLOCK}.source.type"),
        (user(IMAGE | source("base64")), f"{BLOCK}.source.data"),
        (user(IMAGE | source("base64", data="§")), f"{BLOCK}.source.data"),
        (user(IMAGE | source("base64", media_type="image/tiff", data="AAAA")), f"{BLOCK}.source.data"),
        (user(document(**source("base64", media_type="application/pdf", data="JVBERi0="))), f"{BLOCK}.source.data"),
        (user(document(**source("url", url="https://x"))), f"{BLOCK}.source"),
        (user(document(**source("text"))), f"{BLOCK}.source.data"),
        (user(document(title=5)), f"{BLOCK}.title"),
        (
            user(document(**source("content", content=[{"type": "text", "text": 5}]))),
            f"{BLOCK}.source.content[0].text",
        ),
        (
            user(document(**source("content", content=[IMAGE | source("url")]))),
            f"{BLOCK}.source.content[0].source",
        ),
        (user(result(tool_use_id=None)), f"{BLOCK}.tool_use_id"),
        (user(result(is_error="no")), f"{BLOCK}.is_error"),
        (user(result(content=5)), f"{BLOCK}.content"),
        (user(result(content=[{"type": "text"}])), f"{BLOCK}.content[0].text"),
        (user(result(content=[USE])), f"{BLOCK}.content[0].type"),
        (user(result(content=[IMAGE | source("url")])), f"{BLOCK}.content[0].source"),
        (user(result(content=[document(**source("file"))])), f"{BLOCK}.content[0].source"),
        (assistant(IMAGE), "messages[1].content[0].type"),
        (assistant(document()), "messages[1].content[0].type"),
        (assistant({"type": "tool_use", "name": "f"}), "messages[1].content[0].id"),
        (assistant({"type": "thinking", "signature": "s"}), "messages[1].content[0].thinking"),
        ({"messages": [USER, {"role": "system", "content": [IMAGE]}]}, "messages[1].content[0].type"),
        ({"system": [IMAGE]}, "system[0].type"),
        ({"system": 5}, "system"),
        ({"tools": [{"input_schema": {}}]}, "tools[0].name"),
        ({"tools": [ADD, ADD | {"input_schema": {"type": "array"}}]}, "tools[1].input_schema"),
        ({"tools": [ADD | {"input_schema": 5}]}, "tools[0].input_schema"),
        ({"tools": {}}, "tools"),
        ({"tool_choice": "auto"}, "tool_choice"),
        ({"tool_choice": {"type": "odd"}}, "tool_choice.type"),
        ({"tool_choice": {"type": "any"}}, "tool_choice"),
        ({"tool_choice": {"type": "tool"}}, "tool_choice.name"),
        ({"tool_choice": {"type": "tool", "name": "x"}, "tools": [ADD]}, "tool_choice.name"),
        ({"thinking": {"type": "odd"}}, "thinking.type"),
        ({"thinking": {}}, "thinking.type"),
        ({"output_config": {"format": {"type": "xml", "schema": {}}}}, "output_config.format.type"),
        ({"output_config": {"format": {"type": "json_schema"}}}, "output_config.format.schema"),
        ({"output_format": {"type": "xml", "schema": {}}}, "output_format.type"),
        ({"stop_sequences": [5]}, "stop_sequences[0]"),
        ({"stream": 1}, "stream"),
    ],
)
def test_refusals_name_the_field(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        parse(**fields)
    assert caught.value.param == param
    reply = ANTHROPIC.error(caught.value, "req_1")
    assert reply.status == 400
    assert reply.body["error"]["message"].startswith(f"{param}: ")


def test_absent_fields_that_are_required() -> None:
    for name in ("model", "max_tokens", "messages"):
        body = {"model": "m", "max_tokens": 9, "messages": [USER]}
        del body[name]
        with pytest.raises(BadRequestError) as caught:
            ANTHROPIC.parse(body, str)
        assert caught.value.param == name


def test_deep_nesting_is_refused_where_it_would_be_kept() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"a": deep}
    assert parse(metadata=deep).ignored == ["metadata"]
    for fields, param in [
        ({"tools": [ADD | {"input_schema": deep}]}, "tools[0].input_schema"),
        (assistant(USE | {"input": deep}), "messages[1].content[0].input"),
        ({"output_config": {"format": {"type": "json_schema", "schema": deep}}}, "output_config.format.schema"),
    ]:
        with pytest.raises(BadRequestError) as caught:
            parse(**fields)
        assert caught.value.param == param


_text = bodies({"type": st.just("text"), "text": st.text(max_size=5)})
_image = bodies(
    {
        "type": st.just("image"),
        "source": bodies({"type": st.just("base64"), "media_type": st.just("image/png"), "data": st.just(PNG)}),
    }
)
_document = bodies(
    {"type": st.just("document"), "source": bodies({"type": st.just("text"), "data": st.text(max_size=5)})},
    {"title": st.text(max_size=5)},
)
_result = bodies(
    {"type": st.just("tool_result"), "tool_use_id": st.just("t")},
    {"content": st.lists(_text | _image | _document, max_size=2) | st.text(max_size=5), "is_error": st.booleans()},
)
_thinking = bodies({"type": st.just("thinking"), "thinking": st.text(max_size=5)}, {"signature": st.just("s")})
_use = bodies({"type": st.just("tool_use"), "id": st.just("t"), "name": st.just("f"), "input": bodies({"a": junk})})
_messages = st.one_of(
    bodies({"role": st.just("user"), "content": st.lists(_text | _image | _document | _result, max_size=3)}),
    bodies({"role": st.just("assistant"), "content": st.lists(_text | _thinking | _use, max_size=3)}),
    bodies({"role": st.just("system")}, {"content": st.text(max_size=5)}),
)
_bodies = bodies(
    {
        "model": st.just("m"),
        "max_tokens": st.integers(1),
        "messages": st.lists(_messages, min_size=1, max_size=4),
    },
    {
        "system": st.lists(_text, max_size=2) | st.text(max_size=5),
        "tools": st.lists(
            bodies({"name": st.just("f")}, {"input_schema": bodies({"type": st.just("object")}, {"a": junk})}),
            max_size=2,
        ),
        "tool_choice": bodies({"type": st.sampled_from(["auto", "none"])}),
        "thinking": bodies({"type": st.sampled_from(["enabled", "disabled"])}),
        "output_config": bodies({"format": bodies({"type": st.just("json_schema"), "schema": bodies({"a": junk})})}),
    },
)


@given(junk | _bodies)
def test_any_body_is_understood_or_refused(body: Any) -> None:
    check_parse(ANTHROPIC, body)


@pytest.mark.parametrize("understood", [True, False])
def test_the_random_bodies_reach_both_ends(*, understood: bool) -> None:
    find(_bodies, lambda body: check_parse(ANTHROPIC, body) is understood)
