"""The conversation as one answer's events leave it, for people to look at: every task and every message, tolerantly.

`EventTranslator` tells what a client sees and `TaskLedger` keeps what must go back upstream; both leave out or give up
what they have no use for. Here everything is followed as far as it makes sense, also helpers' tasks and messages of
tasks that nobody announced.
"""

from typing import NamedTuple

from proto.fieldmask import FieldMaskError, append_fields, replace_fields
from proto.warp.response_pb2 import ClientAction, ResponseEvent
from proto.warp.task_pb2 import Message, Task


class Told(NamedTuple):
    """One message as it is by now, and the id of the task it is in."""

    task_id: str
    message: Message


class StreamState:
    """What one answer has made of its conversation.

    Attributes:
        init: what the stream began with, if it has.
        finished: what it ended with, if it has.
        tasks: by id, in the order they were met; without their messages.
        notes: changes that could not be made, in words.
    """

    def __init__(self) -> None:
        self.init: ResponseEvent.StreamInit | None = None
        self.finished: ResponseEvent.StreamFinished | None = None
        self.tasks: dict[str, Task] = {}
        self.notes: list[str] = []
        self._messages: dict[str, Told] = {}
        self._checkpoints: list[tuple[dict[str, Task], dict[str, Told]]] = []

    @property
    def messages(self) -> list[Told]:
        """All messages in the order they came."""
        return list(self._messages.values())

    def feed(self, event: ResponseEvent) -> None:
        """Take one event of the stream."""
        match event.WhichOneof("type"):
            case "init":
                self.init = event.init
            case "finished":
                self.finished = event.finished
            case "client_actions":
                for action in event.client_actions.actions:
                    try:
                        self._act(action)
                    except FieldMaskError as error:
                        self.notes.append(f"a change of a message cannot be made: {error}")

    def _act(self, action: ClientAction) -> None:
        match action.WhichOneof("action"):
            case "append_to_message_content":
                appended = action.append_to_message_content
                if known := self._messages.get(appended.message.id):
                    append_fields(known.message, appended.message, appended.mask.paths)
                else:
                    self._put(appended.task_id, appended.message)
            case "update_task_message":
                updated = action.update_task_message
                if known := self._messages.get(updated.message.id):
                    replace_fields(known.message, updated.message, updated.mask.paths)
                else:
                    self._put(updated.task_id, updated.message)
            case "add_messages_to_task":
                for message in action.add_messages_to_task.messages:
                    self._put(action.add_messages_to_task.task_id, message)
            case "create_task":
                self._create(action.create_task.task)
            case "update_task_description":
                self._task(
                    action.update_task_description.task_id
                ).description = action.update_task_description.description
            case "update_task_summary":
                self._task(action.update_task_summary.task_id).summary = action.update_task_summary.summary
            case "update_task_server_data":
                sealed = action.update_task_server_data
                self._task(sealed.task_id).server_data = sealed.server_data
            case "move_messages_to_new_task":
                self._move(action.move_messages_to_new_task)
            case "begin_transaction":
                self._checkpoints.append((_copies(self.tasks), _told_copies(self._messages)))
            case "commit_transaction" if self._checkpoints:
                self._checkpoints.pop()
            case "rollback_transaction" if self._checkpoints:
                self.tasks, self._messages = self._checkpoints.pop()
            # Suggestions, and what a newer server does, change nothing that is shown.

    def _task(self, task_id: str) -> Task:
        return self.tasks.setdefault(task_id, Task(id=task_id))

    def _put(self, task_id: str, message: Message) -> None:
        self._task(task_id)
        copy = Message()
        copy.CopyFrom(message)
        self._messages[message.id or f"unnamed-{len(self._messages)}"] = Told(task_id, copy)

    def _create(self, created: Task) -> None:
        task = self._task(created.id)
        task.CopyFrom(created)
        task.ClearField("messages")
        for message in created.messages:
            self._put(created.id, message)

    def _move(self, moved: ClientAction.MoveMessagesToNewTask) -> None:
        """Compaction: the messages from the first to the last are the new task's; others take their place."""
        self._create(moved.new_task)
        keys = list(self._messages)
        if moved.first_message_id in keys and moved.last_message_id in keys:
            for key in keys[keys.index(moved.first_message_id) : keys.index(moved.last_message_id) + 1]:
                self._messages[key] = Told(moved.new_task.id, self._messages[key].message)
        for message in moved.replacement_messages:
            self._put(moved.source_task_id, message)


def _copies(tasks: dict[str, Task]) -> dict[str, Task]:
    copied: dict[str, Task] = {}
    for key, task in tasks.items():
        copied[key] = Task()
        copied[key].CopyFrom(task)
    return copied


def _told_copies(messages: dict[str, Told]) -> dict[str, Told]:
    copied: dict[str, Told] = {}
    for key, told in messages.items():
        message = Message()
        message.CopyFrom(told.message)
        copied[key] = Told(told.task_id, message)
    return copied
