import { throwIfAborted } from "@internvl/core";
import type { KeyValueCache } from "./cache.js";
import type { Decoder } from "./decoder.js";
import type { TokenEmbeddings } from "./embeddings.js";
import { FairTurns } from "./fair-turns.js";
import { groupFor, type SharingRules } from "./grouping.js";
import { RowPool } from "./row-pool.js";
import { ScheduledSteps, type WriterParts } from "./scheduled-steps.js";
import type { Turns } from "./turns.js";

export interface SchedulerParts extends SharingRules {
  decoder: Decoder;
  embeddings: TokenEmbeddings;
  vocab_size: number;
}

/** A step that a call waits for. */
interface Waiting {
  writer: ScheduledSteps;
  /** The one token that is read; none where the call's rows or tokens are several. */
  token: number | undefined;
  /** Reads it in a run of its own. */
  alone: () => Promise<Float32Array>;
  signal: AbortSignal | undefined;
  resolve: (logits: Float32Array) => void;
  reject: (error: unknown) => void;
}

/** Steps that may go in one run: of rows that are in a pool, or would be. */
interface Group {
  pool: RowPool | undefined;
  lengths: number[];
  steps: Waiting[];
}

/**
 * Runs what concurrent calls of `generate` ask of one model (Orca's continuous batching: Yu et al. 2022). Each call keeps its
 * loop and its options; what it reads and steps comes here.
 *
 * - Steps wait until every call that writes waits for one: then they are a round. Rows of a round that may share a run
 *   (`grouping.ts`) are read in one, over a pool of their keys and values; others one after the other, each over its own cache.
 *   A call joins in the round after its prompt, and leaves when it ends.
 * - A call by itself is a round of one, over its own cache: nothing is copied.
 * - Prompts are read in pieces between rounds (`fair-turns.ts`).
 * - An aborted call leaves; the others go on. What a run throws is thrown to the calls whose rows were in it.
 */
export class Scheduler {
  readonly #parts: SchedulerParts;
  readonly #turns: FairTurns;
  readonly #writers = new Set<ScheduledSteps>();
  readonly #pools: RowPool[] = [];
  #waiting: Waiting[] = [];

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
    this.#turns = new FairTurns(parts.independentPieces);
  }

  /** Reads a prompt in turns with other calls: `body` takes one for each piece. */
  reading<Result>(body: (turns: Turns) => Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
    return this.#turns.reading(body, signal);
  }

  /** What the loop of a call steps once its prompt is read. Call its `end()` when the call is over, however it ends. */
  writer(parts: WriterParts): ScheduledSteps {
    const { decoder, embeddings, vocab_size } = this.#parts;
    return new ScheduledSteps({ ...parts, decoder, embeddings, vocab_size }, this);
  }

  /** @returns the logits, once there was a round */
  step(step: Pick<Waiting, "writer" | "token" | "alone" | "signal">): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...step, resolve, reject });
      this.#writers.add(step.writer);
      this.#whoWrites();
    });
  }

  /** Takes a call's row out of its pool, if it is in one; with `keep`, its cache has all that was read afterwards. */
  takeOut(cache: KeyValueCache, keep: boolean): void {
    const index = this.#pools.findIndex((pool) => pool.caches.includes(cache));
    if (index === -1) return;
    const pool = this.#pools[index]!;
    pool.leave(cache, { keep });
    if (pool.batch_size === 0) this.#pools.splice(index, 1);
  }

  /** The call is over. */
  remove(writer: ScheduledSteps): void {
    if (this.#writers.delete(writer)) this.#whoWrites();
  }

  #whoWrites(): void {
    this.#turns.writers = this.#writers.size;
    const complete = this.#waiting.length > 0 && this.#waiting.length === this.#writers.size;
    if (complete) this.#turns.step(() => this.#round());
    else this.#turns.wake();
  }

  async #round(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    const goingOn = waiting.filter(({ writer, signal, reject }) => {
      if (!signal?.aborted) return true;
      void settle([{ resolve() {}, reject }], async () => {
        writer.end();
        throwIfAborted(signal);
        return [];
      });
      return false;
    });
    for (const { pool, steps } of this.#groups(goingOn)) {
      if (pool === undefined) await settle(steps, async () => [await steps[0]!.alone()]);
      else await settle(steps, () => this.#readTogether(pool, steps));
    }
  }

  /** Who shares a run with whom. What is not in a pool and gets no company stays without one. */
  #groups(waiting: readonly Waiting[]): Group[] {
    const groups: Group[] = this.#pools.map((pool) => ({ pool, lengths: pool.lengths, steps: [] }));
    const alone: Group[] = [];
    for (const step of waiting) {
      const { cache } = step.writer;
      const own = groups.find(({ pool }) => pool?.caches.includes(cache));
      if (own !== undefined) {
        own.steps.push(step);
      } else if (!this.#mayShare(step)) {
        alone.push({ pool: undefined, lengths: [], steps: [step] });
      } else {
        const index = groupFor(
          cache.length,
          groups.map(({ lengths }) => lengths),
        );
        if (index === undefined) {
          groups.push({ pool: undefined, lengths: [cache.length], steps: [step] });
        } else {
          groups[index]!.steps.push(step);
          groups[index]!.lengths.push(cache.length);
        }
      }
    }
    for (const group of groups) {
      if (group.pool !== undefined || group.steps.length < 2) continue;
      group.pool = new RowPool();
      this.#pools.push(group.pool);
    }
    return [...groups, ...alone].filter(({ steps }) => steps.length > 0);
  }

  #mayShare({ writer, token }: Waiting): boolean {
    const { independentRows, longestShared } = this.#parts;
    return independentRows && token !== undefined && writer.cache.length + writer.spare <= longestShared;
  }

  /** @returns the logits of each step */
  async #readTogether(pool: RowPool, steps: readonly Waiting[]): Promise<Float32Array[]> {
    const { decoder, embeddings, vocab_size } = this.#parts;
    for (const { writer } of steps) {
      if (pool.caches.includes(writer.cache)) continue;
      pool.join(writer.cache);
      writer.joined();
    }
    const slots = steps.map(({ writer }) => pool.caches.indexOf(writer.cache));
    const bySlot = pool.caches.map((_, slot) => steps[slots.indexOf(slot)]!);
    const tokens = bySlot.map(({ token }) => [token!]);
    const { logits } = await decoder.read({
      embeddings: await embeddings.lookUp(tokens),
      positions: bySlot.map(({ writer }) => writer.positions),
      visible: tokens.map(() => [1]),
      tokens,
      cache: pool,
      logits_to_keep: 0,
      spare: 0,
    });
    const data = pool.logits.of(logits);
    return steps.map(({ writer }, index) => {
      writer.moved();
      const start = slots[index]! * vocab_size;
      return data.subarray(start, start + vocab_size);
    });
  }
}

/** Answers steps with what a run gives, or with what it throws. */
async function settle(
  steps: readonly Pick<Waiting, "resolve" | "reject">[],
  run: () => Promise<readonly Float32Array[]>,
): Promise<void> {
  try {
    const logits = await run();
    for (const [index, { resolve }] of steps.entries()) resolve(logits[index]!);
  } catch (error) {
    for (const { reject } of steps) reject(error);
  }
}
