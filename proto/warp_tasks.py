"""The upstream's side of a conversation, followed through an answer, to be sent back with the next turn.

To continue a conversation its tasks go up as the server last meant them (`docs/protocol.md` 4.1, S1): every message
with its opaque data, the echoes of our inputs, fields that we do not know. `EventTranslator` tells what an answer says;
`TaskLedger` only keeps, and understands as little as it can.
"""

from collections.abc import Iterable

from proto.fieldmask import FieldMaskError, append_fields, replace_fields
from proto.warp.response_pb2 import ClientAction, ResponseEvent
from proto.warp.task_pb2 import Message, Task

#: The string that grows in each kind of message that streams.
_GROWING = {
    "agent_output.text": ("agent_output", "text"),
    "agent_reasoning.reasoning": ("agent_reasoning", "reasoning"),
}


class _Untraceable(Exception):  # noqa: N818  # not an error: the conversation is just not continued
    """The stream did something after which the tasks are no longer known for certain."""


class TaskLedger:
    """Applies one answer's changes to the tasks of its conversation (`docs/protocol.md` 3.9 and 4.5).

    What it cannot follow it does not guess: from then on `active_tasks` is None, and the answer is unharmed.

    Args:
        tasks: those that went up with the request; they become the ledger's.
        most: bytes that all tasks together may come to; beyond them they are given up.

    Attributes:
        conversation_id: as the server said in `init`.
        lost: why the tasks are not known; empty while they are.
    """

    def __init__(self, tasks: Iterable[Task], most: int) -> None:
        self.conversation_id = ""
        self.lost = ""
        self._left = most
        self._tasks: dict[str, Task] = {}
        self._messages: dict[str, Message] = {}
        self._pieces: dict[tuple[str, str], list[str]] = {}
        self._checkpoints: list[list[bytes]] = []
        try:
            for task in tasks:
                self._spend(task.ByteSize())
                self._enter(task)
        except _Untraceable as why:
            self._lose(why)

    def feed(self, event: ResponseEvent) -> None:
        """Take one event of the stream."""
        if self.lost:
            return
        try:
            match event.WhichOneof("type"):
                case "client_actions":
                    for action in event.client_actions.actions:
                        self._act(action)
                case "init":
                    self.conversation_id = event.init.conversation_id
        except _Untraceable as why:
            self._lose(why)
        except FieldMaskError:
            self._lose(_Untraceable("mask"))

    def active_tasks(self) -> list[Task] | None:
        """The root, then the tasks of helpers that are still at work; None if they are not known for certain."""
        self._write_pieces()
        if self.lost or self._checkpoints:
            return None
        roots = [task for task in self._tasks.values() if not task.dependencies.parent_task_id]
        if not roots:
            return None
        working = self._working()
        return roots + [task for task in self._tasks.values() if task not in roots and task.id in working]

    def _working(self) -> set[str]:
        """Ids of tasks whose helper was called and has not answered."""
        calls: dict[str, str] = {}
        for message in (message for task in self._tasks.values() for message in task.messages):
            match message.WhichOneof("message"):
                case "tool_call" if message.tool_call.HasField("subagent"):
                    calls[message.tool_call.tool_call_id] = message.tool_call.subagent.task_id
                case "tool_call_result":
                    calls.pop(message.tool_call_result.tool_call_id, None)
        return set(calls.values())

    # Changes ------------------------------------------------------------------------------------------------------

    def _act(self, action: ClientAction) -> None:
        match action.WhichOneof("action"):
            case "append_to_message_content":
                self._append(action.append_to_message_content)
            case "add_messages_to_task":
                added = action.add_messages_to_task
                for message in added.messages:
                    self._put(self._task(added.task_id), message)
            case "update_task_message":
                self._update(action.update_task_message)
            case "create_task":
                self._spend(action.create_task.task.ByteSize())
                task = Task()
                task.CopyFrom(action.create_task.task)
                self._enter(task)
            case "update_task_description":
                described = action.update_task_description
                self._task(described.task_id).description = described.description
            case "update_task_summary":
                summed = action.update_task_summary
                self._task(summed.task_id).summary = summed.summary
            case "update_task_server_data":
                sealed = action.update_task_server_data
                self._task(sealed.task_id).server_data = sealed.server_data
            case "begin_transaction":
                self._write_pieces()
                self._checkpoints.append([task.SerializeToString() for task in self._tasks.values()])
            case "commit_transaction":
                self._checkpoints = self._checkpoints[:-1]
            case "rollback_transaction":
                self._roll_back()
            case "start_new_conversation" | "move_messages_to_new_task" as moved:
                raise _Untraceable(moved)
            # Suggestions change no task; nor, as far as we know, does what a newer server does.

    def _append(self, appended: ClientAction.AppendToMessageContent) -> None:
        message, paths = appended.message, appended.mask.paths
        growing = _GROWING.get(paths[0]) if len(paths) == 1 else None
        known = self._messages.get(message.id)
        # The stream's hot path: pieces are joined once, when somebody looks.
        if growing is not None and known is not None and message.WhichOneof("message") == growing[0]:
            piece = getattr(getattr(message, growing[0]), growing[1])
            self._spend(len(piece))
            self._pieces.setdefault((message.id, paths[0]), []).append(piece)
            return
        if not (appended.HasField("message") and appended.HasField("mask")):
            return
        if known is None:
            self._put(self._task(appended.task_id), message)
            return
        self._write_pieces()
        self._spend(message.ByteSize())
        append_fields(known, message, paths)

    def _update(self, updated: ClientAction.UpdateTaskMessage) -> None:
        if not (updated.HasField("message") and updated.HasField("mask")):
            return
        known = self._messages.get(updated.message.id)
        if known is None:
            self._put(self._task(updated.task_id), updated.message)
            return
        self._write_pieces()
        self._spend(updated.message.ByteSize())
        replace_fields(known, updated.message, updated.mask.paths)

    def _put(self, task: Task, message: Message) -> None:
        """Add a message to the end of a task, or let it take the place of the one that has its id."""
        self._spend(message.ByteSize())
        known = self._messages.get(message.id)
        if known is not None:
            self._write_pieces()
            known.CopyFrom(message)
            return
        task.messages.add().CopyFrom(message)
        if message.id:
            self._messages[message.id] = task.messages[-1]

    def _task(self, task_id: str) -> Task:
        task = self._tasks.get(task_id)
        if task is None:
            raise _Untraceable("unknown task")
        return task

    def _enter(self, task: Task) -> None:
        self._tasks[task.id] = task
        for message in task.messages:
            if message.id:
                self._messages[message.id] = message

    def _write_pieces(self) -> None:
        pieces, self._pieces = self._pieces, {}
        for (message_id, path), texts in pieces.items():
            variant, field = _GROWING[path]
            grown = getattr(self._messages[message_id], variant)
            setattr(grown, field, getattr(grown, field) + "".join(texts))

    def _roll_back(self) -> None:
        if not self._checkpoints:
            return
        self._pieces, self._tasks, self._messages = {}, {}, {}
        for raw in self._checkpoints.pop():
            self._enter(Task.FromString(raw))

    # Giving up ----------------------------------------------------------------------------------------------------

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise _Untraceable("too large")

    def _lose(self, why: _Untraceable) -> None:
        self.lost = str(why)
        self._tasks, self._messages, self._pieces, self._checkpoints = {}, {}, {}, []
