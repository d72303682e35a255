import {
  type DeviceChoice,
  type Feeds,
  InternVLError,
  type RunOptions,
  type Session,
  Tensor,
  throwIfAborted,
  type ValueInfo,
} from "@internvl/core";
import type { InferenceSession } from "onnxruntime-web";
import { checkFeeds, checkFetches } from "./feeds.js";
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
        throw new InternVLError("RUNTIME_FAILED", {
          what: `Running ${this.#name} failed: ${(cause as Error).message}`,
          fix: "Compare the shapes of the feeds with the session's inputs; for lack of memory use smaller batches.",
          cause,
        });
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
    throw new InternVLError("RELEASED", {
      what: `The session of ${this.#name} was released`,
      fix: "Create it again, or release it later.",
    });
  }
}

/** onnxruntime-web carries a Tensor class of its own: what leaves here is an instance of core's. */
function ownTensors(outputs: InferenceSession.OnnxValueMapType): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { type, data, dims }]) => [name, new Tensor(type, data, dims)]),
  );
}

function valueInfo(value: InferenceSession.ValueMetadata, freeDimensions: Readonly<Record<string, number>>): ValueInfo {
  if (!value.isTensor) {
    throw new InternVLError("GRAPH_INVALID", { what: `"${value.name}" is a sequence or a map`, expected: "a tensor" });
  }
  const shape = value.shape.map((size) => (typeof size === "string" ? (freeDimensions[size] ?? size) : size));
  return { name: value.name, type: value.type, shape };
}
