"""Continuing conversations upstream, without sockets: the real codec, and the simulator's own performer as upstream."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.simulator.conversations import Conversations
from cli.simulator.options import Options
from cli.simulator.performer import Performer
from cli.simulator.script import parse
from cli.simulator.turn import read_turn
from proto.codec import parse_response_event
from proto.continuation import (
    Continuation,
    Place,
    SeenAnswer,
    after_answer,
    last_answer,
    pack,
    unpack,
)
from proto.conversation import (
    Conversation,
    DocumentPart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    Role,
    TextPart,
    Tool,
    ToolCallPart,
    ToolResultPart,
)
from proto.dialects.encoder import client_call_id
from proto.events import Revised, Text, ToolCall, ToolResult
from proto.normalise import normalise
from proto.warp.request_pb2 import Request
from proto.warp.response_pb2 import ResponseEvent
from proto.warp.task_pb2 import Task
from proto.warp_events import EventTranslator
from proto.warp_history import message_history
from proto.warp_request import RequestOptions, build_request, continue_request, message_ids, sent_tasks
from proto.warp_tasks import TaskLedger

TOOLS = [Tool("look", {"type": "object", "properties": {"n": {"type": "integer"}}}, "Looks.")]
PNG = ImagePart("image/png", "aGVsbG8=")
MOST = 1 << 20


def user(*parts: Part | str) -> Message:
    return Message(Role.USER, [TextPart(part) if isinstance(part, str) else part for part in parts])


def assistant(*parts: Part | str) -> Message:
    return Message(Role.ASSISTANT, [TextPart(part) if isinstance(part, str) else part for part in parts])


def conversation(*messages: Message, **fields: Any) -> Conversation:
    return Conversation(**{"model": "auto", "messages": [*messages], "tools": TOOLS, **fields})


def place(talk: Conversation) -> Place:
    found = last_answer(talk)
    assert found is not None
    return found[0]


class Upstream:
    """The simulator, asked directly; it refuses what does not go on as its tasks stand."""

    def __init__(self) -> None:
        self.options = Options(gap=0)
        self.conversations = Conversations()

    def answer(self, body: bytes, script: str) -> list[ResponseEvent]:
        request = Request.FromString(body)
        assert self.conversations.fault(request, "t") == ""
        performer = Performer(request, read_turn(request), self.options)
        plan = performer.perform(parse(script))
        self.conversations.stands(performer.conversation_id, "t", plan.conversation)
        data = [frame.removeprefix(b"data: ").strip() for _, frame in plan.frames]
        return [event for each in data if (event := parse_response_event(each)) is not None]


class Gateway:
    """What a worker does with a conversation, turn by turn; `kept` is what Redis would hold."""

    def __init__(self) -> None:
        self.upstream = Upstream()
        self.kept: dict[Place, bytes] = {}
        self.bodies: list[bytes] = []
        self.continued: list[bool] = []

    def ask(self, talk: Conversation, script: str, *, job: str = "job") -> Message:
        """One request; answers what the client gets to see as its next message."""
        found = last_answer(talk)
        data = self.kept.pop(found[0], None) if found else None
        if data is not None and found is not None:
            body = continue_request(talk, found[1], unpack(data))
        else:
            body = build_request(talk, RequestOptions())
        self.bodies.append(body)
        self.continued.append(data is not None)
        tasks = sent_tasks(body)
        translator = EventTranslator(known_messages=message_ids(tasks))
        ledger, seen = TaskLedger(tasks, MOST), SeenAnswer()
        for event in self.upstream.answer(body, script):
            seen.feed(translator.feed(event))
            ledger.feed(event)
        active = ledger.active_tasks()
        assert active is not None, ledger.lost
        answer = seen.message([client_call_id(job, call.id) for call in seen.calls])
        where, ids = after_answer(talk, answer)
        call_ids = {id_: call.id for id_, call in zip(ids, seen.calls, strict=True) if id_ != call.id}
        context = Request.TaskContext(tasks=active).SerializeToString()
        self.kept[where] = pack(Continuation(ledger.conversation_id, "t", context, call_ids))
        return answer


def calls_of(answer: Message) -> list[ToolCallPart]:
    return [part for part in answer.parts if isinstance(part, ToolCallPart)]


def grown(talk: Conversation, *messages: Message) -> Conversation:
    """The conversation as the client sends it next."""
    system, ordered = normalise([*talk.messages, *messages])
    return conversation(*ordered, system=[*talk.system, *system])


# The whole way -------------------------------------------------------------------------------------------------------


def test_a_tool_loop_of_a_hundred_turns_grows_by_the_same_each_turn() -> None:
    gateway = Gateway()
    system = "Be exact. " * 500
    talk = conversation(user("Look a hundred times."), system=[system])
    sizes = []
    for turn in range(100):
        answer = gateway.ask(talk, f"[[sim:text say='Turn {turn:03}']] [[sim:tools names=look args='{{\"n\": 1}}']]")
        (call,) = calls_of(answer)
        talk = grown(talk, answer, user(ToolResultPart(call.id, [TextPart(f"result {turn:03} " + "x" * 500)])))
        sizes.append(len(gateway.bodies[-1]))

    assert gateway.continued == [False] + [True] * 99
    growth = [after - before for before, after in itertools.pairwise(sizes[1:])]
    assert max(growth) - min(growth) <= 8  # lengths of lengths
    assert sizes[-1] < 100 * 2500
    # The system text went up once as input, and from then on only as the upstream's own record of that.
    assert gateway.bodies[-1].count(system.encode()) == 1
    last = Request.FromString(gateway.bodies[-1])
    (entry,) = last.input.user_inputs.inputs
    assert entry.tool_call_result.call_mcp_tool.success.results[0].text.text.startswith("result 098")


def spoken(request: Request) -> list[tuple[str, str]]:
    """What a request tells, in order: each user's text, answer, call and result, history and input alike."""
    told = []
    for message in (message for task in request.task_context.tasks for message in task.messages):
        match message.WhichOneof("message"):
            case "user_query":
                told.append(("user", message.user_query.query))
            case "agent_output":
                told.append(("assistant", message.agent_output.text))
            case "tool_call":
                call = message.tool_call.call_mcp_tool
                told.append(("call", f"{call.name} {json.dumps(dict(call.args), sort_keys=True)}"))
            case "tool_call_result":
                told.append(("result", result_text(message.tool_call_result.call_mcp_tool)))
    for entry in request.input.user_inputs.inputs:
        if entry.HasField("user_query"):
            told.append(("user", entry.user_query.query))
        else:
            told.append(("result", result_text(entry.tool_call_result.call_mcp_tool)))
    return told


