"""One question through an official SDK, streamed or whole, and what came of it in the same words for both dialects."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import anthropic
import openai

Client: TypeAlias = openai.AsyncOpenAI | anthropic.AsyncAnthropic

DIALECTS = ("openai", "anthropic")


@dataclass
class Call:
    """A tool call. `arguments` is as the client gets it to see, decoded."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass
class Answer:
    """A whole answer, or as much of a stream as came. `stop` is None until the answer has an end."""

    text: str = ""
    reasoning: str = ""
    calls: list[Call] = field(default_factory=list)
    stop: str | None = None
    model: str = ""
    id: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def user(text: str) -> list[dict[str, Any]]:
    """A conversation of one message."""
    return [{"role": "user", "content": text}]


async def ask(client: Client, content: str | list[Any], *, stream: bool, **options: Any) -> Answer:
    """Ask in the client's dialect; `content` is the user's text or the whole conversation.

    Raises:
        openai.APIError, anthropic.APIError: as the SDK raises it. What a stream had brought by then is in `answer`
            of the exception.
    """
    messages = user(content) if isinstance(content, str) else content
    options = {"model": "auto", "messages": messages, **options}
    if isinstance(client, openai.AsyncOpenAI):
        return await (_openai_stream if stream else _openai_whole)(client, options)
    options.setdefault("max_tokens", 4000)
    return await (_anthropic_stream if stream else _anthropic_whole)(client, options)


async def _openai_whole(client: openai.AsyncOpenAI, options: dict[str, Any]) -> Answer:
    raw = await client.chat.completions.with_raw_response.create(**options)
    completion = raw.parse()
    (choice,) = completion.choices
    message = choice.message
    assert message.role == "assistant"
    assert completion.object == "chat.completion"
    answer = Answer(
        text=message.content or "",
        reasoning=getattr(message, "reasoning_content", None) or "",
        calls=[_call(call) for call in message.tool_calls or ()],
        stop=choice.finish_reason,
        model=completion.model,
        id=completion.id,
        headers=raw.headers,
    )
    assert completion.usage is not None
    _count(answer, completion.usage)
    return answer


async def _openai_stream(client: openai.AsyncOpenAI, options: dict[str, Any]) -> Answer:
    options = {"stream_options": {"include_usage": True}, **options}
    raw = await client.chat.completions.with_raw_response.create(**options, stream=True)
    answer = Answer(headers=raw.headers)
    calls: dict[int, dict[str, str]] = {}
    roles = []
    try:
        async for chunk in raw.parse():
            answer.model, answer.id = chunk.model, chunk.id
            if chunk.usage:
                _count(answer, chunk.usage)
            for choice in chunk.choices:
                assert answer.stop is None, "a delta after the end"
                delta = choice.delta
                roles += [delta.role] if delta.role else []
                answer.text += delta.content or ""
                answer.reasoning += getattr(delta, "reasoning_content", None) or ""
                for part in delta.tool_calls or ():
                    call = calls.setdefault(part.index, {"id": "", "name": "", "arguments": ""})
                    call["id"] += part.id or ""
                    call["name"] += part.function.name or ""
                    call["arguments"] += part.function.arguments or ""
                answer.stop = choice.finish_reason
    except openai.APIError as error:
        error.answer = answer  # type: ignore[attr-defined]
        raise
    assert roles == ["assistant"]
    assert sorted(calls) == list(range(len(calls)))
    answer.calls = [Call(call["id"], call["name"], json.loads(call["arguments"])) for _, call in sorted(calls.items())]
    return answer


def _call(call: Any) -> Call:
    return Call(call.id, call.function.name, json.loads(call.function.arguments))


def _count(answer: Answer, usage: Any) -> None:
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    answer.input_tokens, answer.output_tokens = usage.prompt_tokens, usage.completion_tokens


async def _anthropic_whole(client: anthropic.AsyncAnthropic, options: dict[str, Any]) -> Answer:
    raw = await client.messages.with_raw_response.create(**options)
    return _of_message(await _parsed(raw), raw.headers)


async def _anthropic_stream(client: anthropic.AsyncAnthropic, options: dict[str, Any]) -> Answer:
    async with client.messages.stream(**options) as stream:
        headers = stream.response.headers
        try:
            async for _ in stream:
                pass
        except anthropic.APIError as error:
            error.answer = _of_message(stream.current_message_snapshot, headers)  # type: ignore[attr-defined]
            raise
        return _of_message(await stream.get_final_message(), headers)


async def _parsed(raw: Any) -> Any:
    parsed = raw.parse()
    return await parsed if hasattr(parsed, "__await__") else parsed


def _of_message(message: Any, headers: Mapping[str, str]) -> Answer:
    assert message.type == "message"
    assert message.role == "assistant"
    blocks = message.content
    return Answer(
        text="".join(block.text for block in blocks if block.type == "text"),
        reasoning="".join(block.thinking for block in blocks if block.type == "thinking"),
        calls=[Call(block.id, block.name, block.input) for block in blocks if block.type == "tool_use"],
        stop=message.stop_reason,
        model=message.model,
        id=message.id,
        input_tokens=message.usage.input_tokens,
        output_tokens=message.usage.output_tokens,
        headers=headers,
    )
