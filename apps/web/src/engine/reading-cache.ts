import type { InternVL2_5ForConditionalGeneration, PastKeyValues } from "internvl";

/** What the model has read, so that a further question reads only what is new. */
export class ReadingCache {
  #read: { cache: PastKeyValues; pictures: readonly string[] } | undefined;

  /**
   * A cache that holds the beginning of this prompt, as much of it as was read before.
   *
   * @param pictures one key for each picture of the prompt, in its order; the tokens of all pictures are alike, so what
   * was read is good only for the same ones
   */
  for(
    model: InternVL2_5ForConditionalGeneration,
    input_ids: readonly (readonly number[])[],
    pictures: readonly string[],
  ): PastKeyValues {
    const isSame = this.#read?.pictures.every((picture, index) => picture === pictures[index]);
    if (!isSame) this.dispose();
    const cache = isSame ? this.#read!.cache : model.newCache(1);
    cache.crop(Math.min(cache.commonPrefix(input_ids), input_ids[0]!.length - 1));
    this.#read = { cache, pictures };
    return cache;
  }

  dispose(): void {
    this.#read?.cache.dispose();
    this.#read = undefined;
  }
}
