"""The upstream's edits become an answer: one test for each rule of the mapping, on streams that went through bytes."""

from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message as ProtobufMessage
from hypothesis import given
from hypothesis import strategies as st

from proto.errors import ErrorCode
from proto.events import (
    Event,
    Failed,
    Finished,
    FinishReason,
    Reasoning,
    Revised,
    Started,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)
from proto.fold import fold
from proto.warp.response_pb2 import ClientAction, ResponseEvent
from proto.warp.suggestions_pb2 import Suggestions
from proto.warp.task_pb2 import Message, Task
from proto.warp.tool_results_pb2 import CallMCPToolResult
from proto.warp_events import EventTranslator
from tests.unit.warp_streams import (
    INIT,
    OUTPUT,
    REASONING,
    ROOT,
    actions,
    add,
    append,
    begin,
    call,
    commit,
    create,
    echo,
    finished,
    reasoning,
    rollback,
    run,
    text,
    through_the_wire,
    update,
)

StreamFinished = ResponseEvent.StreamFinished


def output(*events: ResponseEvent, translator: EventTranslator | None = None) -> list[Event]:
    """What a stream says before its end."""
    return run(*events, translator=translator, ended=False)


def last(*events: ResponseEvent) -> Event:
    return run(*events)[-1]


def usage(*events: ResponseEvent, input_tokens: int = 0) -> Usage:
    (found,) = [
        event for event in run(*events, translator=EventTranslator(input_tokens=input_tokens)) if type(event) is Usage
    ]
    return found


# A turn in order ----------------------------------------------------------------------------------------------


def test_a_whole_turn() -> None:
    duration = Message.AgentReasoning(finished_duration=Duration(seconds=2))
    events = run(
        INIT,
        create(),
        begin(),
        add(echo("m1", "Weather?")),
        add(reasoning("m2", "Let me ")),
        append(reasoning("m2", "think"), REASONING),
        update(Message(id="m2", agent_reasoning=duration), "agent_reasoning.finished_duration"),
        add(text("m3", "It")),
        append(text("m3", " is"), OUTPUT),
        update(text("m3", "It is fine."), OUTPUT),
        add(call("m4", "c1", "weather", city="Rome", days=3)),
        commit(),
        finished(request_cost=StreamFinished.RequestCost(exact=1.5)),
    )

    assert events == [
        Started("conv", "req"),
        Reasoning("Let me ", 0),
        Reasoning("think", 0),
        Text("It", 1),
        Text(" is", 1),
        Text(" fine.", 1),
        ToolCall("c1", "weather", '{"city":"Rome","days":3}'),
        Usage(0, 12, reasoning=3, credits=1.5, estimated=True),
        Finished(FinishReason.TOOL_CALLS),
    ]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=8), st.integers(0, 8))
def test_any_mix_of_append_and_full_update_tells_the_text_once(pieces: list[str], every: int) -> None:
    stream, so_far = [create(), add(text("m", ""))], ""
    for position, piece in enumerate(pieces):
        so_far += piece
        full = every and position % every == 0
        stream.append(update(text("m", so_far), OUTPUT) if full else append(text("m", piece), OUTPUT))

    events = output(*stream)

    assert all(isinstance(event, Text) and event.text for event in events)
    assert fold(events).text == so_far


# Tasks and echoes ---------------------------------------------------------------------------------------------


def test_messages_that_come_with_the_root_task_count_as_added() -> None:
    assert output(create(echo("m1", "hi"), text("m2", "Hello"))) == [Text("Hello")]


def test_subtasks_never_become_output() -> None:
    assert (
        output(
            create(),
            create(text("s1", "from a subagent"), id_="sub", parent=ROOT),
            add(text("s2", "more"), reasoning("s3", "hm"), call("s4", "c9"), task="sub"),
            append(text("s2", "more"), OUTPUT, task="sub"),
            append(text("s5", "unannounced"), OUTPUT, task="sub"),
            update(text("s2", "all new"), OUTPUT, task="sub"),
        )
        == []
    )


