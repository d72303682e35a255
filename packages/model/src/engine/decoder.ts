import { CACHE_DTYPES, type CacheDtype } from "@internvl/config";
import { InternVLError, type Session, Tensor, throwIfAborted } from "@internvl/core";
import { yieldToEventLoop } from "@internvl/generation";
import { HIDDEN } from "./cache.js";
import { assertHiddenStates, hiddenStatesOf } from "./hidden-states.js";
import { JoinedPositions, slicePositions } from "./positions.js";
import type { ReadCache } from "./read-cache.js";
import { type RotaryConfig, rotaryTables } from "./rotary.js";
import { AT_ONCE, type TurnOptions } from "./turns.js";

/**
 * Attention scores of one layer that may exist at once while a prompt is read: 16 M floats are 64 MB, and a run holds
 * several arrays of them. A prompt is read in pieces that stay below, between which it can be aborted.
 */
const MAX_SCORES = 16 * 2 ** 20;
const MIN_PIECE = 32;
/**
 * Tokens of all rows that are read at once, unless a call says otherwise. A CPU's matrix products are as fast with 128 rows as with more, while
 * attention computes less of what the causal mask hides, and every activation is smaller (README, "Memory"). Half of it
 * where the scores of 128 would be more than 12 MB: no slower there, because less of them has to leave the processor.
 */
const FAST_PIECE = 128;
const FAST_SCORES = 3 * 2 ** 20;

export interface ReadInputs extends TurnOptions {
  /** float32 `[batch, length, hidden]`. */
  embeddings: Tensor;
  /** `[batch][length]`. */
  positions: readonly (readonly number[])[];
  /** `[batch][length]`, where they are known. */
  tokens?: readonly (readonly number[])[];
  /** `[batch][length]`, 0 for padding. */
  visible: readonly (readonly number[])[];
  cache: ReadCache;
  /** Logits of the last N positions; 0 means all. */
  logits_to_keep: number;
  /** How many tokens may follow: the cache leaves room for them behind the last one. */
  spare: number;
  /** The most tokens that are read at once. */
  prefill_chunk_size?: number | null;
  output_hidden_states?: boolean;
  /** Gets the logits of every position, piece by piece: float32 `[batch, count, vocabulary]` from position `start` on. */
  onLogits?: (logits: Tensor, start: number) => void;
}

export interface ReadOutput {
  /** float32 `[batch, kept, vocabulary]` */
  logits: Tensor;
  /** float32 `[batch, length, hidden]` each, where asked for. */
  hidden_states?: Tensor[];
}

/** The tokens `start` to before `end` of what is read; `total` is the cache's length after the last of all pieces. */
interface Piece {
  start: number;
  end: number;
  total: number;
}

/** The language model: reads embeddings into a cache and gives logits. */
export class Decoder {
  /** What its keys and values are stored in: its graph says. */
  readonly cache_dtype: CacheDtype;
  readonly #session: Session;
  readonly #rotary: RotaryConfig;
  readonly #heads: number;

  constructor(session: Session, rotary: RotaryConfig, heads: number) {
    this.cache_dtype = cacheDtypeIn(session);
    this.#session = session;
    this.#rotary = rotary;
    this.#heads = heads;
  }

