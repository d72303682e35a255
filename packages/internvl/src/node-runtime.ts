import { Worker } from "node:worker_threads";
import type { Runtime } from "@internvl/core";
import { createWorkerPort, nodeRuntime } from "@internvl/runtime-node";

/** Node with a worker for `{ worker: true }`: the worker's script imports the model, which a runtime may not know. */
export const defaultRuntime: Runtime = {
  ...nodeRuntime,
  spawnModelWorker: async () => createWorkerPort(new Worker(new URL("./worker.js", import.meta.url))),
};
