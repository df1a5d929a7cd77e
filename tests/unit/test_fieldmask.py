"""Masked changes: each rule of the upstream's semantics."""

import pytest

from proto.fieldmask import FieldMaskError, append_fields, replace_fields
from proto.warp.context_pb2 import Attachment
from proto.warp.task_pb2 import Message
from proto.warp.todo_pb2 import CreateTodoList, TodoItem


def todos(*titles: str) -> Message:
    items = [TodoItem(title=title, description="d") for title in titles]
    return Message(update_todos=Message.UpdateTodos(create_todo_list=CreateTodoList(initial_todos=items)))


TODOS = "update_todos.create_todo_list.initial_todos"


def test_replacing_touches_only_the_paths_named() -> None:
    stored = Message(id="m", server_message_data="old", agent_output=Message.AgentOutput(text="old"))
    replace_fields(stored, Message(id="x", agent_output=Message.AgentOutput(text="new")), ["agent_output.text"])

    assert stored == Message(id="m", server_message_data="old", agent_output=Message.AgentOutput(text="new"))


def test_an_absent_value_clears() -> None:
    stored = Message(server_message_data="old", agent_output=Message.AgentOutput(text="old"))
    replace_fields(stored, Message(), ["server_message_data", "agent_output"])

    assert stored == Message()


@pytest.mark.parametrize("content", ["", "text"])
def test_another_member_of_a_oneof_takes_over(content: str) -> None:
    stored = Message(agent_reasoning=Message.AgentReasoning(reasoning="hm"))
    replace_fields(stored, Message(agent_output=Message.AgentOutput(text=content)), ["agent_output.text"])

    assert stored == Message(agent_output=Message.AgentOutput(text=content))


def test_an_empty_message_takes_over_too() -> None:
    stored = Message(agent_reasoning=Message.AgentReasoning(reasoning="hm"))
    replace_fields(stored, Message(server_event=Message.ServerEvent()), ["server_event"])

    assert stored.WhichOneof("message") == "server_event"


def test_appending_to_nothing_switches_the_member() -> None:
    stored = Message(agent_reasoning=Message.AgentReasoning(reasoning="hm"))
    append_fields(stored, Message(agent_output=Message.AgentOutput(text="a")), ["agent_output.text"])

    assert stored == Message(agent_output=Message.AgentOutput(text="a"))


def test_a_name_we_do_not_know_has_no_effect() -> None:
    stored = Message(id="m")
    replace_fields(stored, Message(id="x"), ["future", "agent_output.future", "future.more"])
    append_fields(stored, Message(id="x"), ["future"])

    assert stored == Message(id="m")


def test_a_list_at_the_end_is_replaced_whole() -> None:
    stored = todos("a", "b")
    replace_fields(stored, todos("c"), [TODOS])

    assert stored == todos("c")


def test_a_list_on_the_way_is_changed_element_by_element() -> None:
    stored = todos("a", "b")
    append_fields(stored, todos("1", "2"), [f"{TODOS}.title"])

    assert stored == todos("a1", "b2")
    with pytest.raises(FieldMaskError):
        replace_fields(stored, todos("c"), [f"{TODOS}.title"])


def test_maps_and_scalars_cannot_be_on_the_way() -> None:
    query = Message.UserQuery(referenced_attachments={"k": Attachment(plain_text="v")})
    stored = Message(user_query=query)

    for path in ["user_query.referenced_attachments.k", "id.x"]:
        with pytest.raises(FieldMaskError):
            replace_fields(stored, Message(), [path])


@pytest.mark.parametrize("path", ["citations", "timestamp", "timestamp.seconds", "agent_output", TODOS])
def test_only_strings_can_be_appended_to(path: str) -> None:
    with pytest.raises(FieldMaskError):
        append_fields(Message(), Message(), [path])
