// llama.cpp's own benchmark as a peer: `node llama-bench.mjs BINARY`. Answers each line of JSON with one line of JSON. It loads
// the model and warms up at every request, which it does not count.
import { spawnSync } from "node:child_process";
import { answerLines } from "./lines.mjs";

const [, , binary] = process.argv;
let settings;

await answerLines({
  load({ model, threads }) {
    settings = ["-m", model, "-t", threads, "-r", 1, "-o", "json"];
    return { version: `llama.cpp ${bench("-p", 1, "-n", 0).build_commit}` };
  },

  prefill: ({ tokens }) => ({ ms: bench("-p", tokens.length, "-n", 0).avg_ns / 1e6 }),

  // It reads a prompt of its own before each `decode`.
  prompt: () => ({}),

  decode: ({ at, steps }) => ({ ms: bench("-p", 0, "-n", steps, "-d", at).avg_ns / 1e6 / steps }),
});

function bench(...asked) {
  const { stdout, stderr, status, error } = spawnSync(binary, [...settings, ...asked].map(String));
  if (status !== 0) throw new Error(`${binary}: ${error?.message ?? stderr.toString().slice(-300)}`);
  return JSON.parse(stdout)[0];
}
