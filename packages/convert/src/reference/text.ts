import type { TextConfig } from "@internvl/config";
import { rmsNorm } from "./functions.js";
import { internlm2Layer } from "./internlm2.js";
import { qwen2Layer } from "./qwen2.js";
import type { Rows } from "./rows.js";
import type { Weights } from "./weights.js";

/** What a language model calls its embedding and its output layer. */
const NAMES: Readonly<Record<TextConfig["model_type"], { embedding: string; output: string }>> = {
  qwen2: { embedding: "language_model.model.embed_tokens.weight", output: "language_model.lm_head.weight" },
  internlm2: { embedding: "language_model.model.tok_embeddings.weight", output: "language_model.output.weight" },
};

/** Token ids -> `[ids, hidden]`. */
export function embedTokens(weights: Weights, config: TextConfig, ids: readonly number[]): Promise<Rows> {
  return weights.rows(NAMES[config.model_type].embedding, ids);
}

/** Layer `index`: `x [tokens, hidden]`, the whole sequence so far, and its `rotaryAngles` -> `[tokens, hidden]`. */
export function textLayer(weights: Weights, config: TextConfig, index: number, x: Rows, angles: Rows): Promise<Rows> {
  const layer = weights.under(`language_model.model.layers.${index}`);
  return config.model_type === "internlm2"
    ? internlm2Layer(layer, config, x, angles)
    : qwen2Layer(layer, config, x, angles);
}

/** The norm after the last layer. */
export async function finalNorm(weights: Weights, config: TextConfig, x: Rows): Promise<Rows> {
  return rmsNorm(x, await weights.vector("language_model.model.norm.weight"), config.rms_norm_eps);
}

/** `[tokens, hidden]`, after the final norm -> logits `[tokens, vocabulary]`. Without a matrix of its own it is the embedding. */
export function outputLayer(weights: Weights, config: TextConfig, x: Rows): Promise<Rows> {
  const { embedding, output } = NAMES[config.model_type];
  return weights.multiply(x, weights.has(output) ? output : embedding);
}
