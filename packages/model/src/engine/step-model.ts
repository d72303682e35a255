import type { StepModel } from "@internvl/generation";
import type { KeyValueCache } from "./cache.js";
import { CurrentLogits } from "./current-logits.js";
import type { Decoder } from "./decoder.js";
import type { TokenEmbeddings } from "./embeddings.js";

export interface CachedStepParts {
  decoder: Decoder;
  embeddings: TokenEmbeddings;
  /** Holds the prompt when the first token is read. */
  cache: KeyValueCache;
  vocab_size: number;
  /** The position of each row's first new token: how many tokens its prompt has, without padding. */
  positions: readonly number[];
  /** How many tokens may follow: the cache makes room for so many at most. */
  spare: number;
}

/** What the loop of `@internvl/generation` steps: new tokens, read behind a prompt that is in a cache. */
export class CachedSteps implements StepModel {
  readonly vocab_size: number;
  readonly #parts: CachedStepParts;
  readonly #logits = new CurrentLogits();
  #positions: readonly number[];

  constructor(parts: CachedStepParts) {
    this.vocab_size = parts.vocab_size;
    this.#parts = parts;
    this.#positions = parts.positions;
  }

  /** The position of each row's next token. */
  get positions(): readonly number[] {
    return this.#positions;
  }

  step(tokens: readonly number[], options: { signal?: AbortSignal }): Promise<Float32Array> {
    return this.read(
      tokens.map((token) => [token]),
      options,
    );
  }

  async read(tokens: readonly (readonly number[])[], { signal }: { signal?: AbortSignal }): Promise<Float32Array> {
    const { decoder, embeddings, cache, spare } = this.#parts;
    const { logits } = await decoder.read({
      embeddings: await embeddings.lookUp(tokens, signal),
      positions: tokens.map((row, index) => row.map((_, at) => this.#positions[index]! + at)),
      visible: tokens.map((row) => row.map(() => 1)),
      tokens,
      cache,
      logits_to_keep: 0,
      spare,
      signal,
    });
    this.move(tokens[0]!.length);
    return this.#logits.of(logits);
  }

  reorder(rows: readonly number[]): void {
    this.#parts.cache.reorder_cache(rows);
    this.#positions = rows.map((row) => this.#positions[row]!);
  }

  forget(count: number): void {
    this.#parts.cache.crop(-count);
    this.move(-count);
  }

  /** So many tokens of each row were read elsewhere. */
  move(count: number): void {
    this.#positions = this.#positions.map((position) => position + count);
  }
}
