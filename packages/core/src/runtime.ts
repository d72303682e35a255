import { InternVLError } from "./errors.js";
import type { FileSink, FileStore } from "./files.js";
import type { InferenceRuntime } from "./inference.js";
import type { MediaDecoder } from "./media.js";
import type { WorkerPort } from "./worker.js";

/** A platform: three capabilities, each of which can be replaced alone. */
export interface Runtime {
  /** `"node"`, `"web"`, … */
  readonly name: string;
  readonly inference: InferenceRuntime;
  readonly media: MediaDecoder;
  readonly files: FileStore;
  /** Opens a folder to write into (`save_pretrained`, conversion); absent where nothing can be written. */
  openSink?(directory: string): Promise<FileSink>;
  /** Starts a thread that hosts a whole model (`{ worker: true }`); absent where there are no threads. */
  spawnModelWorker?(): Promise<WorkerPort>;
}

// On globalThis, so that two copies of this package in one program share the runtime.
const slot: unique symbol = Symbol.for("internvl.defaultRuntime") as never;
const registry = globalThis as { [slot]?: Runtime };

/** Makes `runtime` the one that `from_pretrained` and `load_image` use when none is passed. `internvl` calls it. */
export function setDefaultRuntime(runtime: Runtime): void {
  registry[slot] = runtime;
}

/**
 * `runtime`, or the default one.
 *
 * @throws InternVLError `RUNTIME_MISSING` when there is neither
 */
export function resolveRuntime(runtime?: Runtime): Runtime {
  const found = runtime ?? registry[slot];
  if (found === undefined) {
    throw new InternVLError("RUNTIME_MISSING", {
      what: "No runtime was given and there is no default one",
      fix: 'Import from "internvl", pass { runtime }, or call setDefaultRuntime(nodeRuntime) with @internvl/runtime-node.',
    });
  }
  return found;
}
