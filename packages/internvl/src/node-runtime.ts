import { Worker } from "node:worker_threads";
import type { DtypeOption } from "@internvl/config";
import type { Runtime } from "@internvl/core";
import { createWorkerPort, nodeRuntime } from "@internvl/runtime-node";
import { convertOnFirstUse } from "./first-use/convert-on-first-use.js";

/** Node with what a runtime may not know: the worker of `{ worker: true }` imports the model, converting the converter. */
export const defaultRuntime: Runtime = {
  ...nodeRuntime,
  spawnModelWorker: async () => createWorkerPort(new Worker(new URL("./worker.js", import.meta.url))),
  // A dtype that is none is refused there.
  convertCheckpoint: (files, { dtype, ...calls }) =>
    convertOnFirstUse(files, { ...calls, dtype: dtype as DtypeOption | undefined }),
};
