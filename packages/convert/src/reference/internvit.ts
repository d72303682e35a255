import type { InternVL2_5Config, InternVL2_5VisionConfig } from "@internvl/config";
import { attention } from "./attention.js";
import { gelu, layerNorm, rmsNorm } from "./functions.js";
import { Rows } from "./rows.js";
import type { Weights } from "./weights.js";

/** How many layers InternViT computes: up to the hidden state that `select_layer` names, -1 being the last. */
export function visionLayerCount({ select_layer, vision_config }: InternVL2_5Config): number {
  return select_layer < 0 ? vision_config.num_hidden_layers + 1 + select_layer : select_layer;
}

/**
 * The first `count` tokens of one tile: the class token, then the patches row by row, each with its position.
 *
 * @param pixels `[channels, size, size]`
 * @returns `[count, hidden]`
 */
export async function embedTile(
  weights: Weights,
  config: InternVL2_5Config,
  pixels: ArrayLike<number>,
  count: number = Number.POSITIVE_INFINITY,
): Promise<Rows> {
  const { patch_size, num_channels, hidden_size } = config.vision_config;
  const size = config.image_size;
  const side = size / patch_size;
  const tokens = Math.min(count, 1 + side * side);
  const embeddings = weights.under("vision_model.embeddings");

  // A convolution whose windows do not overlap: every patch is one row, every kernel one row of a matrix.
  const patches = new Rows(tokens - 1, num_channels * patch_size * patch_size);
  for (let patch = 0; patch < patches.count; patch++) {
    const [top, left] = [Math.floor(patch / side) * patch_size, (patch % side) * patch_size];
    const row = patches.row(patch);
    let next = 0;
    for (let channel = 0; channel < num_channels; channel++) {
      for (let y = 0; y < patch_size; y++) {
        for (let x = 0; x < patch_size; x++) row[next++] = pixels[(channel * size + top + y) * size + left + x]!;
      }
    }
  }
  const embedded = new Rows(tokens, hidden_size);
  embedded.data.set(await embeddings.vector("class_embedding"));
  embedded.data.set((await embeddings.linear(patches, "patch_embedding")).data, hidden_size);
  const positions = await embeddings.vector("position_embedding");
  return embedded.plus(Rows.of(positions.subarray(0, tokens * hidden_size), hidden_size));
}

/**
 * Layer `index` of InternViT: attention and feed-forward, each over a norm, scaled and added.
 *
 * @param x `[tokens, hidden]`, all tokens of a tile, because each sees every other
 * @param kept how many of the first tokens are computed -> `[kept, hidden]`
 */
export async function visionLayer(
  weights: Weights,
  config: InternVL2_5VisionConfig,
  index: number,
  x: Rows,
  kept: number = x.count,
): Promise<Rows> {
  const layer = weights.under(`vision_model.encoder.layers.${index}`);
  const scaled = async (delta: Rows, name: string) => {
    const scale = await layer.vector(name);
    return delta.map((value, column) => value * scale[column]!);
  };
  const attended = await selfAttention(layer.under("attn"), config, await norm(layer, config, "norm1", x), kept);
  const middle = x.slice(0, kept).plus(await scaled(attended, "ls1"));
  const widened = await layer.linear(await norm(layer, config, "norm2", middle), "mlp.fc1");
  const mapped = await layer.linear(widened.map(gelu), "mlp.fc2");
  return middle.plus(await scaled(mapped, "ls2"));
}

async function selfAttention(attn: Weights, config: InternVL2_5VisionConfig, x: Rows, kept: number): Promise<Rows> {
  const { hidden_size: C, num_attention_heads: heads, qk_normalization, layer_norm_eps } = config;
  // One matrix: the rows of all queries, of all keys, of all values.
  let query = await attn.linear(x.slice(0, kept), "qkv", { start: 0, end: C });
  let key = await attn.linear(x, "qkv", { start: C, end: 2 * C });
  const value = await attn.linear(x, "qkv", { start: 2 * C, end: 3 * C });
  if (qk_normalization) {
    query = rmsNorm(query, await attn.vector("q_norm.weight"), layer_norm_eps);
    key = rmsNorm(key, await attn.vector("k_norm.weight"), layer_norm_eps);
  }
  return attn.linear(
    attention({ query, key, value }, { heads, keyHeads: heads }, () => x.count),
    "proj",
  );
}

async function norm(layer: Weights, config: InternVL2_5VisionConfig, name: string, x: Rows): Promise<Rows> {
  const weight = await layer.vector(`${name}.weight`);
  if (config.norm_type === "rms_norm") return rmsNorm(x, weight, config.layer_norm_eps);
  return layerNorm(x, weight, await layer.vector(`${name}.bias`), config.layer_norm_eps);
}
