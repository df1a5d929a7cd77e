"""What the tests of all dialects share: random logs and bodies, and a reading of frames by the official SDKs."""

from collections.abc import Callable
from typing import Any

import httpx2
import msgspec
import orjson
from hypothesis import strategies as st

from proto.dialects.base import Dialect
from proto.errors import BadRequestError, ErrorCode
from proto.events import (
    Event,
    Failed,
    Finished,
    FinishReason,
    Reasoning,
    Restarted,
    Revised,
    Started,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)
from proto.jobs import ChatJob, ReplyHeader, decode_job, encode

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="


def reply_header(dialect: str, **changes: Any) -> ReplyHeader:
    fields: dict[str, Any] = {
        "dialect": dialect,
        "model": "asked-name",
        "id_seed": "j0b",
        "created": 1_800_000_000,
        "input_tokens": 7,
    }
    return ReplyHeader(**(fields | changes))


def frames(dialect: Dialect, header: ReplyHeader, events: list[Event]) -> list[bytes]:
    encoder = dialect.stream(header)
    return [*encoder.opening(), *(frame for event in events for frame in encoder.feed(event))]


def served(answer: Callable[[httpx2.Request], httpx2.Response]) -> httpx2.Client:
    """An HTTP client for an SDK whose every request is answered here."""
    return httpx2.Client(transport=httpx2.MockTransport(answer))


def sse(stream: list[bytes]) -> httpx2.Client:
    return served(
        lambda _: httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=b"".join(stream))
    )


def json_reply(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> httpx2.Client:
    return served(lambda _: httpx2.Response(status, headers=headers, content=orjson.dumps(body)))


# Random logs

_text = st.text(max_size=12)
_arguments = st.dictionaries(st.text(max_size=5), st.integers(-5, 5) | _text, max_size=3).map(
    lambda value: orjson.dumps(value).decode()
)
_ids = st.sampled_from(["call_1", "toolu_2", "", "ü", "x" * 65, "a b"])
_calls = st.builds(ToolCall, id=_ids, name=st.sampled_from(["f", "g"]), arguments=_arguments)
_usage = st.builds(Usage, *[st.integers(0, 100)] * 5)
_shown = st.builds(Text, _text, st.integers(0, 2)) | st.builds(Reasoning, _text, st.integers(0, 2)) | _calls | _usage
_any = (
    _shown
    | st.builds(Started)
    | st.builds(ToolResult, _ids)
    | st.builds(Restarted, st.integers(2, 3))
    | st.builds(Revised, st.integers(0, 2), _text)
)
_finished = st.builds(Finished, st.sampled_from(FinishReason))

plain_logs = st.builds(lambda events, end: [Started(), *events, end], st.lists(_shown, max_size=12), _finished)
"""Finished logs in which nothing was taken back."""

any_logs = st.builds(
    lambda events, end: [*events, end],
    st.lists(_any, max_size=12),
    _finished | st.builds(Failed, st.sampled_from(ErrorCode), _text),
)

# Random bodies

_scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | _text
junk = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_text, inner, max_size=4), max_leaves=12
)


def bodies(needed: dict[str, Any], optional: dict[str, Any] | None = None) -> st.SearchStrategy[Any]:
    """Mostly right JSON: fields by strategy, the optional ones left out at will, now and then junk for any value."""
    return st.fixed_dictionaries(
        {name: _mostly(value) for name, value in needed.items()},
        optional={name: _mostly(value) for name, value in (optional or {}).items()},
    )


def _mostly(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from([value] * 24 + [junk]).flatmap(lambda chosen: chosen)


def check_parse(dialect: Dialect, body: Any) -> bool:
    """Whether `body` is understood; then it can be stored, and is told back in one piece where it is refused."""
    try:
        parsed = dialect.parse(body, str)
    except BadRequestError as error:
        orjson.dumps(dialect.error(error, "r").body)
        return False
    conversation = parsed.conversation
    try:
        orjson.dumps([tool.schema for tool in conversation.tools])
    except orjson.JSONEncodeError:
        # No JSON decodes to such a schema (a lone surrogate is in it), and every chat would pay for looking.
        conversation = msgspec.structs.replace(conversation, tools=[])
    job = ChatJob("j", conversation)
    assert decode_job(encode(job)) == job
    assert all(name.isascii() and name.isprintable() for name in parsed.ignored)
    return True
