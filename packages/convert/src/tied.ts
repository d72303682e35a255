import { type Dtype, tiedEmbeddingsPath } from "@internvl/config";
import type { FileSink, LongCallOptions } from "@internvl/core";
import { type ExternalLocation, type ExternalTensor, writeTensor } from "@internvl/onnx";
import type { WeightSource } from "./checkpoint/index.js";

/**
 * The table of embeddings of a model whose output layer is tied to it, in a file of its own: written once, read by
 * `embed_tokens` and by the decoder of the same dtype, which multiplies by its rows as they lie there.
 */
export class TiedEmbeddings {
  readonly #path: string;
  readonly #tensor: string;
  #table: ExternalTensor | undefined;

  /** @param tensor the table's name in the checkpoint */
  constructor(dtype: Dtype, tensor: string) {
    this.#path = tiedEmbeddingsPath(dtype);
    this.#tensor = tensor;
  }

  /** Where graphs find the table; undefined for any other tensor. */
  readonly place = ({ name }: WeightSource, converted: ExternalTensor): ExternalLocation | undefined => {
    if (name !== this.#tensor) return undefined;
    this.#table = converted;
    const location = this.#path.slice(this.#path.lastIndexOf("/") + 1);
    return { location, offset: 0, byteLength: converted.byteLength };
  };

  /** Writes the table if graphs read it. Returns the bytes that were written. */
  async write(target: FileSink, { signal, progress_callback }: LongCallOptions): Promise<number> {
    if (this.#table === undefined) return 0;
    await writeTensor(target, this.#path, this.#tensor, this.#table, {
      signal,
      progress_callback:
        progress_callback && ((info) => progress_callback({ ...info, stage: "convert", name: this.#path })),
    });
    return this.#table.byteLength;
  }
}
