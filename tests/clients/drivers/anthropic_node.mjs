// Anthropic's own SDK for Node.
import Anthropic from "@anthropic-ai/sdk";
import { city, main } from "./common.mjs";

async function messages(run, facts) {
  const client = new Anthropic({ baseURL: run.url, apiKey: run.key });
  const turns = [{ role: "user", content: run.prompt }];
  for (;;) {
    const options = {
      model: run.model,
      max_tokens: 4000,
      messages: turns,
      tools: [{ name: "get_weather", description: "The weather.", input_schema: city }],
      ...(run.reasoning ? { thinking: { type: "enabled", budget_tokens: 1024 } } : {}),
    };
    const message = await (run.stream ? streamed : whole)(client, options, facts);
    facts.stop = message.stop_reason;
    facts.input_tokens = message.usage.input_tokens;
    facts.output_tokens = message.usage.output_tokens;
    const calls = message.content.filter((block) => block.type === "tool_use");
    if (!calls.length) return;
    const results = calls.map((call) => ({
      type: "tool_result",
      tool_use_id: call.id,
      content: facts.call(call.name, call.input),
    }));
    turns.push({ role: "assistant", content: message.content }, { role: "user", content: results });
  }
}

async function streamed(client, options, facts) {
  const stream = client.messages.stream(options);
  for await (const event of stream) {
    if (event.type !== "content_block_delta") continue;
    if (event.delta.type === "text_delta") facts.text += event.delta.text;
    else if (event.delta.type === "thinking_delta") facts.reasoning += event.delta.thinking;
  }
  return stream.finalMessage();
}

async function whole(client, options, facts) {
  const message = await client.messages.create(options);
  facts.text += message.content.map((block) => (block.type === "text" ? block.text : "")).join("");
  return message;
}

await main({ messages });
