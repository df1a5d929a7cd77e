"""The chat APIs as `chat` speaks them: a question's body, and what an event of the answer says."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, NamedTuple


class Api(StrEnum):
    """A client API of the gateway."""

    CHAT = "chat"
    MESSAGES = "messages"
    RESPONSES = "responses"


class DialectName(StrEnum):
    """The same APIs, as the gateway's dialects are named."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    RESPONSES = "responses"


PATHS = {Api.CHAT: "/v1/chat/completions", Api.MESSAGES: "/v1/messages", Api.RESPONSES: "/v1/responses"}

#: The output that Messages has to be given a bound for.
MAX_TOKENS = 32_000


class Said(NamedTuple):
    """A piece of the answer."""

    text: str
    thought: bool = False


class Ended(NamedTuple):
    """The answer's end; with an error it is not complete."""

    error: str | None = None


def question(api: Api, model: str, prompt: str, system: str | None) -> dict[str, Any]:
    """The body that asks for a stream."""
    body: dict[str, Any] = {"model": model, "stream": True}
    messages = [{"role": "user", "content": prompt}]
    match api:
        case Api.CHAT:
            return body | {"messages": [*([{"role": "system", "content": system}] if system else []), *messages]}
        case Api.MESSAGES:
            return body | {"max_tokens": MAX_TOKENS, "messages": messages} | ({"system": system} if system else {})
        case Api.RESPONSES:
            return body | {"input": messages, "store": False} | ({"instructions": system} if system else {})


def read(event: dict[str, Any]) -> Iterator[Said | Ended]:
    """What one event says, whichever API it is of."""
    if "error" in event:
        yield Ended(_message(event["error"]))
    for choice in event.get("choices", []):
        delta = choice.get("delta", {})
        if thought := delta.get("reasoning_content"):
            yield Said(thought, thought=True)
        if text := delta.get("content"):
            yield Said(text)
        if choice.get("finish_reason"):
            yield Ended()
    match event.get("type"):
        case "response.output_text.delta":
            yield Said(event["delta"])
        case "response.reasoning_summary_text.delta":
            yield Said(event["delta"], thought=True)
        case "response.failed":
            yield Ended(_message(event["response"]["error"]))
        case "content_block_delta" if text := event["delta"].get("text"):
            yield Said(text)
        case "content_block_delta" if thought := event["delta"].get("thinking"):
            yield Said(thought, thought=True)
        case "response.completed" | "response.incomplete" | "message_stop":
            yield Ended()


def _message(error: dict[str, Any]) -> str:
    message: str = error.get("message", "the answer broke off")
    return message
