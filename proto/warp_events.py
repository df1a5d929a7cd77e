"""What the upstream's stream means: `ResponseEvent`s in, the answer's events out (`docs/protocol.md` 3.9, 4.5, 4.7).

The upstream does not stream an answer, it edits a conversation: it adds messages to tasks, appends to their text,
rewrites them and rolls changes back. `EventTranslator` follows those edits and tells what they add to the answer.
"""

from collections import Counter
from collections.abc import Collection
from itertools import count
from typing import NamedTuple

import msgspec

from proto.codec import from_struct
from proto.errors import ErrorCode
from proto.estimate import tokens_of, weigh
from proto.events import (
    Event,
    Failed,
    Finished,
    FinishReason,
    Reasoning,
    Started,
    Terminal,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)
from proto.fieldmask import FieldMaskError, append_fields, replace_fields
from proto.warp.response_pb2 import ClientAction, ResponseEvent
from proto.warp.task_pb2 import Message, Task
from proto.warp.tool_results_pb2 import CallMCPToolResult
from proto.warp_records import Record
from proto.warp_usage import usage_of

MAX_UPSTREAM_TEXT = 200
"""How much of an upstream error's own words a client may see."""

_FAILURES = {
    "quota_limit": (ErrorCode.QUOTA, "The upstream account has used up its credits."),
    "llm_unavailable": (ErrorCode.MODEL_UNAVAILABLE, "The model's provider is not available at the moment."),
    "internal_error": (ErrorCode.UPSTREAM_INTERNAL, "The upstream reported an internal error."),
    "invalid_api_key": (ErrorCode.BYOK_INVALID, "The model vendor refused the key that is configured upstream."),
    "other": (ErrorCode.UPSTREAM_OTHER, "The upstream ended the answer without saying why."),
}
_SERVER_SIDE_TOOLS = ("server", "subagent")


