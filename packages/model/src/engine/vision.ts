import type { Dtype } from "@internvl/config";
import { InternVLError, type Session, Tensor, throwIfAborted } from "@internvl/core";
import { yieldToEventLoop } from "@internvl/generation";
import { assertHiddenStates, hiddenStatesOf } from "./hidden-states.js";
import { assertPixelValues } from "./inputs.js";
import { AT_ONCE, type TurnOptions } from "./turns.js";

/**
 * Pixels that are encoded in one run. One 448 tile keeps two cores busy, and the time between two tiles is when an
 * abort and a progress report get through; smaller tiles go together until they are as much work.
 */
const PIXELS_PER_RUN = 448 * 448;

export interface EncodeOptions extends TurnOptions {
  output_hidden_states?: boolean;
}

export interface Encoded {
  /** float32 `[tiles, tokens, hidden of the language model]`. */
  features: Tensor;
  /** float32 `[tiles, 1 + patches, hidden]` each, where asked for. */
  hidden_states?: Tensor[];
}

/** InternViT, pixel shuffle and projector: tiles in, features in the language model's width out. */
export class VisionEncoder {
  /** How many tiles are encoded in one run. */
  readonly tilesPerRun: number;
  readonly #session: Session;
  readonly #imageSize: number;

  /** @param dtype of the graph: int8 rounds by all numbers of a run, so there a tile must be alone to be always the same */
  constructor(session: Session, imageSize: number, dtype: Dtype) {
    this.#session = session;
    this.#imageSize = imageSize;
    this.tilesPerRun = dtype === "int8" ? 1 : Math.max(1, Math.floor(PIXELS_PER_RUN / imageSize ** 2));
  }

  /** @param pixel_values float32 `[tiles, 3, size, size]` */
  async encode(pixel_values: Tensor, options: EncodeOptions = {}): Promise<Encoded> {
    const { output_hidden_states, signal, progress_callback, turns = AT_ONCE } = options;
    assertPixelValues(pixel_values, this.#imageSize);
    if (output_hidden_states) assertHiddenStates(this.#session);
    const size = this.#imageSize;
    const tiles = pixel_values.dims[0]!;
    const tilePixels = 3 * size * size;
    const { tilesPerRun } = this;
    const pixels = pixel_values.data as Float32Array;
    const features: Tensor[] = [];
    const states: Tensor[][] = [];

    progress_callback?.({ stage: "vision", loaded: 0, total: tiles, unit: "tiles" });
    for (let first = 0; first < tiles; first += tilesPerRun) {
      throwIfAborted(signal, "The vision encoder was aborted");
      const count = Math.min(tilesPerRun, tiles - first);
      const part = pixels.subarray(first * tilePixels, (first + count) * tilePixels);
      const feeds = { pixel_values: new Tensor("float32", part, [count, 3, size, size]) };
      const outputs = await turns.take(() => this.#session.run(feeds, { signal }));
      if (outputs.image_features === undefined) throw missingOutput();
      features.push(outputs.image_features);
      if (output_hidden_states) states.push(hiddenStatesOf(outputs));
      progress_callback?.({ stage: "vision", loaded: first + count, total: tiles, unit: "tiles" });
      await yieldToEventLoop();
    }
    return {
      features: joinTiles(features),
      hidden_states: states[0]?.map((_, layer) => joinTiles(states.map((run) => run[layer]!))),
    };
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

/** `[tiles, …]` of every run's `[some tiles, …]`. */
function joinTiles(parts: readonly Tensor[]): Tensor {
  if (parts.length === 1) return parts[0]!;
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.size, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part.data as Float32Array, at);
    at += part.size;
  }
  const tiles = parts.reduce((sum, part) => sum + part.dims[0]!, 0);
  return new Tensor("float32", joined, [tiles, ...parts[0]!.dims.slice(1)]);
}

function missingOutput(): InternVLError {
  return new InternVLError("GRAPH_INVALID", {
    what: "The vision encoder's graph has no output image_features",
    fix: "Convert the checkpoint again.",
  });
}
