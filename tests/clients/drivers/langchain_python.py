"""langchain-openai and langchain-anthropic, with the loop that LangChain's own documentation writes by hand."""

from typing import Any

from common import Facts, Run, get_weather, main
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

weather = tool(get_weather)


async def chat(run: Run, facts: Facts) -> None:
    await _talk(ChatOpenAI(model=run.model, base_url=run.base_url, api_key=run.key, stream_usage=True), run, facts)


async def responses(run: Run, facts: Facts) -> None:
    model = ChatOpenAI(
        model=run.model,
        base_url=run.base_url,
        api_key=run.key,
        use_responses_api=True,
        reasoning={"summary": "auto"},
    )
    await _talk(model, run, facts)


async def messages(run: Run, facts: Facts) -> None:
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 1024}} if run.reasoning else {}
    model = ChatAnthropic(model=run.model, base_url=run.url, api_key=run.key, max_tokens=4000, **thinking)
    await _talk(model, run, facts)


async def _talk(model: Any, run: Run, facts: Facts) -> None:
    bound = model.bind_tools([weather])
    history: list[Any] = [HumanMessage(run.prompt)]
    while True:
        answer = await _stream(bound, history, facts) if run.stream else await bound.ainvoke(history)
        if not run.stream:
            _note(answer, facts)
        facts.stop = answer.response_metadata.get("finish_reason") or answer.response_metadata.get("stop_reason")
        usage = answer.usage_metadata
        if usage:
            facts.input_tokens, facts.output_tokens = usage["input_tokens"], usage["output_tokens"]
        history.append(answer)
        if not answer.tool_calls:
            return
        for call in answer.tool_calls:
            facts.calls.append([call["name"], call["args"]])
            history.append(await weather.ainvoke(call))


async def _stream(bound: Any, history: list[Any], facts: Facts) -> Any:
    whole: AIMessageChunk | None = None
    async for chunk in bound.astream(history):
        _note(chunk, facts)
        whole = chunk if whole is None else whole + chunk
    return whole


def _note(message: AIMessage, facts: Facts) -> None:
    for block in message.content_blocks:
        if block["type"] == "text":
            facts.text += block["text"]
        elif block["type"] == "reasoning":
            facts.reasoning += block.get("reasoning", "")


if __name__ == "__main__":
    main({"chat": chat, "responses": responses, "messages": messages})
