import { expNonPositive } from "./exp.js";
import { nothingLeft, notNumbers, type Place } from "./not-numbers.js";
import type { Random } from "./random.js";

/**
 * The token with the highest score; of several, the one with the lowest id.
 *
 * @param place named in errors
 * @throws InternVLError `RUNTIME_FAILED` (scores that are no numbers), `INPUT_INVALID` (every token is ruled out)
 */
export function argmax(scores: Float32Array, place?: Place): number {
  const { length } = scores;
  let best = -1;
  let highest = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < length; id++) {
    // Nearly all of a vocabulary is below: four tests with one way out take a third of the time. NaN fails each.
    while (
      id + 3 < length &&
      scores[id]! <= highest &&
      scores[id + 1]! <= highest &&
      scores[id + 2]! <= highest &&
      scores[id + 3]! <= highest
    ) {
      id += 4;
    }
    if (id === length) break;
    const score = scores[id]!;
    if (score > highest) {
      highest = score;
      best = id;
    } else if (Number.isNaN(score)) {
      throw notNumbers(place);
    }
  }
  if (highest === Number.POSITIVE_INFINITY) throw notNumbers(place);
  if (best === -1) throw nothingLeft(place);
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
  draw(scores: Float32Array, random: Random, place?: Place): number {
    const highest = scores[argmax(scores, place)]!;
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
