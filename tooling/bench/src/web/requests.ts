import type { Dtype } from "@internvl/config";
import type { Products } from "../limits/operators.js";
import type { Figures } from "../measure.js";
import type { SpeedRequest } from "./tasks.js";

/** Where the page finds the folders that its server has. */
export const ADDRESSES = { model: "/model", checkpoint: "/checkpoint" } as const;

/** What the page's worker does when it is told to. */
export interface WebTasks {
  /** Loads the model; milliseconds. */
  load(dtype: Dtype, threads: number): Promise<number>;
  speed(request: SpeedRequest): Promise<Figures>;
  /** Products with onnxruntime-web alone; milliseconds. */
  products(request: Products, threads: number): Promise<number>;
  /** Converts the checkpoint into the page's storage and removes the result; milliseconds. */
  convert(dtype: Dtype): Promise<number>;
}

declare global {
  /** Of the page: its worker. */
  var tasks: WebTasks;
}
