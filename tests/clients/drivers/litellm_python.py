"""litellm as a library: its OpenAI wire, which is an older OpenAI SDK, and its Anthropic wire, which is its own."""

import json
import os
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or it fetches a list of prices when it is imported

import litellm
from common import CITY, Facts, Run, main

litellm.suppress_debug_info = True  # it prints advice on standard output
TOOL = {"type": "function", "function": {"name": "get_weather", "description": "The weather.", "parameters": CITY}}


async def chat(run: Run, facts: Facts) -> None:
    await _talk(f"openai/{run.model}", run.base_url, run, facts)


async def messages(run: Run, facts: Facts) -> None:
    await _talk(f"anthropic/{run.model}", run.url, run, facts)


async def _talk(model: str, url: str, run: Run, facts: Facts) -> None:
    history: list[Any] = [{"role": "user", "content": run.prompt}]
    while True:
        options: dict[str, Any] = {
            "model": model,
            "api_base": url,
            "api_key": run.key,
            "messages": history,
            "tools": [TOOL],
            "max_tokens": 4000,
        }
        if run.reasoning and run.wire == "messages":
            options["thinking"] = {"type": "enabled", "budget_tokens": 1024}
        answer = await (_stream if run.stream else _whole)(options, facts)
        choice = answer.choices[0]
        facts.stop = choice.finish_reason
        facts.input_tokens, facts.output_tokens = answer.usage.prompt_tokens, answer.usage.completion_tokens
        if not choice.message.tool_calls:
            return
        history.append(choice.message.model_dump(exclude_none=True))
        for call in choice.message.tool_calls:
            result = facts.call(call.function.name, json.loads(call.function.arguments))
            history.append({"role": "tool", "tool_call_id": call.id, "content": result})


async def _stream(options: dict[str, Any], facts: Facts) -> Any:
    chunks = []
    stream = await litellm.acompletion(**options, stream=True, stream_options={"include_usage": True})
    async for chunk in stream:
        chunks.append(chunk)
        for choice in chunk.choices:
            facts.text += choice.delta.content or ""
            facts.reasoning += getattr(choice.delta, "reasoning_content", None) or ""
    return litellm.stream_chunk_builder(chunks, messages=options["messages"])


async def _whole(options: dict[str, Any], facts: Facts) -> Any:
    answer = await litellm.acompletion(**options)
    facts.text += answer.choices[0].message.content or ""
    return answer


if __name__ == "__main__":
    main({"chat": chat, "messages": messages})
