// OpenAI's own SDK for Node.
import OpenAI from "openai";
import { city, main } from "./common.mjs";

const tool = { name: "get_weather", description: "The weather.", parameters: city, strict: true };

async function chat(run, facts) {
  const client = new OpenAI({ baseURL: run.base_url, apiKey: run.key });
  const messages = [{ role: "user", content: run.prompt }];
  for (;;) {
    const options = { model: run.model, messages, tools: [{ type: "function", function: tool }] };
    const completion = await (run.stream ? chatStream : chatWhole)(client, options, facts);
    const { message, finish_reason } = completion.choices[0];
    facts.stop = finish_reason;
    facts.input_tokens = completion.usage.prompt_tokens;
    facts.output_tokens = completion.usage.completion_tokens;
    if (!message.tool_calls?.length) return;
    messages.push(message);
    for (const call of message.tool_calls) {
      const content = facts.call(call.function.name, JSON.parse(call.function.arguments));
      messages.push({ role: "tool", tool_call_id: call.id, content });
    }
  }
}

async function chatStream(client, options, facts) {
  const stream = client.chat.completions.stream({ ...options, stream_options: { include_usage: true } });
  for await (const chunk of stream) {
    facts.text += chunk.choices[0]?.delta.content ?? "";
    facts.reasoning += chunk.choices[0]?.delta.reasoning_content ?? "";
  }
  return stream.finalChatCompletion();
}

async function chatWhole(client, options, facts) {
  const completion = await client.chat.completions.create(options);
  facts.text += completion.choices[0].message.content ?? "";
  return completion;
}

async function responses(run, facts) {
  const client = new OpenAI({ baseURL: run.base_url, apiKey: run.key });
  const input = [{ role: "user", content: run.prompt }];
  for (;;) {
    const options = {
      model: run.model,
      input,
      tools: [{ type: "function", ...tool }],
      reasoning: { summary: "auto" },
      include: ["reasoning.encrypted_content"],
    };
    const response = await (run.stream ? responsesStream : responsesWhole)(client, options, facts);
    facts.stop = response.status;
    facts.input_tokens = response.usage.input_tokens;
    facts.output_tokens = response.usage.output_tokens;
    const calls = response.output.filter((item) => item.type === "function_call");
    if (!calls.length) return;
    input.push(...response.output.map(({ parsed_arguments, ...item }) => item));
    for (const call of calls) {
      const output = facts.call(call.name, JSON.parse(call.arguments));
      input.push({ type: "function_call_output", call_id: call.call_id, output });
    }
  }
}

async function responsesStream(client, options, facts) {
  const stream = client.responses.stream(options);
  for await (const event of stream) {
    if (event.type === "response.output_text.delta") facts.text += event.delta;
    else if (event.type === "response.reasoning_summary_text.delta") facts.reasoning += event.delta;
    // To its user it is an event, not an exception.
    else if (event.type === "response.failed") throw new Error(event.response.error.message);
  }
  return stream.finalResponse();
}

async function responsesWhole(client, options, facts) {
  const response = await client.responses.create(options);
  facts.text += response.output_text;
  return response;
}

await main({ chat, responses });
