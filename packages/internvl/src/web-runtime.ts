import type { Runtime } from "@internvl/core";
import { createWorkerPort, webRuntime } from "@internvl/runtime-web";
import { convertStored } from "./first-use-web/convert-stored.js";

/** The browser with what a runtime alone may not know: checkpoints are converted on first use, and workers have a script. */
export const defaultRuntime: Runtime = {
  ...webRuntime,
  convertCheckpoint: convertStored,
  // Bundlers recognise a worker by this form.
  spawnModelWorker: async () =>
    createWorkerPort(new Worker(new URL("./browser-worker.js", import.meta.url), { type: "module" })),
};
