"""Plays a script, or makes an answer up where there is none."""

import json
from collections.abc import Callable, Sequence
from math import inf
from typing import Any

from google.protobuf.struct_pb2 import Struct

from cli.simulator import replies
from cli.simulator.answer import Answer
from cli.simulator.frames import Framing
from cli.simulator.options import Options
from cli.simulator.plan import Ending, Plan
from cli.simulator.script import ScriptError, Step
from cli.simulator.texts import checksum_text, filler
from cli.simulator.tool_args import plausible_arguments
from cli.simulator.turn import Tool, Turn, offered_tools
from proto.warp.request_pb2 import Request
from proto.warp.response_pb2 import ClientAction, ResponseEvent
from proto.warp.task_pb2 import Message

#: Verbs about the whole answer, which have no place in it.
_WHOLE = frozenset({"wait", "framing"})
#: Verbs that leave what the answer says to be made up, when there is no other.
_SHAPES = _WHOLE | {"pause"}
_REASONS = frozenset(field.name for field in ResponseEvent.StreamFinished.DESCRIPTOR.oneofs_by_name["reason"].fields)
_USAGES = frozenset({"charges", "tokens", "total", "none"})


class Performer:
    """One answer to one request."""

    def __init__(self, request: Request, turn: Turn, options: Options) -> None:
        self._request = request
        self._turn = turn
        self._options = options
        self._tools = offered_tools(request)
        self._plan = Plan()
        self._answer = Answer(request, options, self._plan)
        self._verbs: dict[str, Callable[[Step], None]] = {
            "text": self._text,
            "checksum": self._checksum,
            "reasoning": self._reasoning,
            "tools": self._call_tools,
            "builtin": self._builtin,
            "revise": self._revise,
            "rollback": self._rollback,
            "subtask": self._subtask,
            "unknown": self._unknown,
            "finish": self._finish,
            "cut": self._cut,
            "eof": self._eof,
            "silent": self._silent,
            "pause": lambda step: self._answer.hold(step.number("seconds", 0)),
            "malformed": self._malformed,
        }

    @property
    def conversation_id(self) -> str:
        """The id the answer goes under."""
        return self._answer.conversation_id

    def perform(self, steps: Sequence[Step]) -> Plan:
        """Work the whole answer out.

        Raises:
            ScriptError: a step asks for what there is not.
        """
        self._prepare(steps)
        self._answer.open(self._request)
        for step in [step for step in steps if step.verb not in _WHOLE]:
            if self._answer.closed:
                raise ScriptError(f"{step.source} comes after the end")
            self._verbs[step.verb](step)
        if all(step.verb in _SHAPES for step in steps):
            self._make_up()
        if not self._answer.closed:
            self._answer.describe(replies.title(self._turn))
            self._answer.finish()
        return self._plan

    def _prepare(self, steps: Sequence[Step]) -> None:
        for step in steps:
            if step.verb == "framing":
                self._plan.framing = Framing.of(step.words)
            elif step.verb == "wait":
                self._plan.wait = step.number("seconds", 0)

    # Answers nobody scripted

    def _make_up(self) -> None:
        turn, answer, model = self._turn, self._answer, self._request.settings.model_config.base
        if self._request.settings.supports_reasoning_message:
            answer.reasoning(replies.reasoning(turn))
        if turn.results:
            answer.text(replies.after_results(turn))
            return
        wanted = replies.wanted_tools(turn, self._tools)
        answer.text(replies.before_call(wanted) if wanted else replies.greeting(turn, self._tools, model))
        if wanted:
            answer.add(*[self._call(tool.name) for tool in wanted])

    # Output

    def _text(self, step: Step) -> None:
        self._answer.text(self._words(step, 20), step)

    def _reasoning(self, step: Step) -> None:
        self._answer.reasoning(self._words(step, 5), step)

    def _words(self, step: Step, deltas: int) -> str:
        return step.values.get("say", filler(self._length(step, deltas)))

    def _length(self, step: Step, deltas: int) -> int:
        return step.whole("n", deltas) * step.whole("size", self._options.size)

    def _checksum(self, step: Step) -> None:
        self._answer.text(checksum_text(step.whole("seed", 0), self._length(step, 20)), step)

    def _call_tools(self, step: Step) -> None:
        names = step.values.get("names") or ",".join(tool.name for tool in self._tools[:1])
        if not names:
            raise ScriptError(f"no tool is on offer for {step.source}")
        arguments = _json_object(step) if "args" in step.values else None
        calls = [self._call(name, arguments) for name in names.split(",")]
        groups = [[call] for call in calls] if "apart" in step.words else [calls]
        for group in groups:
            self._answer.add(*group)
        if "cancel" in step.words:
            self._answer.add(*[self._cancelled(call) for call in calls])

    def _call(self, name: str, arguments: dict[str, Any] | None = None) -> Message:
        """A call, with made-up arguments if the tool is on offer and none are given."""
        tool = next((tool for tool in self._tools if tool.name == name), Tool(name, Struct(), ""))
        if arguments is None:
            arguments = plausible_arguments(tool.schema, replies.question(self._turn))
        return self._answer.tool_call(name, arguments, tool.server_id)

    def _cancelled(self, call: Message) -> Message:
        message = self._answer.message()
        message.tool_call_result.tool_call_id = call.tool_call.tool_call_id
        message.tool_call_result.cancel.SetInParent()
        return message

    def _builtin(self, _: Step) -> None:
        message = self._answer.message()
        message.tool_call.tool_call_id = f"builtin_{message.id[:8]}"
        message.tool_call.run_shell_command.command = "ls"
        self._answer.add(message)

    def _revise(self, step: Step) -> None:
        """The end of the text is what an update says; streams see the rest of it, or nothing when it differs."""
        first, second, whole = replies.REVISION
        message = self._answer.sealed_text(whole if "mismatch" not in step.words else replies.OTHER_REVISION)
        final = message.agent_output.text
        message.agent_output.text = first
        self._answer.add(message)
        delta = Message(id=message.id)
        delta.agent_output.text = second
        self._answer.append(delta, "agent_output.text")
        delta.agent_output.text = final
        self._answer.update(delta, "agent_output.text")

    def _rollback(self, _: Step) -> None:
        begin, rollback, commit = ClientAction(), ClientAction(), ClientAction()
        begin.begin_transaction.SetInParent()
        rollback.rollback_transaction.SetInParent()
        commit.commit_transaction.SetInParent()
        draft, final = replies.ROLLBACK
        self._answer.actions(begin)
        self._answer.add(self._answer.sealed_text(draft))
        self._answer.actions(rollback, begin)
        self._plan.conversation.pop()
        self._answer.add(self._answer.sealed_text(final))
        self._answer.actions(commit)

    def _subtask(self, _: Step) -> None:
        self._answer.subtask(replies.SUBTASK)

    def _unknown(self, _: Step) -> None:
        newer = b"\xaa\x3e\x05newer"  # field 997, five bytes
        self._answer.event(ResponseEvent.FromString(newer))
        self._answer.actions(ClientAction.FromString(newer))
        variant = self._answer.message()
        variant.MergeFromString(newer)
        self._answer.add(variant)
        message = self._answer.sealed_text(replies.UNKNOWN)
        message.MergeFromString(newer)
        message.agent_output.MergeFromString(newer)
        self._answer.add(message)
        self._answer.update(Message(id=message.id), "agent_output.newer")

    # Ends

    def _finish(self, step: Step) -> None:
        reason, usage = step.values.get("reason", "done"), step.values.get("usage", "charges")
        if reason not in _REASONS | {"none"}:
            raise ScriptError(f"there is no reason {reason!r} in {step.source}")
        if usage not in _USAGES:
            raise ScriptError(f"there is no usage {usage!r} in {step.source}")
        self._answer.finish(reason, usage, stale="stale" in step.words)

    def _cut(self, step: Step) -> None:
        self._end(step, Ending.CUT)

    def _eof(self, step: Step) -> None:
        self._end(step, Ending.COMPLETE)

    def _silent(self, step: Step) -> None:
        if "headers" in step.words:
            self._plan.wait = inf
        self._end(step, Ending.SILENT)

    def _end(self, step: Step, ending: Ending) -> None:
        after = step.whole("after", 0)
        if after:
            self._answer.text(filler(after * self._options.size))
        self._plan.ending = ending
        self._answer.closed = True

    def _malformed(self, step: Step) -> None:
        if "html" in step.words:
            self._plan.content_type = "text/html"
            self._plan.frames[:] = [(0.0, b"<html><body>An unexpected page</body></html>")]
            self._answer.closed = True
        elif "protobuf" in step.words:
            self._answer.raw(self._plan.framing.write(b"\x0a\xff\xff\xff\xff\x0f"))
        else:
            self._answer.raw(self._plan.framing.write_data(b"{this is not base64!}"))


def _json_object(step: Step) -> dict[str, Any]:
    try:
        value = json.loads(step.values["args"])
    except ValueError as error:
        raise ScriptError(f"args is no JSON in {step.source}") from error
    if not isinstance(value, dict):
        raise ScriptError(f"args is no object in {step.source}")
    return value
