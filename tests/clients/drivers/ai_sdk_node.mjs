// Vercel's AI SDK with its providers; the loop is its own.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";
import { city, main } from "./common.mjs";

const settings = (run) => ({ baseURL: run.base_url, apiKey: run.key });

// The provider for any gateway that speaks Chat Completions.
const compatible = (run, facts) =>
  talk(createOpenAICompatible({ ...settings(run), name: "gateway", includeUsage: true })(run.model), run, facts);

const chat = (run, facts) => talk(createOpenAI(settings(run)).chat(run.model), run, facts);

// What `openai("…")` means by default. Its later turns name earlier items instead of repeating them.
const responses = (run, facts) =>
  talk(createOpenAI(settings(run))(run.model), run, facts, { openai: { reasoningSummary: "auto" } });

const messages = (run, facts) =>
  talk(
    createAnthropic(settings(run))(run.model),
    run,
    facts,
    run.reasoning ? { anthropic: { thinking: { type: "enabled", budgetTokens: 1024 } } } : undefined,
  );

async function talk(model, run, facts, providerOptions) {
  const get_weather = tool({
    description: "The weather.",
    inputSchema: jsonSchema(city),
    execute: (args) => facts.call("get_weather", args),
  });
  const options = { model, prompt: run.prompt, tools: { get_weather }, stopWhen: stepCountIs(6), providerOptions };
  const result = run.stream ? await streamed(options, facts) : await generateText(options);
  if (!result) return;
  const steps = await result.steps;
  const last = steps.at(-1);
  if (!run.stream) facts.text = steps.map((step) => step.text).join("");
  facts.stop = last.finishReason;
  facts.input_tokens = last.usage.inputTokens;
  facts.output_tokens = last.usage.outputTokens;
}

async function streamed(options, facts) {
  const result = streamText({ ...options, onError: () => {} }); // it prints errors otherwise
  for await (const part of result.fullStream) {
    if (part.type === "text-delta") facts.text += part.text;
    else if (part.type === "reasoning-delta") facts.reasoning += part.text;
    else if (part.type === "error") facts.fail(part.error);
    else if (part.type === "finish") facts.stop = part.finishReason;
  }
  return facts.error ? null : result;
}

globalThis.AI_SDK_LOG_WARNINGS = false;
await main({ compatible, chat, responses, messages });
