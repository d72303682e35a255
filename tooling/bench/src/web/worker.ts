import { convertCheckpoint } from "@internvl/convert";
import { InternVL2_5ForConditionalGeneration as Model } from "@internvl/model";
import { openStoredSink, removeStoredFolder, webFiles, webRuntime } from "@internvl/runtime-web";
import { expose } from "comlink";
import { NOTHING_KEPT } from "../benchmarks/benchmark.js";
import { timeProducts } from "../limits/operators.js";
import { timed } from "../measure.js";
import { measureLookUps } from "./look-ups.js";
import { ADDRESSES, type WebTasks } from "./requests.js";
import { measureSpeed, measureTokens } from "./tasks.js";

let model: Model | undefined;

const tasks: WebTasks = {
  async load(dtype, threads) {
    const { result, ms } = await timed(() =>
      Model.from_pretrained(ADDRESSES.model, { dtype, threads, runtime: webRuntime, ...NOTHING_KEPT }),
    );
    model = result;
    return ms;
  },
  async loadChosen(chosen, options) {
    const { result, ms } = await timed(() =>
      Model.from_pretrained(webFiles.reopen!(chosen), { ...options, runtime: webRuntime, ...NOTHING_KEPT }),
    );
    model = result;
    return { ms, embeddings: result.devices.embed_tokens.name };
  },
  lookUps: (chosen, request) => measureLookUps(webFiles.reopen!(chosen), request),
  readTokens: (request) => measureTokens(model!, request),
  speed: (request) => measureSpeed(model!, request),
  products: (request, threads) => timeProducts(webRuntime.inference, request, { device: "wasm", threads }),
  async convert(dtype) {
    const folder = `bench-${crypto.randomUUID()}`;
    try {
      const source = await webFiles.open(ADDRESSES.checkpoint);
      const { ms } = await timed(async () => convertCheckpoint(source, await openStoredSink(folder), { dtype }));
      return ms;
    } finally {
      await removeStoredFolder(folder);
    }
  },
};

expose(tasks);