def test_the_first_unannounced_task_is_taken_for_the_root_and_no_other() -> None:
    assert output(add(text("m1", "a"), task="one"), add(text("m2", "b"), task="two")) == [Text("a")]
    assert output(create(), add(text("m1", "a"), task="two"), add(text("m2", "b"), task="")) == [Text("b")]


ECHOES: list[dict[str, ProtobufMessage]] = [
    {"user_query": Message.UserQuery(query="q")},
    {"system_query": Message.SystemQuery(resume_conversation=Message.ResumeConversation())},
    {"tool_call_result": Message.ToolCallResult(tool_call_id="earlier", cancel=Empty())},
]
INFORMATION: list[dict[str, ProtobufMessage]] = [
    {"tool_call": Message.ToolCall(tool_call_id="s", server=Message.ToolCall.Server(payload="p"))},
    {"tool_call": Message.ToolCall(tool_call_id="s", subagent=Message.ToolCall.Subagent(task_id="t"))},
    {"tool_call": Message.ToolCall(tool_call_id="s")},  # a tool newer than our schema looks like this
    {"web_search": Message.WebSearch()},
    {"web_fetch": Message.WebFetch()},
    {"update_todos": Message.UpdateTodos()},
    {"summarization": Message.Summarization()},
    {"artifact_event": Message.ArtifactEvent()},
    {"server_event": Message.ServerEvent(payload="p")},
    {"debug_output": Message.DebugOutput(text="debug")},
    {},  # as does a message
]


@pytest.mark.parametrize("content", ECHOES + INFORMATION)
def test_echoes_and_information_are_no_output(content: dict[str, Any]) -> None:
    translator = EventTranslator()

    assert output(create(), add(Message(id="m", **content)), translator=translator) == []
    assert not translator.violations


def test_messages_that_went_up_with_the_request_are_no_output_whatever_comes_of_them() -> None:
    translator = EventTranslator(known_messages=["h1", "h2", "h3"])

    events = output(
        create(text("h1", "old answer")),
        add(call("h2", "old-call")),
        append(text("h3", "old"), OUTPUT),
        update(text("h1", "rewritten"), OUTPUT),
        add(text("m1", "new")),
        translator=translator,
    )

    assert events == [Text("new")]


def test_the_model_that_answered_and_a_stale_model_list_are_kept() -> None:
    translator = EventTranslator()
    used = Message(id="m", model_used=Message.ModelUsed(model_id="gpt-x", is_fallback=True))

    run(create(), add(used), finished(should_refresh_model_config=True), translator=translator)

    assert translator.model_used == "gpt-x"
    assert translator.models_stale


# Appends and updates ------------------------------------------------------------------------------------------


def test_messages_are_numbered_by_their_first_output() -> None:
    events = output(create(), add(text("a", ""), text("b", "B"), reasoning("c", "C")), append(text("a", "A"), OUTPUT))

    assert events == [Text("B", 0), Reasoning("C", 1), Text("A", 2)]


def test_a_full_update_tells_only_what_is_new() -> None:
    start = (create(), add(text("m", "Hello")))

    assert output(*start, update(text("m", "Hello world"), OUTPUT))[1:] == [Text(" world")]
    assert output(*start, update(text("m", "Hello"), OUTPUT))[1:] == []
    assert output(*start, update(text("m", "Hello!"), "agent_output"))[1:] == [Text("!")]
    assert output(*start, add(text("m", "Hello?")))[1:] == [Text("?")]


def test_a_rewritten_text_is_a_revision_and_goes_on_from_there() -> None:
    events = output(
        create(),
        add(text("m", "Hello")),
        update(text("m", "Goodbye"), OUTPUT),
        append(text("m", "!"), OUTPUT),
    )

    assert events == [Text("Hello"), Revised(0, "Goodbye"), Text("!")]
    assert fold(events).text == "Goodbye!"


def test_an_unknown_message_is_added_by_update_and_by_append() -> None:
    assert output(create(), update(text("m", "up"), OUTPUT)) == [Text("up")]
    assert output(create(), update(text("m", "up"))) == [Text("up")]
    assert output(create(), append(text("m", "app"), OUTPUT), append(text("m", "end"), OUTPUT)) == [
        Text("app"),
        Text("end"),
    ]


