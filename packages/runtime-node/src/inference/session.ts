import {
  checkFeeds,
  checkFetches,
  type DeviceChoice,
  type Feeds,
  InternVLError,
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
import type { InferenceSession } from "onnxruntime-node";
import { SILENT } from "./onnxruntime.js";

/** A session of onnxruntime-node. `run` blocks the thread until it is done. */
export class NodeSession implements Session {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly device: DeviceChoice = { name: "cpu", reason: "the only device of onnxruntime-node here" };
  readonly #name: string;
  #session: InferenceSession | undefined;

  constructor(session: InferenceSession, name: string, freeDimensions: Readonly<Record<string, number>>) {
    this.#session = session;
    this.#name = name;
    this.inputs = session.inputMetadata.map((value) => valueInfo(value, freeDimensions));
    this.outputs = session.outputMetadata.map((value) => valueInfo(value, freeDimensions));
  }

  async run(feeds: Feeds, { fetches, signal }: RunOptions = {}): Promise<Record<string, Tensor>> {
    const session = this.#session;
    if (session === undefined) throw sessionReleased(this.#name);
    throwIfAborted(signal, "The run was aborted");
    checkFeeds(feeds, this.inputs, this.#name);
    assertOwnMemory(feeds, this.#name);
    const wanted = checkFetches(fetches, this.outputs, this.#name);
    try {
      return ownTensors(await session.run(feeds, wanted, { logSeverityLevel: SILENT }));
    } catch (cause) {
      throw runFailed(this.#name, cause);
    }
  }

  async release(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.release();
  }
}

/** @throws InternVLError `INPUT_INVALID`: onnxruntime-node would crash on such memory */
function assertOwnMemory(feeds: Feeds, graph: string): void {
  for (const [name, { data }] of Object.entries(feeds)) {
    if (Array.isArray(data) || !(data.buffer instanceof SharedArrayBuffer)) continue;
    throw new InternVLError("INPUT_INVALID", {
      what: `The feed "${name}" of ${graph} lies in memory that is shared between threads`,
      expected: "a tensor over an ArrayBuffer: onnxruntime-node takes no other",
      fix: "Copy it, or keep it in the thread that runs the session.",
    });
  }
}
