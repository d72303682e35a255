import type { Runtime } from "@internvl/core";
import { createWorkerPort, webRuntime } from "@internvl/runtime-web";

/** The browser, with the script of `{ worker: true }`, which imports the model. */
export const defaultRuntime: Runtime = {
  ...webRuntime,
  // Bundlers recognise a worker by this form.
  spawnModelWorker: async () =>
    createWorkerPort(new Worker(new URL("./browser-worker.js", import.meta.url), { type: "module" })),
};
