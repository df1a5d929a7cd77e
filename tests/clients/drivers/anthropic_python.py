"""Anthropic's own SDK for Python."""

from typing import Any

import anthropic
from common import CITY, Facts, Run, main


async def messages(run: Run, facts: Facts) -> None:
    async with anthropic.AsyncAnthropic(base_url=run.url, api_key=run.key) as client:
        turns: list[Any] = [{"role": "user", "content": run.prompt}]
        while True:
            options: dict[str, Any] = {
                "model": run.model,
                "max_tokens": 4000,
                "messages": turns,
                "tools": [{"name": "get_weather", "description": "The weather.", "input_schema": CITY}],
            }
            if run.reasoning:
                options["thinking"] = {"type": "enabled", "budget_tokens": 1024}
            message = await (_stream if run.stream else _whole)(client, options, facts)
            facts.stop = message.stop_reason
            facts.input_tokens, facts.output_tokens = message.usage.input_tokens, message.usage.output_tokens
            calls = [block for block in message.content if block.type == "tool_use"]
            if not calls:
                return
            results = [
                {"type": "tool_result", "tool_use_id": call.id, "content": facts.call(call.name, call.input)}
                for call in calls
            ]
            turns += [{"role": "assistant", "content": message.content}, {"role": "user", "content": results}]


async def _stream(client: anthropic.AsyncAnthropic, options: dict[str, Any], facts: Facts) -> Any:
    async with client.messages.stream(**options) as stream:
        async for event in stream:
            if event.type == "text":
                facts.text += event.text
            elif event.type == "thinking":
                facts.reasoning += event.thinking
        return await stream.get_final_message()


async def _whole(client: anthropic.AsyncAnthropic, options: dict[str, Any], facts: Facts) -> Any:
    message = await client.messages.create(**options)
    facts.text += "".join(block.text for block in message.content if block.type == "text")
    return message


if __name__ == "__main__":
    main({"messages": messages})