def test_an_update_may_turn_a_message_into_a_call() -> None:
    assert output(create(), add(Message(id="m")), update(call("m", "c1"), "tool_call")) == [
        ToolCall("c1", "look", "{}")
    ]


def test_text_that_turns_into_a_call_is_taken_back() -> None:
    events = output(create(), add(text("m", "calling")), update(call("m", "c1"), "tool_call"))

    assert events == [Text("calling"), Revised(0, ""), ToolCall("c1", "look", "{}")]
    assert fold(events).text == ""


def test_reasoning_that_turns_into_text_moves_over() -> None:
    events = output(create(), add(reasoning("m", "so")), update(text("m", "so what"), OUTPUT))

    assert events == [Reasoning("so", 0), Text("so what", 1), Revised(0, "")]
    assert (fold(events).reasoning, fold(events).text) == ("", "so what")


def test_an_action_without_message_or_mask_does_nothing() -> None:
    bare = text("m", "x")
    events = output(
        create(),
        actions(ClientAction(append_to_message_content=ClientAction.AppendToMessageContent(message=bare))),
        actions(ClientAction(update_task_message=ClientAction.UpdateTaskMessage(message=bare))),
        actions(ClientAction(update_task_message=ClientAction.UpdateTaskMessage())),
    )

    assert events == []


def test_an_empty_mask_or_an_unknown_path_changes_nothing() -> None:
    start = (create(), add(text("m", "a")))

    assert output(*start, append(text("m", "b")), update(text("m", "c"))) == [Text("a")]
    assert output(*start, append(text("m", "b"), "agent_output.future", "future")) == [Text("a")]


def test_one_append_may_name_several_paths() -> None:
    both = text("m", "b")
    both.server_message_data = "opaque"

    assert output(create(), add(text("m", "a")), append(both, OUTPUT, "server_message_data")) == [
        Text("a"),
        Text("b"),
    ]


@pytest.mark.parametrize("path", ["citations", "timestamp.seconds", "server_message_data.x"])
def test_a_change_that_cannot_be_made_fails_the_answer(path: str) -> None:
    events = run(create(), add(text("m", "a")), append(text("m", "b"), path), append(text("m", "c"), OUTPUT))

    assert [type(event) for event in events] == [Text, Usage, Failed]
    assert events[-1].code is ErrorCode.UPSTREAM_PROTOCOL  # type: ignore[union-attr]


# Transactions and moves ---------------------------------------------------------------------------------------


def test_a_rollback_takes_back_what_the_transaction_said() -> None:
    events = output(
        create(),
        add(text("kept", "a")),
        begin(),
        append(text("kept", "b"), OUTPUT),
        add(text("new", "c")),
        rollback(),
        append(text("kept", "!"), OUTPUT),
    )

    assert events == [Text("a", 0), Text("b", 0), Text("c", 1), Revised(0, "a"), Revised(1, ""), Text("!", 0)]
    assert fold(events).text == "a!"


def test_a_second_try_after_a_rollback_tells_a_stream_only_what_it_has_not_seen() -> None:
    events = output(create(), begin(), add(text("m", "Hello w")), rollback(), begin(), add(text("m", "Hello world")))

    assert events == [Text("Hello w"), Revised(0, ""), Revised(0, "Hello w"), Text("orld")]
    assert fold(events).text == "Hello world"


def test_a_committed_transaction_stays() -> None:
    assert output(create(), begin(), add(text("m", "a")), commit(), rollback()) == [Text("a")]


def test_a_call_that_is_rolled_back_is_not_open_at_the_end() -> None:
    events = run(create(), begin(), add(call("m", "c1")), rollback(), add(text("t", "no call")), finished())

    assert ToolResult("c1", "taken back", is_error=True) in events
    assert events[-1] == Finished(FinishReason.STOP)
    assert fold(events).tool_calls == []


