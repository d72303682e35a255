import { align } from "../align.js";
import type { Loss } from "./loss.js";

const HEADER = ["dtype", "MB", "tok/s", "tokens same", "answers same", "|logit| mean", "max", "KL", "features' cosine"];

/** One line a dtype. */
export function lossTable(losses: readonly Loss[]): string {
  const rows = losses.map((loss) => [
    loss.dtype,
    (loss.bytes / 1e6).toFixed(2),
    loss.tokens_per_second.toFixed(0),
    `${loss.tokens_same.toFixed(2)}%`,
    `${loss.answers_same.toFixed(1)}%`,
    loss.logit_distance_mean.toPrecision(2),
    loss.logit_distance_max.toPrecision(2),
    loss.divergence.toExponential(1),
    loss.feature_cosine_min.toFixed(6),
  ]);
  return align([HEADER, ...rows], 1);
}
