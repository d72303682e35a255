import {
  checkFeeds,
  checkFetches,
  type DeviceChoice,
  type Feeds,
  ownTensors,
  type RunOptions,
  runFailed,
  type Session,
  sessionReleased,
  type Tensor,
  throwIfAborted,
  type ValueInfo,
  valueInfo,
} from "@internvl/core";
import type { InferenceSession } from "onnxruntime-web";
import { SILENT } from "./onnxruntime.js";
import type { Turns } from "./turns.js";

/** A session of onnxruntime-web. On wasm `run` blocks the thread until it is done. */
export class WebSession implements Session {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly device: DeviceChoice;
  readonly #name: string;
  readonly #turns: Turns;
  #session: InferenceSession | undefined;

  constructor(
    session: InferenceSession,
    name: string,
    device: DeviceChoice,
    turns: Turns,
    freeDimensions: Readonly<Record<string, number>>,
  ) {
    this.#session = session;
    this.#name = name;
    this.#turns = turns;
    this.device = device;
    this.inputs = session.inputMetadata.map((value) => valueInfo(value, freeDimensions));
    this.outputs = session.outputMetadata.map((value) => valueInfo(value, freeDimensions));
  }

  async run(feeds: Feeds, { fetches, signal }: RunOptions = {}): Promise<Record<string, Tensor>> {
    this.#alive();
    throwIfAborted(signal, "The run was aborted");
    checkFeeds(feeds, this.inputs, this.#name);
    const wanted = checkFetches(fetches, this.outputs, this.#name);
    return this.#turns.take(async () => {
      // It may have been released while others had their turn.
      const session = this.#alive();
      try {
        return ownTensors(await session.run(feeds, wanted, { logSeverityLevel: SILENT }));
      } catch (cause) {
        throw runFailed(this.#name, cause);
      }
    });
  }

  async release(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await this.#turns.take(async () => session?.release());
  }

  #alive(): InferenceSession {
    if (this.#session !== undefined) return this.#session;
    throw sessionReleased(this.#name);
  }
}
