import { InternVLError, type LongCallOptions, type Session, Tensor, throwIfAborted } from "@internvl/core";
import { yieldToEventLoop } from "@internvl/generation";
import { assertPixelValues } from "./inputs.js";

/**
 * Pixels that are encoded in one run. One 448 tile keeps two cores busy, and the time between two tiles is when an
 * abort and a progress report get through; smaller tiles go together until they are as much work.
 */
const PIXELS_PER_RUN = 448 * 448;

/** InternViT, pixel shuffle and projector: tiles in, features in the language model's width out. */
export class VisionEncoder {
  readonly #session: Session;
  readonly #imageSize: number;

  constructor(session: Session, imageSize: number) {
    this.#session = session;
    this.#imageSize = imageSize;
  }

  /** float32 `[tiles, 3, size, size]` -> float32 `[tiles, tokens, hidden]`. */
  async encode(pixel_values: Tensor, { signal, progress_callback }: LongCallOptions = {}): Promise<Tensor> {
    assertPixelValues(pixel_values, this.#imageSize);
    const size = this.#imageSize;
    const tiles = pixel_values.dims[0]!;
    const tilePixels = 3 * size * size;
    const tilesPerRun = Math.max(1, Math.floor(PIXELS_PER_RUN / (size * size)));
    const pixels = pixel_values.data as Float32Array;
    let features: Float32Array | undefined;
    let dims: readonly number[] = [];

    progress_callback?.({ stage: "vision", loaded: 0, total: tiles, unit: "tiles" });
    for (let first = 0; first < tiles; first += tilesPerRun) {
      throwIfAborted(signal, "The vision encoder was aborted");
      const count = Math.min(tilesPerRun, tiles - first);
      const part = pixels.subarray(first * tilePixels, (first + count) * tilePixels);
      const feeds = { pixel_values: new Tensor("float32", part, [count, 3, size, size]) };
      const { image_features } = await this.#session.run(feeds, { signal });
      if (image_features === undefined) throw missingOutput();
      dims = image_features.dims;
      features ??= new Float32Array(tiles * dims[1]! * dims[2]!);
      features.set(image_features.data as Float32Array, first * dims[1]! * dims[2]!);
      progress_callback?.({ stage: "vision", loaded: first + count, total: tiles, unit: "tiles" });
      await yieldToEventLoop();
    }
    return new Tensor("float32", features!, [tiles, dims[1]!, dims[2]!]);
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

function missingOutput(): InternVLError {
  return new InternVLError("GRAPH_INVALID", {
    what: "The vision encoder's graph has no output image_features",
    fix: "Convert the checkpoint again.",
  });
}
