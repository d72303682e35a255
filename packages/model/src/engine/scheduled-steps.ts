import type { StepModel } from "@internvl/generation";
import type { KeyValueCache } from "./cache.js";
import type { Scheduler } from "./scheduler.js";
import { type CachedStepParts, CachedSteps } from "./step-model.js";

/** What a call brings to the scheduler. */
export interface WriterParts extends Pick<CachedStepParts, "cache" | "positions" | "spare"> {
  /** Whether somebody goes on with the cache after the call; else it may be emptied. */
  keep: boolean;
}

/** The steps of one call, run by the scheduler together with those of others. */
export class ScheduledSteps implements StepModel {
  readonly vocab_size: number;
  readonly cache: KeyValueCache;
  /** How many tokens may follow the prompt. */
  readonly spare: number;
  readonly #own: CachedSteps;
  readonly #keep: boolean;
  readonly #scheduler: Scheduler;

  constructor({ keep, ...parts }: CachedStepParts & WriterParts, scheduler: Scheduler) {
    this.vocab_size = parts.vocab_size;
    this.cache = parts.cache;
    this.spare = parts.spare;
    this.#own = new CachedSteps(parts);
    this.#keep = keep;
    this.#scheduler = scheduler;
  }

  /** The position of each row's next token. */
  get positions(): readonly number[] {
    return this.#own.positions;
  }

  step(tokens: readonly number[], { signal }: { signal?: AbortSignal }): Promise<Float32Array> {
    const token = tokens.length === 1 ? tokens[0] : undefined;
    return this.#scheduler.step({ writer: this, token, signal, alone: () => this.#own.step(tokens, { signal }) });
  }

  read(tokens: readonly (readonly number[])[], { signal }: { signal?: AbortSignal }): Promise<Float32Array> {
    this.#takeOut();
    const alone = () => this.#own.read(tokens, { signal });
    return this.#scheduler.step({ writer: this, token: undefined, signal, alone });
  }

  reorder(rows: readonly number[]): void {
    this.#takeOut();
    this.#own.reorder(rows);
  }

  forget(count: number): void {
    this.#takeOut();
    this.#own.forget(count);
  }

  /** The row was copied into a pool, where it grows from now on. */
  joined(): void {
    if (!this.#keep) this.cache.reset();
  }

  /** A token was read there. */
  moved(): void {
    this.#own.move(1);
  }

  /** The call is over. Safe to call twice. */
  end(): void {
    this.#scheduler.takeOut(this.cache, this.#keep && !this.cache.disposed);
    this.#scheduler.remove(this);
  }

  #takeOut(): void {
    this.#scheduler.takeOut(this.cache, true);
  }
}
