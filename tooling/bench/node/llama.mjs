// llama.cpp through node-llama-cpp: `node llama.mjs FOLDER`, FOLDER having it in node_modules. Answers each line of JSON
// with one line of JSON; `load` comes first.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { answerLines } from "./lines.mjs";

const require = createRequire(`${process.argv[2]}/`);
const { getLlama, getModuleVersion } = await import(pathToFileURL(require.resolve("node-llama-cpp")).href);

let sequence;

const requests = {
  async load({ model: modelPath, threads, context }) {
    const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, maxThreads: threads });
    const model = await llama.loadModel({ modelPath });
    const made = await model.createContext({ contextSize: context, threads: { ideal: threads, min: threads } });
    sequence = made.getSequence();
    const version = await getModuleVersion();
    return { version: `${version}, llama.cpp ${llama.llamaCppRelease.release}, ${llama.buildType}` };
  },

  /** Milliseconds from a prompt to its first token. */
  async prefill({ tokens }) {
    await sequence.clearHistory();
    const start = performance.now();
    for await (const _ of sequence.evaluate(tokens, { temperature: 0 })) break;
    return { ms: performance.now() - start };
  },

  /** Reads a prompt, so that `decode` can begin after it. */
  async prompt({ tokens }) {
    await sequence.clearHistory();
    await sequence.evaluateWithoutGeneratingNewTokens(tokens);
    return {};
  },

  /** Milliseconds of each of `steps` steps after `at` tokens. */
  async decode({ at, steps, token }) {
    await sequence.eraseContextTokenRanges([{ start: at, end: sequence.nextTokenIndex }]);
    const times = [];
    for await (const _ of sequence.evaluate([token], { temperature: 0, yieldEogToken: true })) {
      times.push(performance.now());
      if (times.length > steps) break;
    }
    return { ms: (times.at(-1) - times[0]) / (times.length - 1) };
  },
};

await answerLines(requests);
