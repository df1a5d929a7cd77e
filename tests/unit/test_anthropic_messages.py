"""Messages: bodies in, frames and answers out, both also read by the official SDK."""

import typing
from typing import Any

import anthropic
import orjson
import pytest
from anthropic.types import ContentBlockParam, tool_result_block_param
from anthropic.types import Message as SdkMessage
from anthropic.types.beta import BetaContentBlockParam
from hypothesis import find, given, settings
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
from proto.errors import BadRequestError, ErrorCode, GatewayError
from proto.events import (
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


# Requests


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


def test_thinking_whose_text_the_client_does_not_want_is_signed_all_the_same() -> None:
    parsed = parse(thinking={"type": "adaptive", "display": "omitted"})
    assert parsed.conversation.reasoning is True
    header = reply_header("anthropic", extra=parsed.extra)
    events = [Reasoning("hm"), Reasoning(" so"), Text("a"), Usage(9, 5, reasoning=3), Finished(FinishReason.STOP)]
    whole = ANTHROPIC.whole(header, events)
    signature = whole["content"][0]["signature"]
    assert whole["content"] == [
        {"type": "thinking", "thinking": "", "signature": signature},
        {"type": "text", "text": "a"},
    ]
    assert signature
    assert whole["usage"]["output_tokens_details"] == {"thinking_tokens": 3}
    assert frames(ANTHROPIC, header, events)[1:4] == [
        start(0, '{"type":"thinking","thinking":"","signature":""}'),
        delta(0, f'{{"type":"signature_delta","signature":"{signature}"}}'),
        stop(0),
    ]
    assert parse(thinking={"type": "enabled", "display": "summarized"}).extra == {}


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


# Answers


def event(name: str, rest: str = "") -> bytes:
    return f'event: {name}\ndata: {{"type":"{name}"{rest}}}\n\n'.encode()


def start(index: int, block: str) -> bytes:
    return event("content_block_start", f',"index":{index},"content_block":{block}')


def delta(index: int, value: str) -> bytes:
    return event("content_block_delta", f',"index":{index},"delta":{value}')


def stop(index: int) -> bytes:
    return event("content_block_stop", f',"index":{index}')


MESSAGE_START = event(
    "message_start",
    ',"message":{"id":"msg_j0b","type":"message","role":"assistant","model":"asked-name","content":[],'
    '"stop_reason":null,"stop_sequence":null,"stop_details":null,"usage":{"input_tokens":7,'
    '"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}',
)


def end(reason: str, usage: str, sequence: str = "null") -> list[bytes]:
    delta = f'{{"stop_reason":"{reason}","stop_sequence":{sequence},"stop_details":null}}'
    return [event("message_delta", f',"delta":{delta},"usage":{usage}'), event("message_stop")]


def signatures(stream: list[bytes]) -> list[str]:
    return [
        orjson.loads(frame.split(b"data: ")[1])["delta"]["signature"] for frame in stream if b"signature_delta" in frame
    ]


def test_the_frames_of_an_answer_with_everything() -> None:
    events = [
        Started("c", "r"),
        Reasoning("hm"),
        Reasoning(" so", 1),
        Text('say "é"', 1),
        Text("!", 2),
        Usage(10, 5, 3, 2, 4),
        ToolCall("toolu_1", "add", '{"a":1}'),
        ToolCall("toolu_2", "add", "{}"),
        Reasoning("more", 3),
        Finished(FinishReason.STOP),
    ]
    stream = frames(ANTHROPIC, reply_header("anthropic"), events)
    first, second = signatures(stream)
    assert first != second
    assert min(len(first), len(second)) >= 32
    assert stream == [
        MESSAGE_START,
        start(0, '{"type":"thinking","thinking":"","signature":""}'),
        delta(0, '{"type":"thinking_delta","thinking":"hm"}'),
        delta(0, '{"type":"thinking_delta","thinking":" so"}'),
        delta(0, f'{{"type":"signature_delta","signature":"{first}"}}'),
        stop(0),
        start(1, '{"type":"text","text":""}'),
        delta(1, '{"type":"text_delta","text":"say \\"é\\""}'),
        delta(1, '{"type":"text_delta","text":"!"}'),
        stop(1),
        start(2, '{"type":"tool_use","id":"toolu_1","name":"add","input":{}}'),
        delta(2, '{"type":"input_json_delta","partial_json":"{\\"a\\":1}"}'),
        stop(2),
        start(3, '{"type":"tool_use","id":"toolu_2","name":"add","input":{}}'),
        delta(3, '{"type":"input_json_delta","partial_json":"{}"}'),
        stop(3),
        start(4, '{"type":"thinking","thinking":"","signature":""}'),
        delta(4, '{"type":"thinking_delta","thinking":"more"}'),
        delta(4, f'{{"type":"signature_delta","signature":"{second}"}}'),
        stop(4),
        *end(
            "tool_use",
            '{"output_tokens":5,"input_tokens":10,"cache_creation_input_tokens":2,"cache_read_input_tokens":3,'
            '"output_tokens_details":{"thinking_tokens":4}}',
        ),
    ]


@pytest.mark.parametrize(
    ("usage", "shown"),
    [
        ([], '{"output_tokens":0}'),
        ([Usage(0, 5)], '{"output_tokens":5}'),
        (
            [Usage(0, 5, 3)],
            '{"output_tokens":5,"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":3}',
        ),
    ],
)
def test_an_unknown_input_does_not_replace_the_estimate(usage: list[Any], shown: str) -> None:
    events = [*usage, Finished(FinishReason.STOP)]
    assert frames(ANTHROPIC, reply_header("anthropic"), events) == [MESSAGE_START, *end("end_turn", shown)]


@pytest.mark.parametrize(
    ("events", "reason", "sequence"),
    [
        ([Finished(FinishReason.STOP)], "end_turn", None),
        ([Finished(FinishReason.STOP_SEQUENCE, "x")], "stop_sequence", "x"),
        ([Finished(FinishReason.LENGTH)], "max_tokens", None),
        ([Finished(FinishReason.TOOL_CALLS)], "end_turn", None),
        ([ToolCall("c", "f", "{}"), Finished(FinishReason.STOP)], "tool_use", None),
        ([ToolCall("c", "f", "{}"), Finished(FinishReason.STOP_SEQUENCE, "x")], "tool_use", None),
        ([ToolCall("c", "f", "{}"), Finished(FinishReason.LENGTH)], "max_tokens", None),
        ([ToolCall("c", "f", "{}"), ToolResult("c"), Finished(FinishReason.TOOL_CALLS)], "end_turn", None),
    ],
)
def test_stop_reason_is_the_same_in_both_modes(events: list[Any], reason: str, sequence: str | None) -> None:
    header = reply_header("anthropic")
    shown = orjson.loads(frames(ANTHROPIC, header, events)[-2].split(b"data: ")[1])["delta"]
    assert shown == {"stop_reason": reason, "stop_sequence": sequence, "stop_details": None}
    assert ANTHROPIC.whole(header, events).items() >= shown.items()


def test_a_failure_ends_the_stream_with_an_error_the_sdk_raises() -> None:
    stream = frames(ANTHROPIC, reply_header("anthropic"), [Text("a"), Failed(ErrorCode.OVERLOADED, "busy")])
    assert stream[-1] == event("error", ',"error":{"type":"overloaded_error","message":"busy"}')
    with pytest.raises(anthropic.APIStatusError, match="busy"):
        list(client(sse(stream)).messages.create(model="m", max_tokens=9, messages=[], stream=True))


@pytest.mark.parametrize(
    ("code", "kind", "told"),
    [
        (ErrorCode.UPSTREAM_TRUNCATED, "api_error", "Internal server error: it broke off"),
        (ErrorCode.UPSTREAM_IDLE, "timeout_error", "Internal server error: it broke off"),
        (ErrorCode.QUOTA, "rate_limit_error", "it broke off"),
    ],
)
def test_agents_read_from_the_words_of_a_stream_whether_to_ask_again(code: ErrorCode, kind: str, told: str) -> None:
    failed = Failed(code, "it broke off")
    stream = frames(ANTHROPIC, reply_header("anthropic"), [Text("a"), failed])
    assert stream[-1] == event("error", f',"error":{{"type":"{kind}","message":"{told}"}}')
    assert ANTHROPIC.error(failed, "req_1").body["error"] == {"type": kind, "message": "it broke off"}


def test_what_was_taken_back_gives_no_frames() -> None:
    encoder = ANTHROPIC.stream(reply_header("anthropic"))
    for item in (Started(), Usage(), Restarted(2), Revised(0, "x"), ToolResult("c"), Text(""), Reasoning("")):
        assert encoder.feed(item) == []
    assert encoder.keepalive() == event("ping")


def test_a_whole_answer() -> None:
    events = [
        Reasoning("hm"), Text("a"), Text("b", 1), ToolCall("c", "f", '{"a":1}'), Usage(10, 5),
        Finished(FinishReason.STOP),
    ]  # fmt: skip
    header = reply_header("anthropic")
    body = ANTHROPIC.whole(header, events)
    assert body == {
        "id": "msg_j0b",
        "type": "message",
        "role": "assistant",
        "model": "asked-name",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": signatures(frames(ANTHROPIC, header, events))[0]},
            {"type": "text", "text": "ab"},
            {"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "stop_details": None,
        "usage": {
            "input_tokens": 10,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 5,
        },
    }
    SdkMessage.model_validate(body, strict=True)


def client(http_client: Any) -> anthropic.Anthropic:
    return anthropic.Anthropic(api_key="k", base_url="http://gateway", http_client=http_client, max_retries=0)


@settings(deadline=None, max_examples=60)
@given(plain_logs)
def test_the_sdk_adds_any_stream_up_to_the_whole_answer(events: list[Any]) -> None:
    header = reply_header("anthropic")
    body = ANTHROPIC.whole(header, events)
    SdkMessage.model_validate(body, strict=True)
    with client(sse(frames(ANTHROPIC, header, events))).messages.stream(model="m", max_tokens=9, messages=[]) as stream:
        streamed = stream.get_final_message()
    sent = client(json_reply(body)).messages.create(model="m", max_tokens=9, messages=[])
    assert streamed.id == sent.id
    assert [block.to_dict() for block in streamed.content] == body["content"]
    assert (streamed.stop_reason, streamed.stop_sequence) == (sent.stop_reason, sent.stop_sequence)
    assert streamed.usage.to_dict().items() >= {k: v for k, v in body["usage"].items() if type(v) is int}.items()


def added_up(stream: list[bytes]) -> dict[str, Any]:
    """The whole answer that the frames make, added up by hand, with the order of the frames checked."""
    payloads = [orjson.loads(frame.split(b"data: ")[1]) for frame in stream]
    assert [frame.split(b"\n")[0].decode() for frame in stream] == [f"event: {p['type']}" for p in payloads]
    assert payloads[0]["type"] == "message_start"
    assert payloads[-1]["type"] == "message_stop"
    message: dict[str, Any] = payloads[0]["message"]
    open_block: dict[str, Any] | None = None
    arguments = ""
    for payload in payloads[1:-1]:
        match payload["type"]:
            case "content_block_start":
                assert open_block is None
                assert payload["index"] == len(message["content"])
                open_block, arguments = payload["content_block"], ""
                message["content"].append(open_block)
            case "content_block_delta":
                assert open_block is not None
                assert payload["index"] == len(message["content"]) - 1
                assert not open_block.get("signature")
                change = {key: value for key, value in payload["delta"].items() if key != "type"}
                arguments += change.pop("partial_json", "")
                for key, value in change.items():
                    open_block[key] += value
            case "content_block_stop":
                assert open_block is not None
                if open_block["type"] == "tool_use":
                    open_block["input"] = orjson.loads(arguments)
                open_block = None
            case "message_delta":
                assert open_block is None
                message |= payload["delta"]
                message["usage"] |= payload["usage"]
    return message


@given(plain_logs, st.booleans())
def test_stream_and_whole_answer_are_equal(events: list[Any], omitted: bool) -> None:
    header = reply_header("anthropic", extra={"thinking": "omitted"} if omitted else {})
    assert added_up(frames(ANTHROPIC, header, events)) == ANTHROPIC.whole(header, events)


@given(any_logs)
def test_any_log_gives_frames_that_end(events: list[Any]) -> None:
    stream = frames(ANTHROPIC, reply_header("anthropic"), events)
    for frame in stream:
        assert frame.startswith(b"event: ")
        assert frame.endswith(b"}\n\n")
        assert frame.count(b"\n") == 3
    assert stream[-1].startswith((b"event: message_stop", b"event: error"))


# Errors


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_error_is_one_the_sdk_understands(code: ErrorCode) -> None:
    reply = ANTHROPIC.error(GatewayError(code, "so it is", retry_after=1.5), "req_1")
    assert set(reply.body) == {"type", "error", "request_id"}
    final = {"x-should-retry": "false"} if code is ErrorCode.QUOTA else {}
    assert reply.headers == {"Retry-After": "2"} | final
    http = json_reply(reply.body, reply.status, reply.headers)
    with pytest.raises(anthropic.APIStatusError, match="so it is") as caught:
        client(http).messages.create(model="m", max_tokens=9, messages=[])
    assert caught.value.type == reply.body["error"]["type"]


def test_a_prompt_that_is_too_long_says_so_in_the_words_clients_look_for() -> None:
    reply = ANTHROPIC.error(Failed(ErrorCode.CONTEXT_EXCEEDED, "the window is full"), "req_1")
    assert reply.status == 400
    assert reply.body == {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": "prompt is too long: the window is full"},
        "request_id": "req_1",
    }
    said = ANTHROPIC.error(Failed(ErrorCode.CONTEXT_EXCEEDED, "prompt is too long: 2 > 1"), "req_1")
    assert said.body["error"]["message"] == "prompt is too long: 2 > 1"