def result_text(outcome: Any) -> str:
    if outcome.HasField("error"):
        return f"error {outcome.error.message}"
    return "|".join(part.text.text for part in outcome.success.results)


_words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=12).filter(str.strip)


@st.composite
def _turn(draw: st.DrawFn) -> tuple[str, list[str], list[tuple[str, bool]]]:
    """A script for the upstream, what the user says next, and the results of its calls."""
    calls = draw(st.integers(0, 3))
    text = draw(st.booleans()) or not calls
    reasoning = "[[sim:reasoning]] " if draw(st.booleans()) else ""
    script = reasoning + ("[[sim:text n=2]] " if text else "")
    script += f"[[sim:tools names={','.join(['look'] * calls)} args='{{\"n\": 3}}']]" if calls else ""
    says = draw(st.lists(_words, max_size=2)) if calls else draw(st.lists(_words, min_size=1, max_size=2))
    results = draw(st.lists(st.tuples(_words, st.booleans()), min_size=calls, max_size=calls))
    return script, says, results


@settings(max_examples=40, deadline=None)
@given(st.lists(_turn(), min_size=1, max_size=6), st.lists(_words, max_size=1))
def test_the_upstream_sees_every_message_once_and_in_order(
    turns: Sequence[tuple[str, list[str], list[tuple[str, bool]]]], system: list[str]
) -> None:
    gateway = Gateway()
    talk = conversation(user("begin"), system=system)
    for script, says, results in turns:
        answer = gateway.ask(talk, script)
        returned = [
            ToolResultPart(call.id, [TextPart(text)], is_error=failed)
            for call, (text, failed) in zip(calls_of(answer), results, strict=True)
        ]
        # Clients drop the reasoning and may send results in any order.
        talk = grown(talk, answer, user(*reversed(returned), *says))
    gateway.ask(talk, "[[sim:text]]")

    assert gateway.continued == [False] + [True] * len(turns)
    whole = Request(task_context=Request.TaskContext(tasks=message_history(talk).tasks))
    whole.input.CopyFrom(message_history(conversation(*talk.messages)).input)
    told = spoken(Request.FromString(gateway.bodies[-1]))
    if system:  # the first query says where the system text is
        told[0] = ("user", told[0][1].partition("\n\n")[2])
    assert told == spoken(whole)


