import type { Dtype } from "@internvl/config";
import { type Session, Tensor } from "@internvl/core";
import {
  embedTile,
  imageFeatures,
  type Rows,
  visionLayer,
  visionLayerCount,
  type Weights,
} from "../reference/index.js";
import { type Compared, rowsOf } from "./compare.js";
import type { OriginalModel } from "./graph.js";
import { sampledLayers } from "./limits.js";
import { checkPixels } from "./picture.js";

/** Tokens that are compared: the class token and the first patches; the first features. */
const TOKENS = 16;

/** Parts of the vision encoder of `config`, for progress. */
export function visionParts({ config }: OriginalModel): number {
  return sampledLayers(visionLayerCount(config)).length + 2;
}

/**
 * The vision encoder over one picture: each part gets the graph's own state before it.
 *
 * @param keep is given the picture's first features
 */
export async function* compareVision(
  session: Session,
  dtype: Dtype,
  { config }: OriginalModel,
  weights: Weights,
  keep: (features: Rows) => void,
): AsyncGenerator<Compared> {
  const { num_channels } = config.vision_config;
  const size = config.image_size;
  const last = visionLayerCount(config);
  const layers = sampledLayers(last);
  const pixels = checkPixels(num_channels, size);
  const states = [...new Set([0, ...layers.flatMap((layer) => [layer, layer + 1]), last])];
  const outputs = await session.run(
    { pixel_values: new Tensor("float32", pixels, [1, num_channels, size, size]) },
    { fetches: [...states.map((index) => `hidden_states.${index}`), "image_features"] },
  );
  const state = (index: number, count?: number) => rowsOf(outputs[`hidden_states.${index}`]!, 0, count);

  yield {
    part: "embedding",
    // Patches and positions are never quantised.
    dtype: dtype === "fp16" ? dtype : "fp32",
    actual: state(0, TOKENS),
    expected: await embedTile(weights, config, pixels, TOKENS),
  };
  for (const layer of layers) {
    const before = state(layer);
    const expected = await visionLayer(weights, config.vision_config, layer, before, Math.min(TOKENS, before.count));
    yield { part: "layer", layer, dtype, actual: state(layer + 1, TOKENS), expected, before };
  }
  const features = rowsOf(outputs["image_features"]!);
  keep(features.slice(0, Math.min(TOKENS, features.count)));
  const expected = await imageFeatures(weights, config, state(last), Math.min(TOKENS, features.count));
  yield { part: "projector", dtype, actual: features, expected };
}
