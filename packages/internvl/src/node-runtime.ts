import { Worker } from "node:worker_threads";
import type { Runtime } from "@internvl/core";
import { createWorkerPort, nodeRuntime } from "@internvl/runtime-node";
import { convertOnce } from "./first-use/convert-once.js";

/**
 * Node with what a runtime alone may not know: checkpoints are converted on first use, and `{ worker: true }` has a
 * script, which imports the model.
 */
export const defaultRuntime: Runtime = {
  ...nodeRuntime,
  convertCheckpoint: convertOnce(),
  spawnModelWorker: async () => createWorkerPort(new Worker(new URL("./worker.js", import.meta.url))),
};
