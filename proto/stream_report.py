"""What a saved upstream response says, gathered for people: ids, messages, tools, counts, usage, how it ended."""

from collections import Counter
from typing import Any, Final

import msgspec
from google.protobuf.message import Message as ProtoMessage

from proto.codec import from_struct
from proto.errors import GatewayError
from proto.events import Event, Failed, Finished
from proto.fold import fold
from proto.packet_view import view
from proto.saved_stream import BrokenEventError, SavedStream, read_event
from proto.stream_state import StreamState, Told
from proto.warp.response_pb2 import ResponseEvent
from proto.warp.task_pb2 import Message
from proto.warp_events import EventTranslator

_OK: Final = 200


class TaskReport(msgspec.Struct, frozen=True):
    """One task. `parent` is empty for the conversation's own."""

    id: str
    parent: str
    description: str
    summary: str


class MessageReport(msgspec.Struct, frozen=True):
    """One message as it was at the end. `text` is set for text and reasoning; `data` is the JSON view of any other."""

    id: str
    task: str
    kind: str
    text: str = ""
    data: Any = None


class CallReport(msgspec.Struct, frozen=True):
    """One tool call. `client`: it is one of the client's tools; others are the upstream's own."""

    id: str
    task: str
    tool: str
    client: bool
    arguments: Any


class ResultReport(msgspec.Struct, frozen=True):
    """What a call was answered with; `tool` is the field it came in."""

    call_id: str
    task: str
    tool: str
    content: Any


class ModelReport(msgspec.Struct, frozen=True):
    """A model that answered; `fallback`: another one was asked for."""

    id: str
    name: str
    fallback: bool


class Broken(msgspec.Struct, frozen=True):
    """Where a file cannot be read any further: line from 1, byte from 0."""

    line: int
    byte: int
    why: str


class Ending(msgspec.Struct, frozen=True):
    """How the answer ended: the upstream's word (empty without one), and what that is to a client."""

    upstream: str
    finish: str | None
    failure: str | None
    message: str = ""


class StreamReport(msgspec.Struct, frozen=True):
    """All of it. `text` and `reasoning` are what a client would have had, `usage` is a `Usage` by its field names."""

    http_status: int | None
    conversation_id: str
    request_id: str
    run_id: str
    text: str
    reasoning: str
    ending: Ending
    usage: dict[str, Any] | None
    models: list[ModelReport]
    tasks: list[TaskReport]
    messages: list[MessageReport]
    tool_calls: list[CallReport]
    tool_results: list[ResultReport]
    events: dict[str, int]
    notes: list[str]
    broken: Broken | None
    packets: list[Any] | None = None


def report_of(saved: SavedStream, *, packets: bool = False) -> StreamReport:
    """What a saved response says, up to where it cannot be read; with `packets` also the JSON view of every event."""
    state, translator = StreamState(), EventTranslator()
    answer: list[Event] = []
    counts: Counter[str] = Counter()
    views: list[Any] = []
    broken = None
    for number, saved_event in enumerate(saved.events, 1):
        try:
            event = read_event(saved_event)
        except BrokenEventError as error:
            broken = Broken(error.place.line, error.place.byte, f"event {number}: {error.why}")
            break
        if event is None:
            continue
        counts.update(kinds_of(event))
        state.feed(event)
        answer += translator.feed(event)
        if packets:
            views.append(view_of(event))
    broken = broken or _nothing(saved)
    answer += translator.end()
    folded = fold(answer)
    init, told = state.init or ResponseEvent.StreamInit(), state.messages
    return StreamReport(
        http_status=saved.status,
        conversation_id=init.conversation_id,
        request_id=init.request_id,
        run_id=init.run_id,
        text=folded.text,
        reasoning=folded.reasoning,
        ending=_ending(state.finished, folded.finish, folded.failed),
        usage=msgspec.structs.asdict(folded.usage) if folded.usage else None,
        models=[_model(each.message.model_used) for each in told if each.message.HasField("model_used")],
        tasks=[
            TaskReport(task.id, task.dependencies.parent_task_id, task.description, task.summary)
            for task in state.tasks.values()
        ],
        messages=[_message(each) for each in told],
        tool_calls=[_call(each) for each in told if each.message.HasField("tool_call")],
        tool_results=[_result(each) for each in told if each.message.HasField("tool_call_result")],
        events=dict(counts),
        notes=state.notes,
        broken=broken,
        packets=views if packets else None,
    )


def _nothing(saved: SavedStream) -> Broken | None:
    """Why there is no event, if there is none."""
    if saved.events:
        return None
    if saved.status is not None and saved.status != _OK:
        return Broken(*saved.body, f"the upstream refused with HTTP {saved.status}")
    return Broken(*saved.body, "there is no event in it")


def kinds_of(event: ResponseEvent) -> list[str]:
    """What an event is counted as: its type, or each of its actions with the kind of message that it is about."""
    kind = event.WhichOneof("type") or "unknown"
    if kind != "client_actions":
        return [kind]
    kinds = []
    for action in event.client_actions.actions:
        name = action.WhichOneof("action") or "unknown"
        match name:
            case "add_messages_to_task":
                about = action.add_messages_to_task.messages
                kinds += [f"{name} {message.WhichOneof('message') or 'unknown'}" for message in about] or [name]
            case "append_to_message_content" | "update_task_message":
                kinds.append(f"{name} {getattr(action, name).message.WhichOneof('message') or 'unknown'}")
            case _:
                kinds.append(name)
    return kinds or [kind]


def view_of(message: ProtoMessage) -> dict[str, Any]:
    """The JSON view of a message, with what its opaque strings hold, or why it has none."""
    try:
        return view(message)
    except GatewayError as error:
        return {"no_view": error.message}


def _ending(finished: ResponseEvent.StreamFinished | None, finish: Finished | None, failed: Failed | None) -> Ending:
    word = (finished.WhichOneof("reason") or "none given") if finished else ""
    return Ending(
        upstream=word,
        finish=finish.reason if finish else None,
        failure=failed.code if failed else None,
        message=failed.message if failed else "",
    )


def _model(used: Message.ModelUsed) -> ModelReport:
    return ModelReport(used.model_id, used.model_display_name, used.is_fallback)


def _message(told: Told) -> MessageReport:
    message = told.message
    kind = message.WhichOneof("message") or "unknown"
    where = (message.id, told.task_id, kind)
    match kind:
        case "agent_output":
            return MessageReport(*where, text=message.agent_output.text)
        case "agent_reasoning":
            return MessageReport(*where, text=message.agent_reasoning.reasoning)
        case "user_query":
            return MessageReport(*where, text=message.user_query.query)
        case _:
            return MessageReport(*where, data=_part_of(message, kind))


def _call(told: Told) -> CallReport:
    call = told.message.tool_call
    tool = call.WhichOneof("tool") or "unknown"
    call_id = call.tool_call_id or told.message.id
    if tool == "call_mcp_tool":
        named = call.call_mcp_tool
        return CallReport(call_id, told.task_id, named.name, client=True, arguments=from_struct(named.args))
    return CallReport(call_id, told.task_id, tool, client=False, arguments=_part_of(call, tool))


def _result(told: Told) -> ResultReport:
    result = told.message.tool_call_result
    tool = result.WhichOneof("result") or "unknown"
    return ResultReport(result.tool_call_id, told.task_id, tool, _part_of(result, tool))


def _part_of(message: ProtoMessage, field: str) -> Any:
    shown = view_of(message)
    return shown.get(field, shown)
