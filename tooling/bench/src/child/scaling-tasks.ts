import {
  InternVL2_5ForConditionalGeneration,
  type KeyValueCache,
  type ProgressCallback,
  type StoppingCriteria,
  Tensor,
} from "internvl";
import { NOTHING_KEPT } from "../benchmarks/benchmark.js";
import { timed } from "../measure.js";
import { randomBits } from "../random.js";
import { oneTile } from "../tile.js";
import type { LoadArguments } from "./tasks.js";

/** Tokens of text around the pictures of a prompt. */
const TEXT_TOKENS = 32;
/** Tokens of a prompt whose time is to be compared over sizes and batches. */
const PROMPT = 512;
const STEPS = 16;
/** Tokens that are read behind a long context. */
const PIECE = 256;

/** What grows with the length of a prompt, a batch and a model: each in a process of its own, because of its memory. */
export const scalingTasks = {
  /** An answer about a picture of so many tiles. */
  async scaleTiles({ tiles, ...loading }: LoadArguments & { tiles: number }) {
    const model = await open(loading);
    const { num_image_token, image_size, image_token_id } = model.config;
    const bits = randomBits(tiles);
    const pixels = Float32Array.from({ length: tiles * 3 * image_size ** 2 }, () => (bits() % 1000) / 250 - 2);
    const pixel_values = new Tensor("float32", pixels, [tiles, 3, image_size, image_size]);
    const image = new Array<number>(tiles * num_image_token).fill(image_token_id);
    return { tokens: image.length + TEXT_TOKENS, ...(await answer(model, [[...image, ...text(bits)]], pixel_values)) };
  },

  /** A piece of a prompt, and a step, behind so many tokens that are cached. What they say does not matter for the time. */
  async scaleContext({ context, ...loading }: LoadArguments & { context: number }) {
    const model = await open(loading);
    const { text_config } = model.config;
    const past_key_values = model.newCache(1, { max_cache_len: context + PIECE + STEPS + 1 }) as KeyValueCache;
    fill(past_key_values, text_config, context);
    const bits = randomBits(context);
    const read = (count: number) =>
      model.forward({ input_ids: [text(bits, count)], past_key_values, logits_to_keep: 1 });
    const piece = await timed(() => read(PIECE));
    await read(1);
    const steps = await timed(async () => {
      for (let step = 0; step < STEPS; step++) await read(1);
    });
    return { msPerToken: piece.ms / PIECE, stepMs: steps.ms / STEPS, cacheBytes: past_key_values.byteLength };
  },

  /** So many prompts at once. */
  async scaleBatch({ rows, ...loading }: LoadArguments & { rows: number }) {
    const model = await open(loading);
    const bits = randomBits(rows);
    return answer(
      model,
      Array.from({ length: rows }, () => text(bits, PROMPT)),
    );
  },

  /** A tile, a prompt and steps. */
  async scaleModel(loading: LoadArguments) {
    const model = await open(loading);
    const pixels = await oneTile(model.config.image_size);
    await model.get_image_features(pixels);
    const tile = await timed(() => model.get_image_features(pixels));
    const bits = randomBits(PROMPT);
    const prompt = [text(bits, PROMPT)];
    await answer(model, prompt);
    return { tileMs: tile.ms, promptTokens: PROMPT, ...(await answer(model, [text(bits, PROMPT)])) };
  },
};

function open({ model, dtype, threads }: LoadArguments): Promise<InternVL2_5ForConditionalGeneration> {
  return InternVL2_5ForConditionalGeneration.from_pretrained(model, { dtype, threads, ...NOTHING_KEPT });
}

function text(bits: () => number, length: number = TEXT_TOKENS): number[] {
  return Array.from({ length }, () => bits() % 256);
}

/** Milliseconds of an answer's parts. */
async function answer(model: InternVL2_5ForConditionalGeneration, input_ids: number[][], pixel_values?: Tensor) {
  let visionMs = 0;
  let began = performance.now();
  const progress_callback: ProgressCallback = ({ stage, loaded, total }) => {
    if (stage !== "vision") return;
    if (loaded === 0) began = performance.now();
    if (loaded === total) visionMs = performance.now() - began;
  };
  // Random weights may say the end of the turn at any time: nothing counts as one.
  const options = { max_new_tokens: STEPS + 1, eos_token_id: [], pad_token_id: 0, progress_callback };
  const start = performance.now();
  // A streamer hears one row alone; this is asked after each step of several.
  const times: number[] = [];
  const hear: StoppingCriteria = (_ids, _scores, row) => {
    if (row === 0) times.push(performance.now());
    return false;
  };
  await model.generate({ input_ids, pixel_values, stopping_criteria: [hear], ...options });
  const first = times[0]!;
  return { visionMs, prefillMs: first - start - visionMs, stepMs: (times.at(-1)! - first) / (times.length - 1) };
}

/** Columns of small numbers, written in pieces as a prompt is. */
function fill(
  cache: KeyValueCache,
  config: InternVL2_5ForConditionalGeneration["config"]["text_config"],
  context: number,
): void {
  const { num_hidden_layers, num_key_value_heads, head_dim } = config;
  for (let at = 0; at < context; at += PIECE) {
    const count = Math.min(PIECE, context - at);
    const length = num_key_value_heads * count * head_dim;
    const dims = [1, num_key_value_heads, count, head_dim];
    const columns =
      cache.shape.cache_dtype === "float16"
        ? new Tensor(
            "float16",
            Uint16Array.from({ length }, (_, index) => 0x2000 + (index % 0x1000)),
            dims,
          )
        : new Tensor(
            "float32",
            Float32Array.from({ length }, (_, index) => Math.sin(index) / 4),
            dims,
          );
    const outputs = Object.fromEntries(
      Array.from({ length: num_hidden_layers }, (_, layer) =>
        ["key", "value"].map((part) => [`new_key_values.${layer}.${part}`, columns]),
      ).flat(),
    );
    cache.append(outputs, { visible: [new Array<number>(count).fill(1)], spare: 0 });
  }
}
