import type { InternVL2_5ForConditionalGeneration as Model } from "@internvl/model";
import { type Figures, median, timed } from "../measure.js";
import { promptOf } from "../prompt.js";
import { PutTimes } from "../put-times.js";
import { oneTile } from "../tile.js";

/** What is measured of a model in Node and in a page alike. */
export interface SpeedRequest {
  /** Tokens of the prompt. */
  context: number;
  /** Tokens after it, at least 1. */
  steps: number;
}

/** Milliseconds: `tile` through the vision tower, `prefill` of the prompt, and each `step` on average. */
export async function measureSpeed(model: Model, { context, steps }: SpeedRequest): Promise<Figures> {
  const pixels = await oneTile(model.config.image_size);
  const tile = await timed(() => model.get_image_features(pixels));
  const streamer = new PutTimes();
  // Random weights may say the end of the turn at any time: nothing counts as one.
  await model.generate({ input_ids: [promptOf(context)], max_new_tokens: steps + 1, eos_token_id: [], streamer });
  return { tile: tile.ms, prefill: streamer.firstMs(), step: streamer.stepMs() };
}

/** Tokens that are read one by one behind a prompt, twice. */
export interface TokensRequest {
  prompt: readonly number[];
  tokens: readonly number[];
}

/** Milliseconds: the `prompt`, and the median step over `new` tokens and over the same ones `again`. */
export async function measureTokens(model: Model, { prompt, tokens }: TokensRequest): Promise<Figures> {
  const past_key_values = model.newCache(1);
  try {
    const read = async (ids: readonly number[]) => {
      const input = { input_ids: [[...ids]], past_key_values, logits_to_keep: 1 };
      return (await timed(() => model.forward(input))).ms;
    };
    const figures: Figures = { prompt: await read(prompt) };
    for (const time of ["new", "again"]) {
      const steps: number[] = [];
      for (const token of tokens) steps.push(await read([token]));
      figures[time] = median(steps);
    }
    return figures;
  } finally {
    past_key_values.dispose();
  }
}