def test_a_call_that_comes_again_after_a_rollback_is_told_once_and_open() -> None:
    events = run(create(), begin(), add(call("m", "c1")), rollback(), add(call("n", "c1")), finished())

    assert [type(event) for event in events] == [ToolCall, Usage, Finished]
    assert events[-1] == Finished(FinishReason.TOOL_CALLS)


def test_a_task_made_in_a_transaction_goes_with_it() -> None:
    events = output(begin(), create(id_="first"), rollback(), create(id_="second"), add(text("m", "a"), task="first"))

    assert events == []


def move(first: str, final: str, *replacements: Message) -> ResponseEvent:
    moved = ClientAction.MoveMessagesToNewTask(
        source_task_id=ROOT,
        new_task=Task(id="archive", messages=[text("archived", "old")]),
        first_message_id=first,
        last_message_id=final,
        replacement_messages=replacements,
    )
    return actions(ClientAction(move_messages_to_new_task=moved))


def test_moved_messages_stay_said_and_their_replacement_is_no_output() -> None:
    events = output(
        create(),
        add(text("a", "A"), text("b", "B"), text("c", "C")),
        move("before this turn", "b", text("summary", "A and B")),
        append(text("b", "late"), OUTPUT),
        append(text("summary", "late"), OUTPUT),
        add(text("x", "late"), task="archive"),
        append(text("c", "!"), OUTPUT),
    )

    assert events == [Text("A", 0), Text("B", 1), Text("C", 2), Text("!", 2)]


def test_a_move_can_be_rolled_back() -> None:
    events = output(create(), add(text("a", "A")), begin(), move("a", "a"), rollback(), append(text("a", "!"), OUTPUT))

    assert events == [Text("A"), Text("!")]


@pytest.mark.parametrize(
    "action",
    [
        ClientAction(show_suggestions=Suggestions()),
        ClientAction(update_task_summary=ClientAction.UpdateTaskSummary(task_id=ROOT, summary="s")),
        ClientAction(update_task_description=ClientAction.UpdateTaskDescription(task_id=ROOT, description="d")),
        ClientAction(update_task_server_data=ClientAction.UpdateTaskServerData(task_id=ROOT, server_data="x")),
        ClientAction(start_new_conversation=ClientAction.StartNewConversation(start_from_message_id="m")),
        ClientAction(),  # an action newer than our schema
    ],
)
def test_other_actions_do_not_touch_the_answer(action: ClientAction) -> None:
    events = output(create(), add(text("m", "a")), actions(action), append(text("m", "b"), OUTPUT))

    assert events == [Text("a"), Text("b")]


# Calls --------------------------------------------------------------------------------------------------------


def test_two_calls_and_each_id_once() -> None:
    events = run(
        create(), add(call("m1", "c1", "f", n=1), call("m2", "c2", "g")), add(call("m3", "c1", "f", n=1)), finished()
    )

    assert events[:-2] == [ToolCall("c1", "f", '{"n":1}'), ToolCall("c2", "g", "{}")]
    assert events[-1] == Finished(FinishReason.TOOL_CALLS)


def test_numbers_in_arguments_keep_their_kind() -> None:
    args: dict[str, Any] = {"i": 3, "f": 0.5, "big": 2.0**53, "neg": -7, "list": [1, 2.5], "null": None, "no": False}
    (event,) = output(create(), add(call("m", "c", **args)))

    assert isinstance(event, ToolCall)
    assert event.arguments == (
        '{"big":9007199254740992.0,"f":0.5,"i":3,"list":[1,2.5],"neg":-7,"no":false,"null":null}'
    )


def test_a_call_without_arguments_has_an_empty_object() -> None:
    bare = Message(
        id="m",
        tool_call=Message.ToolCall(tool_call_id="c", call_mcp_tool=Message.ToolCall.CallMCPTool(name="f")),
    )

    assert output(create(), add(bare)) == [ToolCall("c", "f", "{}")]


def shell(id_: str) -> Message:
    run_it = Message.ToolCall.RunShellCommand(command="ls")
    return Message(id=id_, tool_call=Message.ToolCall(tool_call_id=id_, run_shell_command=run_it))


