"""The events of one answer, in the order of `docs/protocol.md` 3.10: their ids, their seals, their deltas."""

import uuid
from typing import Any

from cli.simulator.options import Options
from cli.simulator.plan import Plan
from cli.simulator.script import Step
from cli.simulator.seals import seal
from cli.simulator.texts import pieces, tokens
from cli.simulator.turn import content_of
from proto.warp.request_pb2 import Request
from proto.warp.response_pb2 import ClientAction, ResponseEvent
from proto.warp.task_pb2 import Message

_REAL_MODELS = {"auto": "claude-4-5-sonnet", "auto-efficient": "gpt-5-mini", "auto-genius": "claude-4-5-sonnet"}
_CONTEXT_WINDOW = 200_000
_CENTS_PER_TOKEN = 0.001


class Answer:
    """Adds events to a plan.

    Attributes:
        plan: what has been worked out so far.
        closed: whether the end has been written, so that nothing may follow.
    """

    def __init__(self, request: Request, options: Options, plan: Plan) -> None:
        self.plan = plan
        self.closed = False
        self._options = options
        self._model = request.settings.model_config.base
        self._real_model = _REAL_MODELS.get(self._model, self._model)
        self._conversation = request.metadata.conversation_id or str(uuid.uuid4())
        self._request_id = str(uuid.uuid4())
        self._tasks = request.task_context.tasks
        self._task_id = self._tasks[0].id if self._tasks else str(uuid.uuid4())
        plan.conversation = [*self._tasks[0].messages] if self._tasks else []
        self._output_tokens = 0
        self._cached_tokens = sum(tokens(content_of(message)) for task in self._tasks for message in task.messages)
        self._input_tokens = max(request.ByteSize() // 4 - self._cached_tokens, 1)
        self._pause = 0.0

    @property
    def conversation_id(self) -> str:
        """The id it answers under."""
        return self._conversation

    # Events

    def event(self, event: ResponseEvent, pause: float = 0.0) -> None:
        """One event, `pause` seconds after the last."""
        self.raw(self.plan.framing.write(event.SerializeToString()), pause)

    def raw(self, frame: bytes, pause: float = 0.0) -> None:
        """Bytes as they are, `pause` seconds after the last."""
        self.plan.frames.append((pause + self._pause, frame))
        self._pause = 0.0

    def hold(self, seconds: float) -> None:
        """A pause before whatever comes next."""
        self._pause += seconds

    def actions(self, *actions: ClientAction) -> None:
        """One event with these actions."""
        self.event(ResponseEvent(client_actions=ResponseEvent.ClientActions(actions=actions)))

    # The frame of every answer

    def open(self, request: Request) -> None:
        """`init`, the root task, the echo of the inputs, the model."""
        init = ResponseEvent.StreamInit(
            conversation_id=self._conversation, request_id=self._request_id, run_id=str(uuid.uuid4())
        )
        self.event(ResponseEvent(init=init))
        if not self._tasks:
            create = ClientAction()
            create.create_task.task.id = self._task_id
            create.create_task.task.server_data = seal(self._task_id)
            self.actions(create)
        echoes = self._echoes(request)
        if echoes:
            self.add(*echoes)
        used = self.message()
        used.model_used.model_id = self._real_model
        used.model_used.model_display_name = self._real_model.replace("-", " ").title()
        used.model_used.is_fallback = False
        self.add(self._sealed(used))

    def _echoes(self, request: Request) -> list[Message]:
        """The inputs as the messages that they become in the history."""
        echoes = []
        for entry in request.input.user_inputs.inputs:
            message = self.message()
            match entry.WhichOneof("input"):
                case "user_query":
                    message.user_query.query = entry.user_query.query
                    for name, attachment in entry.user_query.referenced_attachments.items():
                        message.user_query.referenced_attachments[name].CopyFrom(attachment)
                case "tool_call_result":
                    message.tool_call_result.tool_call_id = entry.tool_call_result.tool_call_id
                    message.tool_call_result.call_mcp_tool.CopyFrom(entry.tool_call_result.call_mcp_tool)
                case _:
                    continue
            echoes.append(self._sealed(message))
        return echoes

    def describe(self, title: str) -> None:
        """The title of a new conversation."""
        if not self._tasks and title:
            action = ClientAction()
            action.update_task_description.task_id = self._task_id
            action.update_task_description.description = title
            self.actions(action)

    def finish(self, reason: str = "done", usage: str = "charges", *, stale: bool = False) -> None:
        """The last event. `reason` is a member of `StreamFinished.reason`, or `none`; `stale`: models have changed."""
        event = ResponseEvent()
        finished = event.finished
        finished.SetInParent()
        if reason != "none":
            getattr(finished, reason).SetInParent()
        if reason == "internal_error":
            finished.internal_error.message = "simulated: something broke"
        if reason == "invalid_api_key":
            finished.invalid_api_key.model_name = self._real_model
        finished.should_refresh_model_config = stale
        self._charge(finished, usage)
        self.event(event)
        self.closed = True

    def _charge(self, finished: ResponseEvent.StreamFinished, usage: str) -> None:
        if usage == "none":
            return
        every = self._input_tokens + self._cached_tokens
        if usage == "charges":
            category = finished.request_charges.usage_by_category["primary_agent"]
            inference = category.direct_api_inference_usage[self._real_model]
            inference.token_count.input = self._input_tokens
            inference.token_count.output = self._output_tokens
            inference.token_count.input_cache_read = self._cached_tokens
            inference.token_cost.input_cost_in_cents = self._input_tokens * _CENTS_PER_TOKEN
            inference.token_cost.output_cost_in_cents = self._output_tokens * _CENTS_PER_TOKEN
        elif usage == "tokens":
            finished.token_usage.add(model_id=self._real_model, total_input=every, output=self._output_tokens)
        totals = finished.conversation_usage_metadata
        totals.context_window_usage = min(every / _CONTEXT_WINDOW, 1.0)
        totals.credits_spent = 1.0
        totals.total_input_tokens = every

    # Messages

    def message(self) -> Message:
        """A new message of the root task, still without content."""
        return Message(id=str(uuid.uuid4()), task_id=self._task_id, request_id=self._request_id)

    def add(self, *messages: Message, task_id: str = "") -> None:
        """Messages as they are, in one action."""
        action = ClientAction()
        action.add_messages_to_task.task_id = task_id or self._task_id
        action.add_messages_to_task.messages.extend(messages)
        self.actions(action)
        if not task_id:
            self.plan.conversation.extend(messages)

    def text(self, text: str, step: Step | None = None) -> None:
        """An answer message that grows delta by delta; the first comes with the message."""
        message = self.message()
        message.server_message_data = seal(message.id, text)
        self._output_tokens += tokens(text)
        self._grow(message, text, "agent_output.text", step)

    def reasoning(self, text: str, step: Step | None = None) -> None:
        """Visible reasoning that grows delta by delta, and its end."""
        message = self.message()
        message.server_message_data = seal(message.id, text)
        self._output_tokens += tokens(text)
        self._grow(message, text, "agent_reasoning.reasoning", step)
        done = Message(id=message.id)
        done.agent_reasoning.finished_duration.FromMilliseconds(1200)
        self.update(done, "agent_reasoning.finished_duration")

    def _grow(self, message: Message, text: str, path: str, step: Step | None) -> None:
        gap = step.number("gap", self._options.gap) if step else self._options.gap
        first, *rest = pieces(text, step.whole("size", self._options.size) if step else self._options.size)
        variant, field = path.split(".")
        setattr(getattr(message, variant), field, first)
        self.add(message)
        event = ResponseEvent()
        append = event.client_actions.actions.add().append_to_message_content
        append.task_id = self._task_id
        append.message.id = message.id
        append.mask.paths.append(path)
        grown = getattr(append.message, variant)
        for piece in rest:  # one event, refilled: the benchmark's answers have many
            setattr(grown, field, piece)
            self.event(event, gap)

    def append(self, message: Message, path: str) -> None:
        """Text to be added to a message."""
        action = ClientAction()
        action.append_to_message_content.task_id = self._task_id
        action.append_to_message_content.message.CopyFrom(message)
        action.append_to_message_content.mask.paths.append(path)
        self.actions(action)

    def update(self, message: Message, path: str) -> None:
        """New values for a message."""
        action = ClientAction()
        action.update_task_message.task_id = self._task_id
        action.update_task_message.message.CopyFrom(message)
        action.update_task_message.mask.paths.append(path)
        self.actions(action)

    def tool_call(self, name: str, arguments: dict[str, Any], server_id: str) -> Message:
        """A call of a client's tool, whole; to be added."""
        message = self.message()
        message.tool_call.tool_call_id = f"call_{uuid.uuid4().hex[:24]}"
        call = message.tool_call.call_mcp_tool
        call.name = name
        call.server_id = server_id
        call.args.update(arguments)
        self._output_tokens += tokens(name + str(arguments))
        return self._sealed(message)

    def sealed_text(self, text: str) -> Message:
        """A whole answer message; to be added."""
        message = self.message()
        message.agent_output.text = text
        self._output_tokens += tokens(text)
        return self._sealed(message)

    def _sealed(self, message: Message) -> Message:
        message.server_message_data = seal(message.id, content_of(message))
        return message

    # Other tasks

    def subtask(self, text: str) -> None:
        """A task of a helper, with a message in it."""
        action = ClientAction()
        task = action.create_task.task
        task.id = str(uuid.uuid4())
        task.dependencies.parent_task_id = self._task_id
        task.server_data = seal(task.id)
        note = self.sealed_text(text)
        note.task_id = task.id
        task.messages.append(note)
        self.actions(action)
        self.add(self.sealed_text(text), task_id=task.id)
