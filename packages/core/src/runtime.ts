import { InternVLError } from "./errors.js";
import type { ByteStore, FileSink, FileStore, ModelFiles } from "./files.js";
import type { InferenceRuntime } from "./inference.js";
import type { MediaDecoder } from "./media.js";
import type { LongCallOptions } from "./progress.js";
import type { WorkerPort } from "./worker.js";

/** What a conversion on first use takes. */
export interface ConversionOptions extends LongCallOptions {
  /** What to write: one dtype for all graphs, or one a graph, as `from_pretrained` takes it. */
  dtype?: string | Readonly<Record<string, string>>;
}

/** A platform: three capabilities, each of which can be replaced alone. */
export interface Runtime {
  /** `"node"`, `"web"`, … */
  readonly name: string;
  readonly inference: InferenceRuntime;
  readonly media: MediaDecoder;
  readonly files: FileStore;
  /** Opens a folder to write into (`save_pretrained`, conversion); absent where nothing can be written. */
  openSink?(directory: string): Promise<FileSink>;
  /**
   * Opens a store of at most `max_bytes` in a folder, which is made; absent where there is no disk.
   *
   * @throws InternVLError `FILE_WRITE_FAILED`
   */
  openByteStore?(directory: string, max_bytes: number): Promise<ByteStore>;
  /** Starts a thread that hosts a whole model (`{ worker: true }`); absent where there are no threads. */
  spawnModelWorker?(): Promise<WorkerPort>;
  /**
   * The conversion of a checkpoint, made on first use and kept; absent where checkpoints are to be converted beforehand.
   *
   * A conversion reports the stages `"cache"` (once, when there is something to do: `name` is the place that the result
   * goes to), `"download"` and `"convert"`. When it is there already nothing is reported and no weights are read.
   */
  convertCheckpoint?(files: ModelFiles, options?: ConversionOptions): Promise<ModelFiles>;
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
