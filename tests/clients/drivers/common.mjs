// What the Node drivers share; the same contract as common.py.

export const city = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};

export const getWeather = ({ city }) => `${city}: 3 degrees`;

class Facts {
  text = "";
  reasoning = "";
  calls = [];
  stop = null;
  input_tokens = null;
  output_tokens = null;
  error = null;

  call(name, args) {
    this.calls.push([name, args]);
    return getWeather(args);
  }

  fail(error) {
    this.error = {
      class: error?.constructor?.name ?? typeof error,
      message: String(error?.message ?? error),
      status: error?.status ?? error?.statusCode ?? null,
      cause: error?.cause?.constructor?.name ?? error?.lastError?.constructor?.name ?? null,
    };
  }
}

async function one(run, talk) {
  const facts = new Facts();
  try {
    await talk({ ...run, base_url: `${run.url}/v1` }, facts);
  } catch (error) {
    facts.fail(error);
  }
  return [run.name, facts];
}

// Do all runs at once and print their facts.
export async function main(wires) {
  let input = "";
  for await (const chunk of process.stdin) input += chunk;
  const runs = JSON.parse(input);
  const facts = await Promise.all(runs.map((run) => one(run, wires[run.wire])));
  process.stdout.write(JSON.stringify(Object.fromEntries(facts)));
}
