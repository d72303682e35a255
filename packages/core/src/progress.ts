/** One report of a long call: how far `stage` has come. */
export interface ProgressInfo {
  /** What is being done: `"cache"`, `"download"`, `"convert"`, `"load"`, `"vision"`, `"prefill"`, … */
  stage: string;
  /** What the report is about within the stage, a file or a tensor for instance. */
  name?: string;
  /** How much is done, in `unit`s; reaches `total` when the stage is over. */
  loaded: number;
  /** How much there is to do; undefined while it is not known. */
  total?: number;
  unit: "bytes" | "tensors" | "tiles" | "tokens" | "files" | "frames";
  /** How fast it goes at the moment, in `unit`s a second, where the call measures it. */
  rate?: number;
}

export type ProgressCallback = (info: ProgressInfo) => void;

/** What every long call takes. */
export interface LongCallOptions {
  /** Stops the call: it rejects with an `AbortedError` and leaves nothing half written. */
  signal?: AbortSignal;
  progress_callback?: ProgressCallback;
}
