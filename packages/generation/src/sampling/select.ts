import { InternVLError } from "@internvl/core";
import { expNonPositive } from "./exp.js";
import type { Random } from "./random.js";

/**
 * The token with the highest score; of several, the one with the lowest id.
 *
 * @throws InternVLError `RUNTIME_FAILED` (scores that are no numbers), `INPUT_INVALID` (every token is ruled out)
 */
export function argmax(scores: Float32Array): number {
  let best = -1;
  let highest = Number.NEGATIVE_INFINITY;
  let invalid = false;
  for (let id = 0; id < scores.length; id++) {
    const score = scores[id]!;
    if (score > highest) {
      highest = score;
      best = id;
    }
    // biome-ignore lint/suspicious/noSelfCompare: the quickest test for NaN, once for each token of the vocabulary.
    if (score !== score) invalid = true;
  }
  if (invalid || highest === Number.POSITIVE_INFINITY) throw notNumbers();
  if (best === -1) {
    throw new InternVLError("INPUT_INVALID", {
      what: "No token is left to choose: processors ruled out the whole vocabulary",
      fix: "Loosen no_repeat_ngram_size, min_new_tokens or your own logits processors.",
    });
  }
  return best;
}

/** Draws a token from softmax(scores): the inverse of the cumulative distribution in ascending id, in float64. */
export class Sampler {
  readonly #ids: Int32Array;
  readonly #cumulative: Float64Array;

  constructor(vocab_size: number) {
    this.#ids = new Int32Array(vocab_size);
    this.#cumulative = new Float64Array(vocab_size);
  }

  /** @throws InternVLError as `argmax` */
  draw(scores: Float32Array, random: Random): number {
    const highest = scores[argmax(scores)]!;
    let count = 0;
    let total = 0;
    for (let id = 0; id < scores.length; id++) {
      const score = scores[id]!;
      // Most tokens, after top_k.
      if (score === Number.NEGATIVE_INFINITY) continue;
      const weight = expNonPositive(score - highest);
      if (weight === 0) continue;
      total += weight;
      this.#ids[count] = id;
      this.#cumulative[count] = total;
      count++;
    }
    const target = random() * total;
    let drawn = 0;
    // The last token needs no test: `target` may round up to `total`.
    while (drawn < count - 1 && this.#cumulative[drawn]! <= target) drawn++;
    return this.#ids[drawn]!;
  }
}

function notNumbers(): InternVLError {
  return new InternVLError("RUNTIME_FAILED", {
    what: "The logits hold values that are no numbers",
    expected: "finite numbers or -Infinity",
    got: "NaN or Infinity",
    fix: "Try a dtype with a wider range (fp32 instead of fp16), a higher temperature, or check your logits processors.",
  });
}
