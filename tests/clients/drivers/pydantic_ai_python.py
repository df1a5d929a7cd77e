"""pydantic-ai with its three wires; the loop is its own."""

from typing import Any

from common import Facts, Run, get_weather, main
from pydantic_ai import Agent
from pydantic_ai.messages import (
    FunctionToolCallEvent,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ThinkingPart,
    ThinkingPartDelta,
)
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider


async def chat(run: Run, facts: Facts) -> None:
    await _talk(OpenAIChatModel(run.model, provider=_openai(run)), run, facts)


async def responses(run: Run, facts: Facts) -> None:
    model = OpenAIResponsesModel(run.model, provider=_openai(run))
    await _talk(model, run, facts, {"openai_reasoning_summary": "auto"})


async def messages(run: Run, facts: Facts) -> None:
    model = AnthropicModel(run.model, provider=AnthropicProvider(base_url=run.url, api_key=run.key))
    thinking = {"anthropic_thinking": {"type": "enabled", "budget_tokens": 1024}} if run.reasoning else {}
    await _talk(model, run, facts, {"max_tokens": 4000, **thinking})


def _openai(run: Run) -> OpenAIProvider:
    return OpenAIProvider(base_url=run.base_url, api_key=run.key)


async def _talk(model: Any, run: Run, facts: Facts, settings: Any = None) -> None:
    agent = Agent(model, tools=[get_weather], model_settings=settings)
    if run.stream:
        async with agent.run_stream_events(run.prompt) as events:
            async for event in events:
                _note(event, facts)
                result = getattr(event, "result", None)
    else:
        result = await agent.run(run.prompt)
        for message in result.all_messages():
            for part in message.parts:
                _note(PartStartEvent(index=0, part=part), facts)
                if part.part_kind == "tool-call":
                    facts.calls.append([part.tool_name, part.args_as_dict()])
    last = result.all_messages()[-1]
    facts.stop = last.finish_reason
    facts.input_tokens, facts.output_tokens = last.usage.input_tokens, last.usage.output_tokens


def _note(event: Any, facts: Facts) -> None:
    match event:
        case PartStartEvent(part=TextPart(content=text)) | PartDeltaEvent(delta=TextPartDelta(content_delta=text)):
            facts.text += text
        case PartStartEvent(part=ThinkingPart(content=text)):
            facts.reasoning += text
        case PartDeltaEvent(delta=ThinkingPartDelta(content_delta=text)):
            facts.reasoning += text or ""
        case FunctionToolCallEvent(part=call):
            facts.calls.append([call.tool_name, call.args_as_dict()])
        case _:
            pass


if __name__ == "__main__":
    main({"chat": chat, "responses": responses, "messages": messages})
