"""The answers of OpenAI's Responses: one encoder that makes the stream's frames and the response object as it goes.

A whole answer is what the object has become when the log has been read through; a replay is the same reading again.
Items stand one after the other, and their ids are those of the job and their place (`docs/responses.md`).
"""

from typing import Any, NamedTuple

import orjson

from proto.dialects.custom_tools import unwrapped
from proto.dialects.encoder import Encoder, call_arguments, client_call_id, digest, error_row
from proto.dialects.responses_tools import Kind, client_tool
from proto.events import Failed, Finished, FinishReason, ToolCall, Usage
from proto.jobs import ReplyHeader

#: What the reply header's `extra` holds: the request's fields that the answer repeats, as JSON text; the tools that
#: are not plain functions; and whether reasoning is given a seal to come back with.
ECHO = "echo"
TOOLS = "tools"
SEALED = "sealed"

#: The fields that an answer repeats, and what it says where the request says nothing.
ECHOED: dict[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "store": True,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
    "truncation": "disabled",
    "user": None,
}

#: The codes that make clients wait, give up, or shorten the conversation.
_TOLD_CODES = ("context_length_exceeded", "insufficient_quota", "rate_limit_exceeded")


class _Texts(NamedTuple):
    """How the two kinds of items that hold text are told: the names of their events and of their part."""

    prefix: str
    part_added: str
    delta: str
    text_done: str
    part_done: str
    place: str


_MESSAGE = _Texts(
    "msg",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "content_index",
)
_REASONING = _Texts(
    "rs",
    "response.reasoning_summary_part.added",
    "response.reasoning_summary_text.delta",
    "response.reasoning_summary_text.done",
    "response.reasoning_summary_part.done",
    "summary_index",
)


class _OpenItem(NamedTuple):
    """The item that text is being added to. `start` and `end` are what every delta's frame has around its own part."""

    kind: _Texts
    id: str
    pieces: list[str]
    start: bytes
    end: bytes


