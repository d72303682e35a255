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
import type { GpuContext } from "./gpu.js";
import { outOfMemory } from "./memory.js";
import { SILENT } from "./onnxruntime.js";
import type { Turns } from "./turns.js";

/** What a session runs on. */
interface Place {
  /** The graph, as messages name it. */
  name: string;
  device: DeviceChoice;
  /** Where the device is WebGPU. */
  gpu: GpuContext | undefined;
  turns: Turns;
}

/** A session of onnxruntime-web. On wasm `run` blocks the thread until it is done. */
export class WebSession implements Session {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly device: DeviceChoice;
  readonly #name: string;
  readonly #gpu: GpuContext | undefined;
  readonly #turns: Turns;
  #session: InferenceSession | undefined;

  constructor(session: InferenceSession, place: Place, freeDimensions: Readonly<Record<string, number>>) {
    this.#session = session;
    this.#name = place.name;
    this.#gpu = place.gpu;
    this.#turns = place.turns;
    this.device = place.device;
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
      this.#gpu?.assertThere(this.#name);
      try {
        const outputs = await session.run(feeds, wanted, { logSeverityLevel: SILENT });
        const error = this.#gpu?.takeError();
        if (error !== undefined) throw error;
        return ownTensors(outputs);
      } catch (cause) {
        await this.#gpu?.settle();
        this.#gpu?.assertThere(this.#name, cause);
        throw outOfMemory(this.#name, cause) ?? runFailed(this.#name, cause);
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
