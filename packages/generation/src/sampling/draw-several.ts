import { InternVLError } from "@internvl/core";
import { expNonPositive } from "./exp.js";
import type { Random } from "./random.js";
import { argmax } from "./select.js";

/**
 * Draws `count` different indices from softmax(scores), in the order drawn: each as `Sampler` draws one, from what is left.
 *
 * @throws InternVLError `INPUT_INVALID` when fewer can be drawn, else as `argmax`
 */
export function drawSeveral(scores: Float32Array, count: number, random: Random): number[] {
  const highest = scores[argmax(scores)]!;
  const ids: number[] = [];
  const weights: number[] = [];
  for (let id = 0; id < scores.length; id++) {
    const weight = scores[id] === Number.NEGATIVE_INFINITY ? 0 : expNonPositive(scores[id]! - highest);
    if (weight === 0) continue;
    ids.push(id);
    weights.push(weight);
  }
  if (ids.length < count) throw tooFew(ids.length, count);
  return Array.from({ length: count }, () => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const target = random() * total;
    let drawn = 0;
    for (let sum = weights[0]!; drawn < ids.length - 1 && sum <= target; ) sum += weights[++drawn]!;
    weights.splice(drawn, 1);
    return ids.splice(drawn, 1)[0]!;
  });
}

function tooFew(left: number, count: number): InternVLError {
  return new InternVLError("INPUT_INVALID", {
    what: "Too few tokens are left for the beams to go on with",
    expected: `at least ${count} that can be drawn`,
    got: String(left),
    fix: "Loosen top_k, top_p and the other options that rule tokens out, or lower num_beams.",
  });
}
