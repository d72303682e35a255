import { CACHE_DTYPES, type CacheDtype } from "@internvl/config";
import { freeMemory, InternVLError, type Session, Tensor, throwIfAborted } from "@internvl/core";
import { yieldToEventLoop } from "@internvl/generation";
import { HIDDEN } from "./cache.js";
import { cacheArrayIn } from "./cache-array.js";
import { assertHiddenStates, hiddenStatesOf } from "./hidden-states.js";
import { type Division, pieceSize } from "./pieces.js";
import { JoinedPositions, slicePositions, viewPositions } from "./positions.js";
import type { ReadCache } from "./read-cache.js";
import { type RotaryConfig, rotaryTables } from "./rotary.js";
import { AT_ONCE, type TurnOptions } from "./turns.js";

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
  /** Whether it is a prompt of `generate`, for which there may be a graph of its own. */
  isPrompt?: boolean;
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
  readonly #promptSession: Session;
  readonly #rotary: RotaryConfig;
  readonly #heads: number;

  /**
   * @param promptSession the same network in another dtype, which reads the prompts of `generate`
   * @throws InternVLError `GRAPH_INVALID` when the two do not write into one cache
   */
  constructor(session: Session, rotary: RotaryConfig, heads: number, promptSession: Session = session) {
    this.cache_dtype = cacheDtypeIn(session);
    if (cacheDtypeIn(promptSession) !== this.cache_dtype) {
      throw new InternVLError("GRAPH_INVALID", {
        what: "The decoder for prompts keeps keys and values in another type than the one that goes on from them",
        expected: this.cache_dtype,
        got: cacheDtypeIn(promptSession),
        fix: "Convert the checkpoint again with both dtypes at once: internvl-convert --dtype q4,int8.",
      });
    }
    this.#session = session;
    this.#promptSession = promptSession;
    this.#rotary = rotary;
    this.#heads = heads;
  }

  /** Reads a prompt piece by piece. */
  async read(inputs: ReadInputs): Promise<ReadOutput> {
    const { cache, logits_to_keep, output_hidden_states, signal, progress_callback, turns = AT_ONCE } = inputs;
    if (output_hidden_states) assertHiddenStates(this.#session);
    const length = inputs.embeddings.dims[1]!;
    const { prefill_chunk_size } = inputs;
    const division: Division = { batch: cache.batch_size, heads: this.#heads, prefill_chunk_size };
    const before = cache.length;
    const total = before + length;
    const wanted = logits_to_keep === 0 ? length : Math.min(logits_to_keep, length);
    const logits = new JoinedPositions(wanted);
    const states: JoinedPositions[] = [];
    for (let start = 0, end = 0; start < length; start = end) {
      throwIfAborted(signal, "Reading the prompt was aborted");
      end = Math.min(start + Math.min(pieceSize(division, before + start), turns.pieceSize), length);
      const count = end - start;
      const kept = Math.max(0, end - Math.max(start, length - wanted));
      const given = inputs.onLogits ? count : kept;
      const outputs = await turns.take(() => this.#run(inputs, { start, end, total }, given));
      inputs.onLogits?.(outputs.logits, start);
      if (kept > 0) logits.add(slicePositions(outputs.logits, given - kept, given));
      else if (inputs.onLogits === undefined) freeMemory(outputs.logits.data as Float32Array);
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

  async release(): Promise<void> {
    await Promise.all([...new Set([this.#session, this.#promptSession])].map((session) => session.release()));
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
    const session = inputs.isPrompt ? this.#promptSession : this.#session;
    const outputs = await session.run(
      {
        inputs_embeds: viewPositions(embeddings, start, end),
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
    cache.append(outputs, { visible, tokens, total, spare, isPiece: inputs.isPrompt });
    // Of a single token there is so little that collecting it costs less.
    if (count > 1) freeColumns(outputs);
    return { ...outputs, logits };
  }
}

/** Gives back the keys and values that a cache has copied. */
function freeColumns(outputs: Readonly<Record<string, Tensor>>): void {
  for (const [name, tensor] of Object.entries(outputs)) {
    if (name.startsWith("new_key_values.")) freeMemory(cacheArrayIn(tensor));
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
