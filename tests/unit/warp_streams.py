"""Upstream streams for tests: short makers of messages, actions and events, and a translator fed with real bytes."""

import base64
from collections.abc import Iterable
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from proto.codec import encode, parse_response_event, to_struct
from proto.events import Event
from proto.warp.response_pb2 import ClientAction, ResponseEvent
from proto.warp.task_pb2 import Message, Task
from proto.warp_events import EventTranslator

ROOT = "task-root"
OUTPUT = "agent_output.text"
REASONING = "agent_reasoning.reasoning"

INIT = ResponseEvent(init=ResponseEvent.StreamInit(conversation_id="conv", request_id="req", run_id="run"))


def text(id_: str, content: str) -> Message:
    return Message(id=id_, agent_output=Message.AgentOutput(text=content))


def reasoning(id_: str, content: str) -> Message:
    return Message(id=id_, agent_reasoning=Message.AgentReasoning(reasoning=content))


def echo(id_: str, query: str) -> Message:
    return Message(id=id_, user_query=Message.UserQuery(query=query))


def call(id_: str, call_id: str, name: str = "look", **args: Any) -> Message:
    mcp = Message.ToolCall.CallMCPTool(name=name, args=to_struct(args))
    return Message(id=id_, tool_call=Message.ToolCall(tool_call_id=call_id, call_mcp_tool=mcp))


def actions(*items: ClientAction) -> ResponseEvent:
    return ResponseEvent(client_actions=ResponseEvent.ClientActions(actions=items))


def create(*messages: Message, id_: str = ROOT, parent: str = "") -> ResponseEvent:
    dependencies = Task.Dependencies(parent_task_id=parent) if parent else None
    task = Task(id=id_, messages=messages, dependencies=dependencies)
    return actions(ClientAction(create_task=ClientAction.CreateTask(task=task)))


def add(*messages: Message, task: str = ROOT) -> ResponseEvent:
    added = ClientAction.AddMessagesToTask(task_id=task, messages=messages)
    return actions(ClientAction(add_messages_to_task=added))


def append(message: Message, *paths: str, task: str = ROOT) -> ResponseEvent:
    appended = ClientAction.AppendToMessageContent(message=message, mask=FieldMask(paths=paths), task_id=task)
    return actions(ClientAction(append_to_message_content=appended))


def update(message: Message, *paths: str, task: str = ROOT) -> ResponseEvent:
    updated = ClientAction.UpdateTaskMessage(message=message, mask=FieldMask(paths=paths), task_id=task)
    return actions(ClientAction(update_task_message=updated))


def begin() -> ResponseEvent:
    return actions(ClientAction(begin_transaction=ClientAction.BeginTransaction()))


def commit() -> ResponseEvent:
    return actions(ClientAction(commit_transaction=ClientAction.CommitTransaction()))


def rollback() -> ResponseEvent:
    return actions(ClientAction(rollback_transaction=ClientAction.RollbackTransaction()))


def finished(reason: str | None = "done", **fields: Any) -> ResponseEvent:
    ended = ResponseEvent.StreamFinished(**fields)
    if reason is not None:
        getattr(ended, reason).SetInParent()
    event = ResponseEvent(finished=ended)
    event.finished.SetInParent()
    return event


def run(*events: ResponseEvent, translator: EventTranslator | None = None, ended: bool = True) -> list[Event]:
    """All that a translator says of a stream that came as bytes; `ended` tells it that the stream is over."""
    translator = translator or EventTranslator()
    out: list[Event] = []
    for event in through_the_wire(events):
        out += translator.feed(event)
    return out + translator.end() if ended else out


def through_the_wire(events: Iterable[ResponseEvent]) -> Iterable[ResponseEvent]:
    for event in events:
        parsed = parse_response_event(base64.urlsafe_b64encode(encode(event)))
        if parsed is not None:
            yield parsed