class EventTranslator:
    """Turns one response stream into events; one instance an attempt.

    What goes wrong upstream comes out as `Failed`, from `feed` and `end` alike; whether to try again is the caller's
    decision. Exactly one terminal event comes out, a `Usage` right before it, and nothing after it. A tool result that
    the upstream gives itself is told at once, or when the transaction is over that may yet take it back. Calls that
    were taken back are told at the end, for until then they may return.

    Attributes:
        violations: how often each tool was called that is not the client's; such calls are not passed on.
        model_used: the id of the model that really answered, once told.
        models_stale: the upstream said that its list of models has changed.

    Args:
        input_tokens: an estimate, for when the upstream does not tell.
        known_messages: ids that went upstream with the request: no output, whatever is done to them.
    """

    def __init__(self, *, input_tokens: int = 0, known_messages: Collection[str] = ()) -> None:
        self.violations: Counter[str] = Counter()
        self.model_used = ""
        self.models_stale = False
        self._input_tokens = input_tokens
        self._known = frozenset(known_messages)
        self._records: dict[str, Record] = {}
        self._roots: set[str] = set()
        self._subtasks: set[str] = set()
        self._checkpoints: list[_Checkpoint] = []
        self._calls: dict[str, ToolCall] = {}
        self._server_calls: set[str] = set()
        self._told_results: dict[str, ToolResult] = {}
        self._results_changed = False
        self._violating: set[str] = set()
        self._numbers = count()
        self._ended = False

    def feed(self, event: ResponseEvent) -> list[Event]:
        """The events that one upstream event adds to the answer, possibly none."""
        if self._ended:
            return []
        out: list[Event] = []
        match event.WhichOneof("type"):
            case "client_actions":
                try:
                    for action in event.client_actions.actions:
                        self._act(action, out)
                    out += self._new_results()
                except FieldMaskError:
                    failed = Failed(ErrorCode.UPSTREAM_PROTOCOL, "The upstream sent a change that cannot be made.")
                    out += self._close(ResponseEvent.StreamFinished(), failed)
            case "init":
                out.append(Started(event.init.conversation_id, event.init.request_id))
            case "finished":
                self.models_stale = event.finished.should_refresh_model_config
                out += self._close(event.finished, self._terminal(event.finished))
        return out

    def end(self) -> list[Event]:
        """The stream is over: nothing if it ended in order, a failure if it broke off."""
        if self._ended:
            return []
        failed = Failed(ErrorCode.UPSTREAM_TRUNCATED, "The upstream's answer broke off.")
        return self._close(ResponseEvent.StreamFinished(), failed)

    # Edits of the conversation ------------------------------------------------------------------------------

    def _act(self, action: ClientAction, out: list[Event]) -> None:
        match action.WhichOneof("action"):
            case "append_to_message_content":
                self._append(action.append_to_message_content, out)
            case "add_messages_to_task":
                added = action.add_messages_to_task
                self._add(added.messages, self._is_hidden(added.task_id), out)
            case "update_task_message":
                self._update(action.update_task_message, out)
            case "create_task":
                self._create_task(action.create_task.task, out)
            case "move_messages_to_new_task":
                self._move(action.move_messages_to_new_task, out)
            case "begin_transaction":
                self._checkpoints.append(self._checkpoint())
            case "commit_transaction":
                self._checkpoints = self._checkpoints[:-1]
            case "rollback_transaction":
                if self._checkpoints:
                    self._roll_back(self._checkpoints.pop(), out)
            # Titles, summaries, suggestions, server data and what this release does not know say nothing of the answer.

    def _append(self, action: ClientAction.AppendToMessageContent, out: list[Event]) -> None:
        message, paths = action.message, action.mask.paths
        record = self._records.get(message.id)
        # The stream's hot path: one more piece for the text that a message is known to be.
        if record is not None and record.voice is not None and len(paths) == 1 and paths[0] == record.voice.path:
            voice = record.voice
            text = message.agent_output.text if voice.kind is Text else message.agent_reasoning.reasoning
            if text:
                out.append(voice.say(text, self._numbers))
            return
        if not (action.HasField("message") and action.HasField("mask")):
            return
        if record is None:
            self._add([message], self._is_hidden(action.task_id), out)
        elif not record.hidden:
            append_fields(record.stored(), message, paths)
            self._settle(record, out)

    def _update(self, action: ClientAction.UpdateTaskMessage, out: list[Event]) -> None:
        if not (action.HasField("message") and action.HasField("mask")):
            return
        record = self._records.get(action.message.id)
        if record is None:
            self._add([action.message], self._is_hidden(action.task_id), out)
        elif not record.hidden:
            replace_fields(record.stored(), action.message, action.mask.paths)
            self._settle(record, out)

    def _add(self, messages: Collection[Message], hidden: bool, out: list[Event]) -> None:
        for message in messages:
            key = message.id or f"unnamed-{len(self._records)}"
            record = self._records.get(key)
            if record is None:
                record = self._records[key] = Record(hidden or key in self._known)
            record.message.CopyFrom(message)
            self._settle(record, out)

    def _create_task(self, task: Task, out: list[Event]) -> None:
        if task.dependencies.parent_task_id:
            self._subtasks.add(task.id)
        else:
            self._roots.add(task.id)
        self._add(task.messages, task.id in self._subtasks, out)

    def _is_hidden(self, task_id: str) -> bool:
        """Whether a task's messages are none of the client's business. The first task met unannounced is a root."""
        if not task_id or task_id in self._roots:
            return False
        if task_id in self._subtasks or self._roots:
            return True
        self._roots.add(task_id)
        return False

    def _move(self, action: ClientAction.MoveMessagesToNewTask, out: list[Event]) -> None:
        """Compaction: the range is history now. What was said of it stays said; what replaces it is no output.

        A range that begins with a message not seen here begins before this answer.
        """
        self._subtasks.add(action.new_task.id)
        if action.last_message_id in self._records:
            keys = list(self._records)
            first = keys.index(action.first_message_id) if action.first_message_id in self._records else 0
            for key in keys[first : keys.index(action.last_message_id) + 1]:
                self._records[key].hide()
        self._add([*action.new_task.messages, *action.replacement_messages], True, out)

    def _checkpoint(self) -> "_Checkpoint":
        states: dict[str, tuple[Message, bool]] = {}
        for key, record in self._records.items():
            copy = Message()
            copy.CopyFrom(record.stored())
            states[key] = copy, record.hidden
        return _Checkpoint(states, set(self._roots), set(self._subtasks))

    def _roll_back(self, checkpoint: "_Checkpoint", out: list[Event]) -> None:
        self._roots, self._subtasks = checkpoint.roots, checkpoint.subtasks
        for key, record in self._records.items():
            message, record.hidden = checkpoint.states.get(key, (Message(), record.hidden))
            record.message.CopyFrom(message)
            self._settle(record, out)

    # From messages to events --------------------------------------------------------------------------------

    def _settle(self, record: Record, out: list[Event]) -> None:
        """Tell what changed between what has been said of a message and what it is now."""
        if record.hidden:
            return
        message = record.message
        variant = message.WhichOneof("message")
        record.voice = None
        for voice in record.voices:
            if voice.variant == variant:
                record.voice = voice
                text = message.agent_output.text if voice.kind is Text else message.agent_reasoning.reasoning
                out += voice.revise(text, self._numbers)
            else:
                out += voice.revise("", self._numbers)
        if variant == "tool_call":
            self._settle_call(message, out)
        elif variant == "tool_call_result":
            self._results_changed = True
        elif variant == "model_used":
            self.model_used = message.model_used.model_id

    def _settle_call(self, message: Message, out: list[Event]) -> None:
        call = message.tool_call
        tool = call.WhichOneof("tool")
        call_id = _call_id(message)
        if tool == "call_mcp_tool":
            if call_id not in self._calls:
                arguments = msgspec.json.encode(from_struct(call.call_mcp_tool.args)).decode()
                self._calls[call_id] = ToolCall(call_id, call.call_mcp_tool.name, arguments)
                out.append(self._calls[call_id])
        elif tool in _SERVER_SIDE_TOOLS:
            self._server_calls.add(call_id)
        elif tool is not None and call_id not in self._violating:
            self._violating.add(call_id)
            self.violations[tool] += 1

    # The end ------------------------------------------------------------------------------------------------

    def _close(self, finished: ResponseEvent.StreamFinished, terminal: Terminal) -> list[Event]:
        self._ended = True
        results = self._results() | self._answered_calls()
        new = [result for result in results.values() if not self._was_told(result)]
        return [*new, usage_of(finished, self._estimate()), terminal]

    def _terminal(self, finished: ResponseEvent.StreamFinished) -> Terminal:
        reason = finished.WhichOneof("reason") or ""
        if reason == "context_window_exceeded":
            return Failed(ErrorCode.CONTEXT_EXCEEDED, self._too_long(finished))
        if reason in _FAILURES:
            code, message = _FAILURES[reason]
            return Failed(code, _with_detail(message, finished.internal_error.message))
        said = {voice.kind for record in self._records.values() for voice in record.voices if voice.text}
        if reason == "max_token_limit":
            if said or self._calls:
                return Finished(FinishReason.LENGTH)
            return Failed(ErrorCode.CONTEXT_EXCEEDED, "prompt is too long: the token limit left no room for an answer")
        if self._calls.keys() - self._answered_calls().keys():
            return Finished(FinishReason.TOOL_CALLS)
        if self.violations and Text not in said and not self._calls:
            return Failed(ErrorCode.TOOL_UNAVAILABLE, "The model tried to use an unavailable tool.")
        # A reason newer than our schema looks like none: an answer that holds nothing is then no success.
        if not reason and not said and not self._calls:
            return Failed(ErrorCode.EMPTY_ANSWER, "The upstream ended the answer before it began.")
        return Finished(FinishReason.STOP)

    def _too_long(self, finished: ResponseEvent.StreamFinished) -> str:
        """In the words that clients look for, with the figures as far as they are known."""
        told = finished.conversation_usage_metadata
        tokens = told.total_input_tokens or self._input_tokens
        if told.total_input_tokens and told.context_window_usage > 1:
            return f"prompt is too long: {tokens} tokens > {round(tokens / told.context_window_usage)} maximum"
        size = f": about {tokens} tokens do not fit" if tokens else " for"
        return f"prompt is too long{size} the model's context window"

    def _new_results(self) -> list[Event]:
        """Results not told yet, in the order they stand, unless they may still be taken back."""
        if not self._results_changed or self._checkpoints:
            return []
        self._results_changed = False
        new = [result for result in self._results().values() if not self._was_told(result)]
        self._told_results |= {result.call_id: result for result in new}
        return [*new]

    def _was_told(self, result: ToolResult) -> bool:
        return self._told_results.get(result.call_id) == result

    def _results(self) -> dict[str, ToolResult]:
        """The upstream's results for calls of this answer, its own and the client's. Others are our input's echo."""
        results: dict[str, ToolResult] = {}
        for record in self._records.values():
            message = record.message
            if message.WhichOneof("message") == "tool_call_result":
                call_id = message.tool_call_result.tool_call_id
                if call_id in self._calls or call_id in self._server_calls:
                    results[call_id] = _tool_result(message.tool_call_result)
        return results

    def _answered_calls(self) -> dict[str, ToolResult]:
        """Calls of this answer that the client need not run: the upstream answered them or took them back."""
        standing = {
            _call_id(record.message)
            for record in self._records.values()
            if record.message.WhichOneof("message") == "tool_call"
        }
        answered = self._results()
        for call_id in self._calls.keys() - standing:
            answered.setdefault(call_id, ToolResult(call_id, "taken back", is_error=True))
        return {call_id: answered[call_id] for call_id in self._calls if call_id in answered}

    def _estimate(self) -> Usage:
        reasoned = spoken = 0
        for record in self._records.values():
            for voice in record.voices:
                if voice.kind is Reasoning:
                    reasoned += weigh(voice.text)
                else:
                    spoken += weigh(voice.text)
        called = sum(weigh(call.arguments) for call in self._calls.values())
        output = tokens_of(reasoned + spoken + called)
        return Usage(self._input_tokens, output, reasoning=tokens_of(reasoned), estimated=True)


class _Checkpoint(NamedTuple):
    """What a transaction may be rolled back to."""

    states: dict[str, tuple[Message, bool]]
    roots: set[str]
    subtasks: set[str]


def _call_id(message: Message) -> str:
    return message.tool_call.tool_call_id or message.id


def _tool_result(result: Message.ToolCallResult) -> ToolResult:
    kind = result.WhichOneof("result")
    if kind == "cancel":
        return ToolResult(result.tool_call_id, "cancelled", is_error=True)
    if kind == "server":
        return ToolResult(result.tool_call_id, result.server.serialized_result)
    if kind == "call_mcp_tool" and result.call_mcp_tool.WhichOneof("result") == "error":
        return ToolResult(result.tool_call_id, result.call_mcp_tool.error.message, is_error=True)
    return ToolResult(result.tool_call_id, _result_text(result.call_mcp_tool))


def _result_text(result: CallMCPToolResult) -> str:
    return "\n".join(part.text.text for part in result.success.results if part.WhichOneof("result") == "text")


def _with_detail(message: str, detail: str) -> str:
    detail = " ".join(detail.split())[:MAX_UPSTREAM_TEXT]
    return f"{message} It said: {detail}" if detail else message
