"""OpenAI's own SDK for Python."""

import json
from typing import Any

import openai
from common import CITY, Facts, Run, main

FUNCTION: dict[str, Any] = {"name": "get_weather", "description": "The weather.", "parameters": CITY, "strict": True}


async def chat(run: Run, facts: Facts) -> None:
    async with openai.AsyncOpenAI(base_url=run.base_url, api_key=run.key) as client:
        messages: list[Any] = [{"role": "user", "content": run.prompt}]
        while True:
            options: dict[str, Any] = {
                "model": run.model,
                "messages": messages,
                "tools": [{"type": "function", "function": FUNCTION}],
            }
            completion = await (_chat_stream if run.stream else _chat_whole)(client, options, facts)
            message = completion.choices[0].message
            facts.stop = completion.choices[0].finish_reason
            facts.input_tokens = completion.usage.prompt_tokens
            facts.output_tokens = completion.usage.completion_tokens
            if not message.tool_calls:
                return
            messages.append(message.model_dump(exclude_none=True))
            for call in message.tool_calls:
                result = facts.call(call.function.name, json.loads(call.function.arguments))
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})


async def _chat_stream(client: openai.AsyncOpenAI, options: dict[str, Any], facts: Facts) -> Any:
    async with client.chat.completions.stream(**options, stream_options={"include_usage": True}) as stream:
        async for event in stream:
            if event.type == "chunk":
                for choice in event.chunk.choices:
                    facts.text += choice.delta.content or ""
                    facts.reasoning += getattr(choice.delta, "reasoning_content", None) or ""
        return await stream.get_final_completion()


async def _chat_whole(client: openai.AsyncOpenAI, options: dict[str, Any], facts: Facts) -> Any:
    completion = await client.chat.completions.create(**options)
    facts.text += completion.choices[0].message.content or ""
    return completion


async def responses(run: Run, facts: Facts) -> None:
    async with openai.AsyncOpenAI(base_url=run.base_url, api_key=run.key) as client:
        items: list[Any] = [{"role": "user", "content": run.prompt}]
        while True:
            options: dict[str, Any] = {
                "model": run.model,
                "input": items,
                "tools": [{"type": "function", **FUNCTION}],
                "reasoning": {"summary": "auto"},
                "include": ["reasoning.encrypted_content"],
            }
            response = await (_responses_stream if run.stream else _responses_whole)(client, options, facts)
            facts.stop = response.status
            facts.input_tokens = response.usage.input_tokens
            facts.output_tokens = response.usage.output_tokens
            calls = [item for item in response.output if item.type == "function_call"]
            if not calls:
                return
            items += [item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in response.output]
            for call in calls:
                output = facts.call(call.name, json.loads(call.arguments))
                items.append({"type": "function_call_output", "call_id": call.call_id, "output": output})


async def _responses_stream(client: openai.AsyncOpenAI, options: dict[str, Any], facts: Facts) -> Any:
    async with client.responses.stream(**options) as stream:
        async for event in stream:
            if event.type == "response.output_text.delta":
                facts.text += event.delta
            elif event.type == "response.reasoning_summary_text.delta":
                facts.reasoning += event.delta
            elif event.type == "response.failed":
                raise RuntimeError(event.response.error.message)  # to its user it is an event, not an exception
        return await stream.get_final_response()


async def _responses_whole(client: openai.AsyncOpenAI, options: dict[str, Any], facts: Facts) -> Any:
    response = await client.responses.create(**options)
    facts.text += response.output_text
    return response


if __name__ == "__main__":
    main({"chat": chat, "responses": responses})