def test_calls_of_tools_the_client_does_not_have_are_counted_not_passed_on() -> None:
    translator = EventTranslator()
    grep = Message(id="g", tool_call=Message.ToolCall(tool_call_id="g", grep=Message.ToolCall.Grep()))

    events = output(create(), add(shell("s1"), shell("s2"), grep), add(shell("s1")), translator=translator)

    assert events == []
    assert translator.violations == {"run_shell_command": 2, "grep": 1}


def test_an_answer_of_such_calls_alone_is_an_error() -> None:
    assert last(create(), add(reasoning("r", "hm"), shell("s")), finished()) == Failed(
        ErrorCode.TOOL_UNAVAILABLE, "The model tried to use an unavailable tool."
    )
    assert last(create(), add(text("t", "hi"), shell("s")), finished()) == Finished(FinishReason.STOP)
    assert last(create(), add(call("c", "c"), shell("s")), finished()) == Finished(FinishReason.TOOL_CALLS)


def result(call_id: str, **kind: Any) -> Message:
    return Message(id=f"r-{call_id}", tool_call_result=Message.ToolCallResult(tool_call_id=call_id, **kind))


def test_a_call_that_the_upstream_cancels_is_no_longer_open() -> None:
    events = run(create(), add(call("m1", "c1"), call("m2", "c2")), add(result("c1", cancel=Empty())), finished())

    assert events[2:] == [
        ToolResult("c1", "cancelled", is_error=True),
        Usage(0, 1, estimated=True),
        Finished(FinishReason.TOOL_CALLS),
    ]
    assert [open_call.id for open_call in fold(events).tool_calls] == ["c2"]


def test_a_call_that_the_upstream_answers_leaves_a_plain_stop() -> None:
    parts = [CallMCPToolResult.Success.Result(text=CallMCPToolResult.Success.Result.Text(text=part)) for part in "ab"]
    success = CallMCPToolResult(success=CallMCPToolResult.Success(results=parts))
    error = CallMCPToolResult(error=CallMCPToolResult.Error(message="no"))

    events = run(
        create(),
        add(call("m1", "c1"), call("m2", "c2")),
        add(result("c1", call_mcp_tool=success), result("c2", call_mcp_tool=error)),
        finished(),
    )

    assert events[2:4] == [ToolResult("c1", "a\nb"), ToolResult("c2", "no", is_error=True)]
    assert events[-1] == Finished(FinishReason.STOP)


def server_call(call_id: str) -> Message:
    return Message(
        id=call_id, tool_call=Message.ToolCall(tool_call_id=call_id, server=Message.ToolCall.Server(payload="opaque"))
    )


def served(call_id: str, text: str) -> Message:
    return result(call_id, server=Message.ToolCallResult.ServerResult(serialized_result=text))


def each(*events: ResponseEvent) -> list[list[Event]]:
    """What is told after each event."""
    translator = EventTranslator()
    return [translator.feed(event) for event in through_the_wire(events)]


def test_a_result_is_told_at_once_and_once() -> None:
    told = each(
        create(),
        add(call("m1", "c1"), server_call("s1")),
        add(result("c1", cancel=Empty())),
        add(served("s1", "found")),
        add(served("s1", "found")),
        add(served("s1", "found more")),
        add(text("t", "So.")),
        finished(),
    )

    assert told[2:-1] == [
        [ToolResult("c1", "cancelled", is_error=True)],
        [ToolResult("s1", "found")],
        [],
        [ToolResult("s1", "found more")],
        [Text("So.")],
    ]
    assert [type(event) for event in told[-1]] == [Usage, Finished]


def test_a_result_that_may_be_taken_back_is_told_when_it_may_no_longer() -> None:
    asked = (create(), add(call("m1", "c1")), begin(), add(result("c1", cancel=Empty())))
    cancelled = ToolResult("c1", "cancelled", is_error=True)

    assert each(*asked, commit())[3:] == [[], [cancelled]]
    assert each(*asked, rollback())[3:] == [[], []]
    assert run(*asked, rollback(), finished())[-1] == Finished(FinishReason.TOOL_CALLS)
    assert run(*asked, finished())[-3] == cancelled


