import type { Dtype, TextConfig } from "@internvl/config";
import { type Feeds, type Session, Tensor } from "@internvl/core";
import {
  embedTokens,
  finalNorm,
  outputLayer,
  Rows,
  rotaryAngles,
  textLayer,
  type Weights,
} from "../reference/index.js";
import { type Compared, rowsOf } from "./compare.js";
import type { OriginalModel } from "./graph.js";
import { sampledLayers } from "./limits.js";

/** Words and image tokens in the sequence that the language model reads, as many of each. */
const HALF = 8;
/** Hides a key: what is far below every score is nothing after the softmax. */
const HIDDEN = -1e9;
/** Where an embedding is this much smaller, the epsilon of a norm counts, which in others is lost in rounding. */
const QUIET = 1e-3;

/** Parts of the decoder of `config`, for progress. */
export function decoderParts({ config }: OriginalModel): number {
  return sampledLayers(config.text_config.num_hidden_layers).length + 1;
}

/** Ids at equal distances over the whole vocabulary, the first and the last among them. */
function sampledIds({ vocab_size }: TextConfig): number[] {
  return Array.from({ length: HALF }, (_, i) => Math.round((i * (vocab_size - 1)) / (HALF - 1)));
}

/** The graph `embed_tokens`. */
export async function* compareEmbeddings(
  session: Session,
  dtype: Dtype,
  { config }: OriginalModel,
  weights: Weights,
): AsyncGenerator<Compared> {
  const ids = sampledIds(config.text_config);
  const { inputs_embeds } = await session.run({
    input_ids: new Tensor("int64", BigInt64Array.from(ids, BigInt), [1, ids.length]),
  });
  const expected = await embedTokens(weights, config.text_config, ids);
  yield { part: "embedding", dtype, actual: rowsOf(inputs_embeds!), expected };
}

/**
 * The decoder over words, the first tokens of a picture and one quiet token, in two calls, the second over what the first
 * returned for the cache. Each layer gets the graph's own state before it, from the first token on.
 *
 * @param features the picture's first tokens
 */
export async function* compareDecoder(
  session: Session,
  dtype: Dtype,
  { config, cache_dtype }: OriginalModel,
  weights: Weights,
  features: Rows,
): AsyncGenerator<Compared> {
  const text = config.text_config;
  const sequence = await checkSequence(text, weights, features);
  const layers = sampledLayers(text.num_hidden_layers);
  const last = text.num_hidden_layers;
  // Keys and values in 11 bits cost what weights in 11 bits do.
  const precision = cache_dtype === "float16" && dtype === "fp32" ? "fp16" : dtype;
  const angles = rotaryAngles(
    text,
    Array.from({ length: sequence.count }, (_, position) => position),
    sequence.count,
  );

  const first = await session.run(decoderFeeds(session, text, sequence, angles, 0, HALF, {}));
  const second = await session.run(decoderFeeds(session, text, sequence, angles, HALF, sequence.count, first));
  const joined = (name: string) =>
    Rows.of([...rowsOf(first[name]!).data, ...rowsOf(second[name]!).data], first[name]!.dims.at(-1)!);
  const state = (index: number) => joined(`hidden_states.${index}`);

  for (const layer of layers) {
    const before = state(layer);
    const computed = await textLayer(weights, text, layer, before, angles);
    // The last state that the graph shows is the normalised one.
    const isLast = layer === last - 1;
    const expected = isLast ? await finalNorm(weights, text, computed) : computed;
    yield {
      part: "layer",
      layer,
      dtype: precision,
      actual: state(layer + 1),
      expected,
      before: isLast ? undefined : before,
    };
  }
  const ends = Rows.of(
    [...state(last).slice(HALF - 1, HALF).data, ...state(last).slice(-1 + sequence.count).data],
    text.hidden_size,
  );
  const expected = await outputLayer(weights, text, ends);
  yield { part: "logits", dtype: precision, actual: joined("logits"), expected };
}

async function checkSequence(text: TextConfig, weights: Weights, features: Rows): Promise<Rows> {
  const words = await embedTokens(weights, text, sampledIds(text));
  const picture = features.slice(0, Math.min(HALF, features.count));
  const quiet = words.slice(1, 2).map((value) => value * QUIET);
  return Rows.of([...words.data, ...picture.data, ...quiet.data], text.hidden_size);
}

/** Tokens `start` to before `end`, over the keys and values that `earlier` returned; logits of the last one only. */
function decoderFeeds(
  session: Session,
  { head_dim, num_key_value_heads }: TextConfig,
  sequence: Rows,
  angles: Rows,
  start: number,
  end: number,
  earlier: Readonly<Record<string, Tensor>>,
): Feeds {
  const count = end - start;
  const own = angles.slice(start, end);
  const float = (data: ArrayLike<number>, dims: number[]) => new Tensor("float32", Float32Array.from(data), dims);
  const int = (data: number[], dims: number[]) => new Tensor("int64", BigInt64Array.from(data, BigInt), dims);
  const nothing = [1, num_key_value_heads, 0, head_dim];
  const cached = session.inputs
    .filter(({ name }) => name.startsWith("past_key_values."))
    .map(({ name, type }) => {
      const empty = type === "float16" ? new Tensor(type, new Uint16Array(0), nothing) : float([], nothing);
      return [name, earlier[name.replace("past_", "new_")] ?? empty];
    });
  return {
    inputs_embeds: float(sequence.slice(start, end).data, [1, count, sequence.width]),
    position_ids: int(
      Array.from({ length: count }, (_, index) => index),
      [1, count],
    ),
    rotary_cos: float(own.data.map(Math.cos), [count, own.width]),
    rotary_sin: float(own.data.map(Math.sin), [count, own.width]),
    past_mask: float(new Float32Array(start), [1, start]),
    new_mask: float(
      Array.from({ length: count * count }, (_, i) => (i % count > Math.floor(i / count) ? HIDDEN : 0)),
      [1, count, count],
    ),
    logits_to_keep: int([1], [1]),
    ...Object.fromEntries(cached),
  };
}