def test_images_and_documents_go_up_with_the_turn_that_has_them() -> None:
    gateway = Gateway()
    talk = conversation(user("first", PNG))
    answer = gateway.ask(talk, "[[sim:text]]")
    gateway.ask(grown(talk, answer, user("second", DocumentPart("notes", "n"), PNG)), "[[sim:text]]")

    request = Request.FromString(gateway.bodies[-1])
    assert gateway.continued == [False, True]
    assert len(request.input.context.images) == 1
    assert request.input.user_inputs.inputs[0].user_query.referenced_attachments["notes"].plain_text == "n"


def test_results_go_up_under_the_upstreams_own_ids() -> None:
    continuation = Continuation("conv", "t", b"", {"call_seen": "call with blanks", "same-2": "same"})
    talk = conversation(
        user("q"), assistant(ToolCallPart("call_seen", "look", "{}"), ToolCallPart("same-2", "look", "{}"))
    )
    new = [user(ToolResultPart("call_seen", []), ToolResultPart("same-2", []))]

    request = Request.FromString(continue_request(talk, new, continuation))

    ids = [entry.tool_call_result.tool_call_id for entry in request.input.user_inputs.inputs]
    assert ids == ["call with blanks", "same"]
    assert request.metadata.conversation_id == "conv"


def test_a_call_id_that_comes_again_is_found_again() -> None:
    """An upstream that counts its calls from one in every answer: the second has another name for the client."""
    call = ToolCallPart("call_1", "look", "{}")
    talk = conversation(user("q"), assistant(call), user(ToolResultPart("call_1", [TextPart("r")])))

    where, ids = after_answer(talk, assistant(call))

    later = grown(talk, assistant(call), user(ToolResultPart("call_1", [TextPart("s")])))
    assert ids == ["call_1-2"]
    assert place(later) == where
    (result,) = [part for part in later.messages[-1].parts if isinstance(part, ToolResultPart)]
    assert result.call_id == "call_1-2"


# The system text -----------------------------------------------------------------------------------------------------


def task_context(*, echoed: bool) -> bytes:
    task = Task(id="root")
    query = task.messages.add(id="m").user_query
    query.query = "q"
    if echoed:
        query.referenced_attachments["SYSTEM_PROMPT"].plain_text = "Be brief."
    return Request.TaskContext(tasks=[task]).SerializeToString()


@pytest.mark.parametrize(("echoed", "queries"), [(True, 0), (False, 1)])
def test_the_system_text_comes_again_unless_the_upstream_has_recorded_it(echoed: bool, queries: int) -> None:
    talk = conversation(user("q"), assistant(ToolCallPart("c", "look", "{}")), system=["Be brief."])
    new = [user(ToolResultPart("c", [TextPart("r")]))]

    body = continue_request(talk, new, Continuation("conv", "t", task_context(echoed=echoed)))

    inputs = Request.FromString(body).input.user_inputs.inputs
    asked = [entry.user_query for entry in inputs if entry.HasField("user_query")]
    assert len(asked) == queries
    assert all(query.referenced_attachments["SYSTEM_PROMPT"].plain_text == "Be brief." for query in asked)


# The hash ------------------------------------------------------------------------------------------------------------

CALL = ToolCallPart("c1", "look", '{"n": 3, "deep": {"b": 1, "a": [true, null, "x"]}}')
RESULT = ToolResultPart("c1", [TextPart("r"), PNG])
TALK = conversation(user("q", PNG), assistant("Hello.", CALL), user(RESULT, "and?"), system=["Be brief."])


def with_answer(*parts: Part | str) -> Conversation:
    return conversation(TALK.messages[0], assistant(*parts), TALK.messages[2], system=TALK.system)


