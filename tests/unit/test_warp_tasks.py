"""The tasks of a conversation, followed through answers that do with them all that `docs/protocol.md` 3.9 allows."""

import pytest

from proto.warp.response_pb2 import ClientAction, ResponseEvent
from proto.warp.task_pb2 import Message, Task
from proto.warp_tasks import TaskLedger
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
    reasoning,
    rollback,
    text,
    update,
)

MOST = 100_000
NEWER = b"\xaa\x3e\x05newer"  # a field that this release does not know


def followed(*events: ResponseEvent, sent: tuple[Task, ...] = (), most: int = MOST) -> TaskLedger:
    ledger = TaskLedger(sent, most)
    for event in events:
        ledger.feed(ResponseEvent.FromString(event.SerializeToString()))
    return ledger


def root(ledger: TaskLedger) -> Task:
    tasks = ledger.active_tasks()
    assert tasks is not None, ledger.lost
    return tasks[0]


def test_an_answer_is_kept_as_it_is_in_the_end() -> None:
    thought = reasoning("r", "Let ")
    done = Message(id="r")
    done.agent_reasoning.finished_duration.FromMilliseconds(1200)
    sealed = text("t", "He")
    sealed.server_message_data = "opaque"
    ledger = followed(
        INIT,
        create(),
        add(echo("q", "hello")),
        add(thought),
        append(reasoning("r", "me "), REASONING),
        append(reasoning("r", "see."), REASONING),
        update(done, "agent_reasoning.finished_duration"),
        add(sealed),
        append(text("t", "ll"), OUTPUT),
        append(text("t", "o"), OUTPUT),
        add(call("c", "call-1", n=1)),
    )

    messages = root(ledger).messages
    assert ledger.conversation_id == "conv"
    assert [message.id for message in messages] == ["q", "r", "t", "c"]
    assert messages[1].agent_reasoning.reasoning == "Let me see."
    assert messages[1].agent_reasoning.finished_duration.seconds == 1
    assert messages[2].agent_output.text == "Hello"
    assert messages[2].server_message_data == "opaque"
    assert messages[3].tool_call.call_mcp_tool.args["n"] == 1


def test_what_went_up_is_changed_and_added_to() -> None:
    sent = Task(id=ROOT, messages=[echo("q", "hello"), text("t", "He")])
    sealed = Message(id="q", server_message_data="opaque")
    ledger = followed(
        INIT,
        update(sealed, "server_message_data"),
        append(text("t", "llo"), OUTPUT),
        add(echo("q2", "more")),
        add(text("t", "Hi")),  # known already: it takes the other's place
        sent=(sent,),
    )
    messages = root(ledger).messages
    assert [message.id for message in messages] == ["q", "t", "q2"]
    assert messages[0].server_message_data == "opaque"
    assert messages[0].user_query.query == "hello"
    assert messages[1].agent_output.text == "Hi"


def test_title_summary_and_data_of_a_task() -> None:
    described = ClientAction.UpdateTaskDescription(task_id=ROOT, description="A title")
    summed = ClientAction.UpdateTaskSummary(task_id=ROOT, summary="A summary")
    sealed = ClientAction.UpdateTaskServerData(task_id=ROOT, server_data="opaque")
    ledger = followed(
        create(),
        actions(
            ClientAction(update_task_description=described),
            ClientAction(update_task_summary=summed),
            ClientAction(update_task_server_data=sealed),
        ),
    )
    task = root(ledger)
    assert (task.description, task.summary, task.server_data) == ("A title", "A summary", "opaque")


def test_what_a_newer_server_says_goes_back_to_it() -> None:
    message = text("t", "x")
    message.MergeFromString(NEWER)
    ledger = followed(create(), add(message), actions(ClientAction.FromString(NEWER)), ResponseEvent.FromString(NEWER))
    assert NEWER in root(ledger).messages[0].SerializeToString()


@pytest.mark.parametrize(("end", "said"), [(rollback(), ["before"]), (commit(), ["before, and after", "draft"])])
def test_a_transaction_counts_when_it_is_committed(end: ResponseEvent, said: list[str]) -> None:
    ledger = followed(
        create(),
        add(text("t", "be")),
        append(text("t", "fore"), OUTPUT),
        begin(),
        append(text("t", ", and after"), OUTPUT),
        add(text("d", "draft")),
    )
    assert ledger.active_tasks() is None  # nobody knows yet
    ledger.feed(end)
    assert [message.agent_output.text for message in root(ledger).messages] == said
    ledger.feed(append(text("t", "!"), OUTPUT))
    assert root(ledger).messages[0].agent_output.text == f"{said[0]}!"


def test_a_helpers_task_goes_up_while_it_works() -> None:
    asked = Message(id="s")
    asked.tool_call.tool_call_id = "call-s"
    asked.tool_call.subagent.task_id = "sub"
    ended = Message(id="e")
    ended.tool_call_result.tool_call_id = "call-s"
    ledger = followed(create(), create(text("n", "note"), id_="sub", parent=ROOT), add(asked))
    tasks = ledger.active_tasks()
    assert tasks is not None
    assert [task.id for task in tasks] == [ROOT, "sub"]

    ledger.feed(add(ended))
    tasks = ledger.active_tasks()
    assert tasks is not None
    assert [task.id for task in tasks] == [ROOT]


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (add(text("t", "x"), task="elsewhere"), "unknown task"),
        (actions(ClientAction(start_new_conversation=ClientAction.StartNewConversation())), "start_new_conversation"),
        (
            actions(ClientAction(move_messages_to_new_task=ClientAction.MoveMessagesToNewTask())),
            "move_messages_to_new_task",
        ),
        (update(text("q", "x"), "user_query.query.deeper"), "mask"),
        (add(text("t", "x" * MOST)), "too large"),
    ],
)
def test_what_cannot_be_followed_is_given_up(event: ResponseEvent, why: str) -> None:
    ledger = followed(create(echo("q", "hello")), event, add(text("t2", "after")))
    assert ledger.lost == why
    assert ledger.active_tasks() is None


def test_pieces_count_towards_the_most_that_is_kept() -> None:
    pieces = [append(text("t", "x" * 1000), OUTPUT) for _ in range(5)]
    assert followed(create(), add(text("t", "x")), *pieces, most=4000).lost == "too large"
    assert not followed(create(), add(text("t", "x")), *pieces, most=6000).lost
    assert followed(sent=(Task(id=ROOT, summary="x" * 5000),), most=4000).lost == "too large"


def test_no_task_is_nothing_to_go_on_from() -> None:
    assert followed(INIT).active_tasks() is None
