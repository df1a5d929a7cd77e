"""Requests and whole answers of one client API as those of another, through the neutral conversation and the events."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from proto.dialects import get_dialect
from proto.dialects.base import ParsedRequest
from proto.dialects.read_answers import READERS
from proto.dialects.render_chat import render_chat
from proto.dialects.render_messages import render_messages
from proto.dialects.render_responses import render_responses
from proto.dialects.rendering import Rendered, Wishes

RENDERERS: Final[dict[str, Callable[..., Rendered]]] = {
    "openai": render_chat,
    "anthropic": render_messages,
    "responses": render_responses,
}


def convert_request(body: Any, source: str, target: str, model: str | None = None) -> Rendered:
    """A request body of the dialect `source` as one of `target`; `model` in place of the one it asks for.

    Raises:
        BadRequestError: the gateway would refuse it, with the field at fault.
    """
    parsed = get_dialect(source).parse(body, str)
    wishes = Wishes(model or parsed.requested_model, parsed.stream, parsed.include_usage)
    rendered = RENDERERS[target](parsed.conversation, wishes)
    return Rendered(rendered.body, [*_lost_in_reading(parsed), *rendered.notes])


def convert_answer(body: Any, source: str, target: str, model: str | None = None) -> Rendered:
    """A whole answer of the dialect `source` as one of `target`.

    Raises:
        BadRequestError: it is no such answer, with the field at fault.
    """
    header, events, notes = READERS[source](body)
    if model:
        header = msgspec.structs.replace(header, model=model)
    return Rendered(get_dialect(target).whole(header, events), notes)


def _lost_in_reading(parsed: ParsedRequest) -> list[str]:
    """What the gateway passes over, and the tools that it takes for functions."""
    lost = [f"{name} is left out" for name in parsed.ignored]
    changed = [*parsed.extra.get("custom", ()), *parsed.extra.get("tools", {})]
    return lost + [f"the tool {name!r} becomes a function" for name in changed]