def test_results_of_earlier_turns_are_an_echo_of_our_input() -> None:
    assert output(create(), add(result("old", cancel=Empty()), served("older", "x"))) == []


# Ends ---------------------------------------------------------------------------------------------------------

ANSWER = (create(), add(text("m", "hi")))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "prompt is too long: about 900 tokens do not fit the model's context window"),
        ({"total_input_tokens": 1200}, "prompt is too long: about 1200 tokens do not fit the model's context window"),
        (
            {"total_input_tokens": 1200, "context_window_usage": 1},
            "prompt is too long: about 1200 tokens do not fit the model's context window",
        ),
        (
            {"total_input_tokens": 1200, "context_window_usage": 1.2},
            "prompt is too long: 1200 tokens > 1000 maximum",
        ),
    ],
)
def test_a_full_context_is_told_with_the_figures_that_are_known(told: dict[str, Any], words: str) -> None:
    metadata = StreamFinished.ConversationUsageMetadata(**told)
    ending = finished("context_window_exceeded", conversation_usage_metadata=metadata)
    failed = run(ending, translator=EventTranslator(input_tokens=900))[-1]

    assert failed == Failed(ErrorCode.CONTEXT_EXCEEDED, words)
    assert last(finished("context_window_exceeded")) == Failed(
        ErrorCode.CONTEXT_EXCEEDED, "prompt is too long for the model's context window"
    )


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("quota_limit", ErrorCode.QUOTA),
        ("context_window_exceeded", ErrorCode.CONTEXT_EXCEEDED),
        ("llm_unavailable", ErrorCode.MODEL_UNAVAILABLE),
        ("internal_error", ErrorCode.UPSTREAM_INTERNAL),
        ("invalid_api_key", ErrorCode.BYOK_INVALID),
        ("other", ErrorCode.UPSTREAM_OTHER),
    ],
)
@pytest.mark.parametrize("before", [(), ANSWER, (create(), add(call("m", "c")))])
def test_reasons_that_are_failures(reason: str, code: ErrorCode, before: tuple[ResponseEvent, ...]) -> None:
    events = run(*before, finished(reason))

    assert isinstance(events[-2], Usage)
    assert isinstance(events[-1], Failed)
    assert events[-1].code is code


@pytest.mark.parametrize("reason", ["done", None])
def test_done_or_no_reason_is_a_stop_or_tool_calls(reason: str | None) -> None:
    assert last(*ANSWER, finished(reason)) == Finished(FinishReason.STOP)
    assert last(*ANSWER, add(call("c", "c1")), finished(reason)) == Finished(FinishReason.TOOL_CALLS)


def test_an_empty_answer_is_a_success_only_if_the_upstream_says_done() -> None:
    failed = last(create(), finished(None))

    assert isinstance(failed, Failed)
    assert failed.code is ErrorCode.EMPTY_ANSWER
    assert last(create(), finished("done")) == Finished(FinishReason.STOP)


def test_a_reason_newer_than_our_schema_with_nothing_said_is_a_failure() -> None:
    number_14_with_text = bytes.fromhex("1a067204") + b"\x1a\x02no"
    events = EventTranslator().feed(ResponseEvent.FromString(number_14_with_text))

    assert isinstance(events[-1], Failed)
    assert events[-1].code is ErrorCode.EMPTY_ANSWER


@pytest.mark.parametrize("said", [text("m", "hi"), reasoning("m", "hm"), call("m", "c")])
def test_the_token_limit_is_a_length_stop_if_anything_came(said: Message) -> None:
    assert last(create(), add(said), finished("max_token_limit")) == Finished(FinishReason.LENGTH)


def test_the_token_limit_with_nothing_said_is_a_full_context() -> None:
    failed = last(create(), finished("max_token_limit"))

    assert isinstance(failed, Failed)
    assert failed.code is ErrorCode.CONTEXT_EXCEEDED