class ResponsesStream(Encoder):
    """Frames for one reading of a log, and the `response` object as far as it has been read."""

    def __init__(self, header: ReplyHeader) -> None:
        super().__init__(header)
        # A job that was asked for in another dialect has nothing to repeat.
        echo = orjson.loads(header.extra[ECHO]) if ECHO in header.extra else ECHOED
        self._output: list[dict[str, Any]] = []
        self.response: dict[str, Any] = {
            "id": f"resp_{header.id_seed}",
            "object": "response",
            "created_at": header.created,
            "status": "in_progress",
            "background": False,
            "error": None,
            "incomplete_details": None,
            "model": header.model,
            **echo,
            "output": [],
            "usage": None,
        }
        self._open: _OpenItem | None = None
        self._sequence = -1

    def opening(self) -> list[bytes]:
        return [self._frame(f"response.{name}", response=self.response) for name in ("created", "in_progress")]

    def keepalive(self) -> bytes:
        """The state again. It counts as nothing: the number is the last frame's."""
        state = {"type": "response.in_progress", "sequence_number": self._sequence, "response": self.response}
        return _frame("response.in_progress", state)

    def text(self, text: str) -> list[bytes]:
        return self._say(_MESSAGE, text)

    def reasoning(self, text: str) -> list[bytes]:
        return self._say(_REASONING, text)

    def tool_call(self, call: ToolCall) -> list[bytes]:
        frames = self._close("completed")
        item, content, event = self._call(call)
        begun = item | {"status": "in_progress", content: {} if event is None else ""}
        where = {"item_id": item["id"], "output_index": len(self._output)}
        frames.append(self._frame("response.output_item.added", output_index=len(self._output), item=begun))
        if event is not None:
            frames.append(self._frame(f"{event}.delta", **where, delta=item[content]))
            frames.append(self._frame(f"{event}.done", **where, **{content: item[content]}))
        return [*frames, self._done(item)]

    def finished(self, reason: FinishReason, finished: Finished) -> list[bytes]:  # noqa: ARG002
        cut = reason is FinishReason.LENGTH
        status = "incomplete" if cut else "completed"
        frames = self._close(status)
        details = {"reason": "max_output_tokens"} if cut else None
        changes = {"status": status, "incomplete_details": details, "usage": _usage(self.usage, self.header)}
        return [*frames, self._end(status, changes)]

    def failed(self, failed: Failed) -> list[bytes]:
        if self._open is not None:
            self._output.append(self._text_item(self._open, "incomplete"))
            self._open = None
        told = error_row(failed).openai_code
        code = told if told in _TOLD_CODES else "server_error"
        return [self._end("failed", {"status": "failed", "error": {"code": code, "message": failed.message}})]

    def _end(self, status: str, changes: dict[str, Any]) -> bytes:
        self.response |= changes | {"output": self._output}
        return self._frame(f"response.{status}", response=self.response)

    # Items

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{self.header.id_seed}_{len(self._output)}"

    def _say(self, kind: _Texts, text: str) -> list[bytes]:
        frames = []
        if self._open is None or self._open.kind is not kind:
            frames = [*self._close("completed"), *self._begin(kind)]
        item = self._open
        assert item is not None  # noqa: S101  # just begun
        item.pieces.append(text)
        self._sequence += 1
        frames.append(item.start + b"%d" % self._sequence + item.end + orjson.dumps(text) + b"}\n\n")
        return frames

    def _begin(self, kind: _Texts) -> list[bytes]:
        index = len(self._output)
        where: dict[str, Any] = {"item_id": self._id(kind.prefix), "output_index": index, kind.place: 0}
        start = f'event: {kind.delta}\ndata: {{"type":"{kind.delta}","sequence_number":'
        same = orjson.dumps(where | ({"logprobs": []} if kind is _MESSAGE else {}))
        end = b"," + same[1:-1] + b',"delta":'
        self._open = item = _OpenItem(kind, self._id(kind.prefix), [], start.encode(), end)
        empty = self._text_item(item, "in_progress")
        return [
            self._frame("response.output_item.added", output_index=index, item=empty),
            self._frame(kind.part_added, **where, part=_part(kind, "")),
        ]

    def _close(self, status: str) -> list[bytes]:
        item, self._open = self._open, None
        if item is None:
            return []
        kind, text = item.kind, "".join(item.pieces)
        where = {"item_id": item.id, "output_index": len(self._output), kind.place: 0}
        logprobs: dict[str, Any] = {"logprobs": []} if kind is _MESSAGE else {}
        return [
            self._frame(kind.text_done, **where, text=text, **logprobs),
            self._frame(kind.part_done, **where, part=_part(kind, text)),
            self._done(self._text_item(item, status)),
        ]

    def _done(self, item: dict[str, Any]) -> bytes:
        index = len(self._output)
        self._output.append(item)
        return self._frame("response.output_item.done", output_index=index, item=item)

    def _text_item(self, item: _OpenItem, status: str) -> dict[str, Any]:
        """The item as it stands; begun and empty while it is in progress."""
        parts = [] if status == "in_progress" else [_part(item.kind, "".join(item.pieces))]
        if item.kind is _MESSAGE:
            return {"id": item.id, "type": "message", "status": status, "role": "assistant", "content": parts}
        sealed = {"encrypted_content": digest(item.id, "reasoning")} if self.header.extra.get(SEALED) else {}
        return {"id": item.id, "type": "reasoning", "summary": parts, **sealed}

    def _call(self, call: ToolCall) -> tuple[dict[str, Any], str, str | None]:
        """The item of a call, the name of its content, and that of the events which tell it, if there are any."""
        known = client_tool(self.header.extra.get(TOOLS, {}), call.name)
        arguments = call_arguments(call)
        same = {"status": "completed", "call_id": client_call_id(self.header.id_seed, call.id)}
        if known.kind is Kind.SEARCH:
            item = {"id": self._id("tsc"), "type": "tool_search_call", **same, "execution": "client"}
            return item | {"arguments": orjson.loads(arguments)}, "arguments", None
        same |= {"name": known.name} | ({"namespace": known.namespace} if known.namespace else {})
        if known.kind is Kind.CUSTOM:
            item = {"id": self._id("ctc"), "type": "custom_tool_call", **same, "input": unwrapped(call.arguments)}
            return item, "input", "response.custom_tool_call_input"
        item = {"id": self._id("fc"), "type": "function_call", **same, "arguments": arguments}
        return item, "arguments", "response.function_call_arguments"

    def _frame(self, name: str, **fields: Any) -> bytes:
        self._sequence += 1
        return _frame(name, {"type": name, "sequence_number": self._sequence, **fields})


def _frame(name: str, event: dict[str, Any]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(event) + b"\n\n"


def _part(kind: _Texts, text: str) -> dict[str, Any]:
    if kind is _MESSAGE:
        return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {"type": "summary_text", "text": text}


def _usage(usage: Usage | None, header: ReplyHeader) -> dict[str, Any]:
    usage = usage or Usage()
    input_tokens = usage.input + usage.cache_read + usage.cache_write or header.input_tokens
    return {
        "input_tokens": input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_write},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": input_tokens + usage.output,
    }
