import type { Dtype } from "@internvl/config";
import type { ModelOptions } from "@internvl/model";
import type { Products } from "../limits/operators.js";
import type { Figures } from "../measure.js";
import type { LookUpsRequest, LookUpTimes } from "./look-ups.js";
import type { SpeedRequest, TokensRequest } from "./tasks.js";

/** Where the page finds the folders that its server has. */
export const ADDRESSES = { model: "/model", checkpoint: "/checkpoint" } as const;

/** What the page's worker does when it is told to. */
export interface WebTasks {
  /** Loads the model; milliseconds. */
  load(dtype: Dtype, threads: number): Promise<number>;
  /**
   * Loads the model from files that were chosen in the page.
   *
   * @param chosen what the page's `chosen` gives
   * @returns milliseconds, and where the embeddings are
   */
  loadChosen(chosen: unknown, options: ModelOptions): Promise<{ ms: number; embeddings: string }>;
  /** Looks tokens up one by one, with the graph alone and in its file. */
  lookUps(chosen: unknown, request: LookUpsRequest): Promise<LookUpTimes>;
  speed(request: SpeedRequest): Promise<Figures>;
  readTokens(request: TokensRequest): Promise<Figures>;
  /** Products with onnxruntime-web alone; milliseconds. */
  products(request: Products, threads: number): Promise<number>;
  /** Converts the checkpoint into the page's storage and removes the result; milliseconds. */
  convert(dtype: Dtype): Promise<number>;
}

declare global {
  /** Of the page: its worker. */
  var tasks: WebTasks;
  /** Of the page: the files that its input has, as they are sent to the worker. */
  var chosen: () => unknown;
}