@pytest.mark.parametrize(
    "same",
    [
        with_answer(ReasoningPart("hm", "sig"), "Hello.", CALL),
        with_answer("  Hello.\n", CALL),
        with_answer("Hel", "lo.", CALL),
        with_answer(CALL, "Hello."),
        with_answer("Hello.", ToolCallPart("c1", "look", '{"deep":{"a":[true,null,"x"],"b":1.0},"n":3.0}')),
        with_answer("Hello.", ToolCallPart("c1", "look", CALL.arguments[:-1] + ', "all": false, "none": null}')),
        conversation(*TALK.messages, system=["x-anthropic-billing-header: cc_version=2.1;", "Be brief."]),
        conversation(*TALK.messages[:2], user("something else"), system=TALK.system),
    ],
    ids=["reasoning", "white space", "divided", "order of call", "json", "defaults", "billing", "what is new"],
)
def test_what_clients_change_by_themselves_does_not_count(same: Conversation) -> None:
    assert place(same) == place(TALK)


@pytest.mark.parametrize(
    "other",
    [
        with_answer("Hello!", CALL),
        with_answer("Hello."),
        with_answer("Hello.", ToolCallPart("c1", "look", '{"n": 4}')),
        with_answer("Hello.", ToolCallPart("c1", "look", CALL.arguments[:-1] + ', "all": true}')),
        with_answer("Hello.", ToolCallPart("c2", "look", CALL.arguments)),
        with_answer("Hello.", ToolCallPart("c1", "peek", CALL.arguments)),
        conversation(user("q "), *TALK.messages[1:], system=TALK.system),
        conversation(user("q", ImagePart("image/png", "d29ybGQ=")), *TALK.messages[1:], system=TALK.system),
        conversation(user("q", PNG, PNG), *TALK.messages[1:], system=TALK.system),
        conversation(Message(Role.SYSTEM, [TextPart("q"), PNG]), *TALK.messages[1:], system=TALK.system),
        conversation(*TALK.messages[1:], system=TALK.system),
        conversation(*TALK.messages, assistant("more"), user("x"), system=TALK.system),
    ],
)
def test_what_a_client_edits_counts(other: Conversation) -> None:
    assert place(other).transcript != place(TALK).transcript
    assert place(other).frame == place(TALK).frame


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "gpt-5-mini"},
        {"system": ["Be long."]},
        {"system": []},
        {"tools": []},
        {"tools": [Tool("look", {"type": "object"}, "Looks.")]},
    ],
)
def test_another_frame_is_another_place(fields: dict[str, Any]) -> None:
    other = conversation(*TALK.messages, **{"system": TALK.system, **fields})
    assert place(other).transcript == place(TALK).transcript
    assert place(other).frame != place(TALK).frame


@pytest.mark.parametrize(
    "talk",
    [
        conversation(user("q")),
        conversation(user("q"), assistant("begun")),
        conversation(user("q"), assistant("begun"), assistant(ReasoningPart("hm"))),
        conversation(user("q"), assistant(" ")),
    ],
    ids=["no answer", "nothing new", "reasoning alone", "blank answer"],
)
def test_nothing_to_go_on_from(talk: Conversation) -> None:
    assert last_answer(talk) is None


def test_a_begun_answer_is_one_message_with_what_completes_it() -> None:
    talk = conversation(user("q"), assistant("One, "))
    where, _ = after_answer(talk, assistant("two."))
    assert place(conversation(user("q"), assistant("One, two."), user("on"))) == where


def test_a_lone_system_text_is_found_again_as_the_client_sends_it() -> None:
    talk = conversation(Message(Role.SYSTEM, [TextPart("Be brief.")]))
    where, _ = after_answer(talk, assistant("Yes."))
    system, messages = normalise([*talk.messages, assistant("Yes."), user("q")])
    assert place(conversation(*messages, system=system)) == where


def test_an_answer_that_was_taken_back_is_marked() -> None:
    seen = SeenAnswer()
    seen.feed([Text("a"), Text("b"), ToolCall("c", "look", "{}")])
    assert not seen.altered
    assert seen.message(["c-seen"]) == assistant("ab", ToolCallPart("c-seen", "look", "{}"))
    seen.feed([ToolResult("upstream's own")])
    assert not seen.altered
    for event in (Revised(0, "x"), ToolResult("c")):
        altered = SeenAnswer()
        altered.feed([ToolCall("c", "look", "{}"), event])
        assert altered.altered


def test_packed_and_unpacked() -> None:
    continuation = Continuation("conv", "t", b"tasks" * 1000, {"a": "b"})
    assert unpack(pack(continuation)) == continuation
    assert len(pack(continuation)) < 200
    with pytest.raises(ValueError, match="not compressed"):
        unpack(b"nothing")