  /** Reads a prompt piece by piece. */
  async read(inputs: ReadInputs): Promise<ReadOutput> {
    const { cache, logits_to_keep, output_hidden_states, signal, progress_callback, turns = AT_ONCE } = inputs;
    if (output_hidden_states) assertHiddenStates(this.#session);
    const length = inputs.embeddings.dims[1]!;
    const before = cache.length;
    const total = before + length;
    const wanted = logits_to_keep === 0 ? length : Math.min(logits_to_keep, length);
    const logits = new JoinedPositions(wanted);
    const states: JoinedPositions[] = [];
    for (let start = 0, end = 0; start < length; start = end) {
      throwIfAborted(signal, "Reading the prompt was aborted");
      const piece = this.#pieceSize(cache.batch_size, before + start, total, inputs.prefill_chunk_size);
      end = Math.min(start + Math.min(piece, turns.pieceSize), length);
      const count = end - start;
      const kept = Math.max(0, end - Math.max(start, length - wanted));
      const given = inputs.onLogits ? count : kept;
      const outputs = await turns.take(() => this.#run(inputs, { start, end, total }, given));
      inputs.onLogits?.(outputs.logits, start);
      if (kept > 0) logits.add(slicePositions(outputs.logits, given - kept, given));
      if (output_hidden_states) {
        for (const [layer, state] of hiddenStatesOf(outputs).entries()) {
          states[layer] ??= new JoinedPositions(length);
          states[layer].add(state);
        }
      }
      if (length > 1) {
        progress_callback?.({ stage: "prefill", loaded: end, total: length, unit: "tokens" });
        await yieldToEventLoop();
      }
    }
    return {
      logits: logits.tensor,
      hidden_states: output_hidden_states ? states.map(({ tensor }) => tensor) : undefined,
    };
  }

  release(): Promise<void> {
    return this.#session.release();
  }

  /** How many tokens of each row are read at once behind `past` others, of `total` in the end. */
  #pieceSize(batch: number, past: number, total: number, asked: number | null | undefined): number {
    const scores = this.#heads * FAST_PIECE * (past + FAST_PIECE);
    const fast = scores > FAST_SCORES ? FAST_PIECE / 2 : FAST_PIECE;
    const wanted = asked ?? Math.max(MIN_PIECE, Math.floor(fast / batch));
    return Math.min(wanted, Math.max(MIN_PIECE, Math.floor(MAX_SCORES / (batch * this.#heads * total))));
  }

  async #run(inputs: ReadInputs, { start, end, total }: Piece, kept: number) {
    const { cache, embeddings, spare, signal } = inputs;
    const batch = cache.batch_size;
    const count = end - start;
    const positions = inputs.positions.flatMap((row) => row.slice(start, end));
    const visible = inputs.visible.map((row) => row.slice(start, end));
    const tokens = inputs.tokens?.map((row) => row.slice(start, end));
    const { cos, sin } = rotaryTables(positions, this.#rotary, total);
    const half = this.#rotary.head_dim / 2;
    const outputs = await this.#session.run(
      {
        inputs_embeds: slicePositions(embeddings, start, end),
        // The tables hold one row a token, so each token's row is its index.
        position_ids: new Tensor(
          "int64",
          BigInt64Array.from(positions, (_, index) => BigInt(index)),
          [batch, count],
        ),
        rotary_cos: new Tensor("float32", cos, [batch * count, half]),
        rotary_sin: new Tensor("float32", sin, [batch * count, half]),
        new_mask: new Tensor("float32", causalMask(visible, count), [batch, count, count]),
        // At least one: a graph computes no empty product. The caller drops it.
        logits_to_keep: new Tensor("int64", BigInt64Array.of(BigInt(Math.max(1, kept))), [1]),
        ...cache.feeds(),
      },
      { signal },
    );
    const { logits } = outputs;
    if (logits === undefined) {
      throw new InternVLError("GRAPH_INVALID", {
        what: "The decoder's graph has no output logits",
        fix: "Convert the checkpoint again.",
      });
    }
    cache.append(outputs, { visible, tokens, total, spare });
    return { ...outputs, logits };
  }
}

/** @throws InternVLError `GRAPH_INVALID` */
function cacheDtypeIn({ inputs }: Session): CacheDtype {
  const type = inputs.find(({ name }) => name === "past_key_values.0.key")?.type;
  const known = CACHE_DTYPES.find((dtype) => dtype === type);
  if (known !== undefined) return known;
  throw new InternVLError("GRAPH_INVALID", {
    what: "The decoder's graph has no past_key_values that this package knows",
    expected: CACHE_DTYPES.join(" or "),
    got: type ?? "no such input",
    fix: "Update this package, or convert the checkpoint again.",
  });
}

/**
 * `[batch, count, count]`: a token sees itself and what came before it in its row, and no padding. Padding sees itself,
 * so that its row is not empty (a softmax over nothing would be NaN, and spread).
 */
function causalMask(visible: readonly (readonly number[])[], count: number): Float32Array {
  const mask = new Float32Array(visible.length * count * count).fill(HIDDEN);
  for (const [row, seen] of visible.entries()) {
    for (let query = 0; query < count; query++) {
      const start = (row * count + query) * count;
      for (let key = 0; key <= query; key++) {
        if (seen[key] || key === query) mask[start + key] = 0;
      }
    }
  }
  return mask;
}
