import type { InternVL2_5Config } from "@internvl/config";
import { counted, listing, POSITION_EMBEDDING_NAME, patchesOfTile } from "./checkpoint/index.js";
import type { OpenWeights } from "./open.js";
import { positionGrid } from "./positions/resize.js";

/** What of a checkpoint is not as in the published ones, a line each, for a person to know before converting. */
export function unusualPoints(config: InternVL2_5Config, weights: OpenWeights): string[] {
  const { checkpoint, tensors, unused, trained } = weights;
  const { select_layer, pixel_shuffle_version, downsample_ratio, num_image_token } = config;
  const dtypes = Object.keys(checkpoint.totals().dtypes);
  const points: [boolean, string][] = [
    [select_layer !== -1, `image features are taken from hidden state ${select_layer}, not from the last layer`],
    [pixel_shuffle_version === "v1", "pixel_shuffle v1, which swaps rows and columns: Transformers cannot compute it"],
    [num_image_token !== 256, `a tile is ${num_image_token} tokens, not 256 (downsample_ratio ${downsample_ratio})`],
    [unused.length > 0, `${counted(unused.length, "tensor")} that the network does not have: ${listing(unused)}`],
    [trained !== undefined, `LoRA beside its weights, from fine-tuning (${ranksOf(trained)}): it will be merged`],
    [dtypes.length > 1, `tensors of several dtypes: ${dtypes.join(", ")}`],
    resized(config, tensors),
  ];
  return points.filter(([applies]) => applies).map(([, point]) => point);
}

function ranksOf(trained: OpenWeights["trained"]): string {
  return Object.entries(trained?.ranks ?? {})
    .map(([field, rank]) => `${field} ${rank}`)
    .join(", ");
}

function resized(config: InternVL2_5Config, tensors: OpenWeights["tensors"]): [boolean, string] {
  const from = positionGrid(tensors.get(POSITION_EMBEDDING_NAME).shape) ?? 0;
  const { patch_size } = config.vision_config;
  const sizes = [from * patch_size, config.image_size];
  return [
    from !== patchesOfTile(config),
    `position embeddings for ${sizes[0]} pixels are resized to tiles of ${sizes[1]}`,
  ];
}
