"""The conversations it has had, as it left them; and whether a request goes on from one of them as it should.

The official client sends every active task back as it was, under the conversation's id, with the results of all pending
calls and what is new (`docs/protocol.md` 3.2, 4.1 S1). Here that is checked to the letter, messages and their order
included.
"""

from collections import OrderedDict
from typing import NamedTuple

from cli.simulator.seals import judge
from proto.warp.request_pb2 import Request
from proto.warp.task_pb2 import Message

_REMEMBERED = 1000


class _Standing(NamedTuple):
    """Where a conversation stood after an answer."""

    token: str
    messages: tuple[str, ...]
    open_calls: frozenset[str]


class Conversations:
    """All of them. One may go on several times from the same place, as when an answer got lost."""

    def __init__(self) -> None:
        self._standings: OrderedDict[tuple[str, tuple[str, ...]], _Standing] = OrderedDict()
        self._ids: set[str] = set()

    def stands(self, conversation_id: str, token: str, messages: list[Message]) -> None:
        """An answer has been worked out; `messages` are all of the root task's after it."""
        ids = tuple(message.id for message in messages)
        calls = {m.tool_call.tool_call_id for m in messages if m.HasField("tool_call")}
        results = {m.tool_call_result.tool_call_id for m in messages if m.HasField("tool_call_result")}
        self._standings[conversation_id, ids] = _Standing(token, ids, frozenset(calls - results))
        self._ids.add(conversation_id)
        while len(self._standings) > _REMEMBERED:
            self._standings.popitem(last=False)

    def fault(self, request: Request, token: str) -> str:
        """What is wrong with the way in which a request goes on; empty if nothing is, or it begins anew."""
        conversation_id = request.metadata.conversation_id
        if not conversation_id:
            return ""
        if conversation_id not in self._ids:
            return "no such conversation"
        tasks = request.task_context.tasks
        if judge(tasks) != "ours":
            return "the tasks are not as they were"
        roots = [task for task in tasks if not task.dependencies.parent_task_id]
        if len(roots) != 1 or tasks[0] != roots[0]:
            return "the root task does not come first"
        standing = self._standings.get((conversation_id, tuple(message.id for message in roots[0].messages)))
        if standing is None:
            return "messages are missing, added or out of order"
        if standing.token != token:
            return "it is another account's conversation"
        answered = [
            entry.tool_call_result.tool_call_id
            for entry in request.input.user_inputs.inputs
            if entry.HasField("tool_call_result")
        ]
        if sorted(answered) != sorted(standing.open_calls):
            return "the results are not those of the calls that are open"
        return ""