def test_an_internal_error_keeps_a_little_of_its_own_words() -> None:
    error = StreamFinished.InternalError(message="broken\n" + "x" * 5000)
    failed = last(create(), finished(None, internal_error=error))

    assert isinstance(failed, Failed)
    assert "broken x" in failed.message
    assert len(failed.message) < 300


def test_a_stream_that_breaks_off_is_a_failure_with_usage() -> None:
    events = run(*ANSWER)

    assert events[1:] == [
        Usage(0, 1, estimated=True),
        Failed(ErrorCode.UPSTREAM_TRUNCATED, "The upstream's answer broke off."),
    ]


def test_nothing_comes_after_the_end() -> None:
    translator = EventTranslator()
    run(*ANSWER, finished(), translator=translator)

    assert translator.feed(add(text("n", "late"))) == []
    assert translator.feed(finished("quota_limit")) == []
    assert translator.end() == []


# Usage --------------------------------------------------------------------------------------------------------


def charges(*counts: StreamFinished.TokenCount) -> StreamFinished.RequestCharges:
    """One category for each count, over the three kinds of keys in turn."""
    told = StreamFinished.RequestCharges()
    for position, token_count in enumerate(counts):
        category = told.usage_by_category[f"category {position}"]
        models = (
            category.direct_api_inference_usage,
            category.byok_inference_usage,
            category.custom_endpoint_inference_usage,
        )[position % 3]
        models["model"].token_count.CopyFrom(token_count)
    return told


BY_MODEL = [
    StreamFinished.TokenUsage(model_id="a", total_input=100, output=5, input_cache_read=60, input_cache_write=10),
    StreamFinished.TokenUsage(model_id="b", total_input=7, output=1),
]
TOTALS = StreamFinished.ConversationUsageMetadata(total_input_tokens=55, credits_spent=2.5)


def test_charges_come_first() -> None:
    count = StreamFinished.TokenCount(input=1, output=10, input_cache_read=100, input_cache_write=1000)
    event = finished(
        request_charges=charges(count, count, count), token_usage=BY_MODEL, conversation_usage_metadata=TOTALS
    )

    assert usage(*ANSWER, event) == Usage(3, 30, 300, 3000, credits=2.5)


def test_then_the_models_with_cached_tokens_taken_out_of_the_total() -> None:
    event = finished(request_charges=charges(StreamFinished.TokenCount()), token_usage=BY_MODEL)

    assert usage(*ANSWER, event) == Usage(37, 6, 60, 10)


def test_then_the_latest_input_with_an_estimated_output() -> None:
    event = finished(conversation_usage_metadata=TOTALS)

    assert usage(*ANSWER, event, input_tokens=9) == Usage(55, 1, credits=2.5, estimated=True)


def test_then_the_estimate_of_text_reasoning_and_arguments() -> None:
    event = add(text("t", "four" * 3), reasoning("r", "four" * 2), call("c", "c", a="bcd"))

    assert usage(create(), event, finished(), input_tokens=9) == Usage(9, 3 + 2 + 3, reasoning=2, estimated=True)


def test_one_missing_side_is_estimated() -> None:
    only_input = finished(request_charges=charges(StreamFinished.TokenCount(input=4)))
    only_output = finished(request_charges=charges(StreamFinished.TokenCount(output=4)))

    assert usage(*ANSWER, only_input, input_tokens=9) == Usage(4, 1, estimated=True)
    assert usage(*ANSWER, only_output, input_tokens=9) == Usage(9, 4, estimated=True)


def test_reasoning_is_no_more_than_the_output_it_is_part_of() -> None:
    event = finished(token_usage=[StreamFinished.TokenUsage(total_input=1, output=2)])

    assert usage(create(), add(reasoning("r", "four" * 9)), event) == Usage(1, 2, reasoning=2)


def test_credits_that_are_no_number_do_not_reach_the_log() -> None:
    event = finished(request_cost=StreamFinished.RequestCost(exact=float("nan")))

    assert usage(*ANSWER, event).credits == 0.0
