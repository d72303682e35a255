// transformers.js: `node transformers-js.mjs FOLDER`, FOLDER having it in node_modules. Answers each line of JSON with one line of
// JSON; `load` comes first.
import { createRequire } from "node:module";
import { basename, dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { answerLines } from "./lines.mjs";

const require = createRequire(`${process.argv[2]}/`);
const { AutoModelForCausalLM, DynamicCache, Tensor, env } = await import(
  pathToFileURL(require.resolve("@huggingface/transformers")).href
);

let model;
/** What `prompt` left. `decode` begins from it each time, in a copy that names the same tensors. */
let read;

await answerLines({
  async load({ model: folder, threads }) {
    env.allowRemoteModels = false;
    env.localModelPath = dirname(folder);
    model = await AutoModelForCausalLM.from_pretrained(basename(folder), {
      dtype: "q4",
      use_external_data_format: true,
      session_options: { intraOpNumThreads: threads },
    });
    return { version: env.version };
  },

  /** Milliseconds from a prompt to its first token. */
  async prefill({ tokens }) {
    const { times } = await generate(tokens, 1);
    return { ms: times[1] - times[0] };
  },

  /** Reads a prompt, so that `decode` can begin after it. */
  async prompt({ tokens }) {
    const { output } = await generate(tokens, 1);
    read = { tokens, past_key_values: output.past_key_values };
    return {};
  },

  /** Milliseconds of a step after the prompt, on average. */
  async decode({ steps, token }) {
    const { times } = await generate([...read.tokens, token], steps + 1, new DynamicCache({ ...read.past_key_values }));
    return { ms: (times.at(-1) - times[1]) / steps };
  },
});

async function generate(tokens, max_new_tokens, past_key_values) {
  const times = [];
  const ids = BigInt64Array.from(tokens, BigInt);
  const dims = [1, ids.length];
  const output = await model.generate({
    input_ids: new Tensor("int64", ids, dims),
    attention_mask: new Tensor("int64", new BigInt64Array(ids.length).fill(1n), dims),
    past_key_values,
    max_new_tokens,
    do_sample: false,
    eos_token_id: null,
    return_dict_in_generate: true,
    streamer: { put: () => times.push(performance.now()), end() {} },
  });
  return { times, output };
}
