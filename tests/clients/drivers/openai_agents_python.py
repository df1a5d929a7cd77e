"""openai-agents with its two wires; the loop is its own."""

import json
from typing import Any

from agents import (
    Agent,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
    set_tracing_disabled,
)
from common import Facts, Run, get_weather, main
from openai import AsyncOpenAI
from openai.types.shared import Reasoning

set_tracing_disabled(True)
weather = function_tool(get_weather)


async def chat(run: Run, facts: Facts) -> None:
    async with AsyncOpenAI(base_url=run.base_url, api_key=run.key) as client:
        await _talk(OpenAIChatCompletionsModel(run.model, openai_client=client), run, facts)


async def responses(run: Run, facts: Facts) -> None:
    async with AsyncOpenAI(base_url=run.base_url, api_key=run.key) as client:
        await _talk(OpenAIResponsesModel(run.model, openai_client=client), run, facts)


async def _talk(model: Any, run: Run, facts: Facts) -> None:
    settings = ModelSettings(
        include_usage=True, reasoning=Reasoning(summary="auto") if run.wire == "responses" else None
    )
    agent = Agent(name="weather", model=model, tools=[weather], model_settings=settings)
    if run.stream:
        result = Runner.run_streamed(agent, run.prompt)
        async for event in result.stream_events():
            if event.type == "raw_response_event":
                _note(event.data, facts)
    else:
        result = await Runner.run(agent, run.prompt)
        facts.text = "".join(
            part.text
            for response in result.raw_responses
            for item in response.output
            if item.type == "message"
            for part in item.content
        )
    for item in result.new_items:
        if item.type == "tool_call_item":
            facts.calls.append([item.raw_item.name, json.loads(item.raw_item.arguments)])
    last = result.raw_responses[-1]
    facts.input_tokens, facts.output_tokens = last.usage.input_tokens, last.usage.output_tokens


def _note(event: Any, facts: Facts) -> None:
    if event.type == "response.output_text.delta":
        facts.text += event.delta
    elif event.type in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta"):
        facts.reasoning += event.delta


if __name__ == "__main__":
    main({"chat": chat, "responses": responses})
