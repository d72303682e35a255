import { InternVLError, type Session, Tensor } from "@internvl/core";

/** Looks token ids up. */
export class TokenEmbeddings {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** `[batch][length]` -> float32 `[batch, length, hidden]`. */
  async lookUp(input_ids: readonly (readonly number[])[], signal?: AbortSignal): Promise<Tensor> {
    const dims = [input_ids.length, input_ids[0]!.length];
    const ids = BigInt64Array.from(input_ids.flat(), BigInt);
    const { inputs_embeds } = await this.#session.run({ input_ids: new Tensor("int64", ids, dims) }, { signal });
    return inputs_embeds!;
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

/**
 * Puts image features where the prompt says `<IMG_CONTEXT>`, in order over the whole batch.
 *
 * @param embeddings float32 `[batch, length, hidden]`, changed in place
 * @param features float32 `[tiles, tokens, hidden]`
 * @param flags one a tile: features of tiles with 0 are skipped
 * @throws InternVLError `INPUT_INVALID` when the counts differ
 */
export function placeImageFeatures(
  embeddings: Tensor,
  input_ids: readonly (readonly number[])[],
  imageTokenId: number,
  features: Tensor | undefined,
  flags?: readonly number[],
): void {
  const [tiles, tokens, hidden] = (features?.dims ?? [0, 0, 0]) as [number, number, number];
  const kept = Array.from({ length: tiles }, (_, tile) => tile).filter((tile) => flags === undefined || flags[tile]);
  const slots = input_ids.flat().flatMap((id, index) => (id === imageTokenId ? [index] : []));
  if (slots.length !== kept.length * tokens) {
    throw new InternVLError("INPUT_INVALID", {
      what: "The prompt and the pictures do not fit each other",
      expected: `${kept.length * tokens} image tokens for ${kept.length} tiles of ${tokens}`,
      got: `${slots.length} image tokens in input_ids`,
      fix: "Pass input_ids and pixel_values of the same call of the processor.",
    });
  }
  if (features === undefined) return;
  const target = embeddings.data as Float32Array;
  const source = features.data as Float32Array;
  for (const [index, slot] of slots.entries()) {
    const row = kept[Math.floor(index / tokens)]! * tokens + (index % tokens);
    target.set(source.subarray(row * hidden, (row + 1) * hidden), slot * hidden);
  }
}
