import type { Tensor } from "onnxruntime-common";
import type { ModelFiles } from "./files.js";
import type { LongCallOptions } from "./progress.js";

/** An ONNX model: a file of a model's folder (with its external data beside it), or its bytes. */
export type GraphSource =
  | {
      files: ModelFiles;
      path: string /** Paths, relative to the folder of `path`. */;
      externalData?: readonly string[];
    }
  | { bytes: Uint8Array; externalData?: readonly { path: string; bytes: Uint8Array }[] };

export interface SessionOptions extends LongCallOptions {
  /** Where it runs, as the runtime names it: `"cpu"`, `"wasm"`, `"webgpu"`. Default: the runtime's own. */
  device?: string;
  /** Threads within one operator. Default: onnxruntime's, one a physical core. */
  threads?: number;
  /** Sizes of symbolic dimensions that are known beforehand. */
  freeDimensions?: Readonly<Record<string, number>>;
}

export interface ValueInfo {
  name: string;
  /** onnxruntime's name of the element type: `"float32"`, `"int64"`, … */
  type: string;
  /** A number, or a symbol for a dimension that differs between runs. */
  shape: readonly (number | string)[];
}

export type Feeds = Readonly<Record<string, Tensor>>;

export interface RunOptions {
  /** The outputs that are wanted. Default: all. */
  fetches?: readonly string[];
  /** Checked before the run; a run that has begun goes to its end. */
  signal?: AbortSignal;
}

/** Where a session runs, and why there: a runtime that chooses says so. */
export interface DeviceChoice {
  name: string;
  /** For people: what was asked for, or why `"auto"` became this device. */
  reason: string;
}

/** A device that graphs may run on. */
export interface DeviceOffer extends DeviceChoice {
  /** For each graph of a model the dtypes that are right for it there, the fastest first. Others are not run there. */
  dtypes: Readonly<Record<string, readonly string[]>>;
}

/** A loaded graph. One run at a time. */
export interface Session {
  /** Absent where a runtime does not say. */
  readonly device?: DeviceChoice;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /**
   * @returns tensors in memory of their own, which the caller may write into or give back (`freeMemory`)
   * @throws InternVLError `INPUT_INVALID` (a feed is missing or unknown), `RUNTIME_FAILED`, `RELEASED`, `ABORTED`
   */
  run(feeds: Feeds, options?: RunOptions): Promise<Record<string, Tensor>>;
  /** Gives the memory back. Safe to call twice; `run` afterwards is an error. */
  release(): Promise<void>;
}

export interface InferenceRuntime {
  /** @throws InternVLError `GRAPH_INVALID`, `FILE_NOT_FOUND`, `UNSUPPORTED` (a device that is not there) */
  createSession(graph: GraphSource, options?: SessionOptions): Promise<Session>;
  /**
   * The devices that the option `device` stands for, the best first. Absent where there is one, which runs everything.
   *
   * @throws InternVLError `UNSUPPORTED` for a device that is not there
   */
  offerDevices?(device: string | undefined): Promise<readonly DeviceOffer[]>;
}
