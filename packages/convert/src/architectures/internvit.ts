import type { InternVL2_5Config, InternVL2_5VisionConfig } from "@internvl/config";
import type { Value } from "@internvl/onnx";
import type { Layers } from "../layers/layers.js";
import { pixelShuffle, projector } from "./projector.js";

/**
 * The graph `vision_encoder`: InternViT, pixel shuffle and projector.
 *
 * Reference: OpenGVLab's `modeling_intern_vit.py` and `InternVLChatModel.extract_feature`. InternViT is a ViT (Dosovitskiy
 * et al. 2021) with LayerScale and without a norm at its end. It comes in two forms: 300M with LayerNorm, and 6B with
 * RMSNorm and norms over queries and keys.
 *
 * pixel_values float32 `[tiles, 3, size, size]` -> image_features float32 `[tiles, tokens, hidden of the language model]`.
 * `hidden_states.0` is the embedding and `hidden_states.N` what layer N gives, float32 `[tiles, 1 + patches, hidden]`.
 */
export function buildVisionEncoder(layers: Layers, config: InternVL2_5Config): void {
  const { g } = layers;
  const vision = config.vision_config;
  const size = config.image_size;
  const pixel_values = g.input("pixel_values", "float32", ["tiles", vision.num_channels, size, size]);

  let hidden = layers.module("vision_model", (model) => {
    let states = model.module("embeddings", (embeddings) => embed(embeddings, pixel_values, vision, size));
    model.hiddenState(0, () => states);
    for (let index = 0; index < layersUntil(config); index++) {
      states = model.module(`encoder.layers.${index}`, (layer) => encoderLayer(layer, states, vision));
      model.hiddenState(index + 1, () => states);
    }
    return states;
  });

  // Without the class token.
  const side = size / vision.patch_size;
  hidden = g.slice(hidden, { axis: 1, start: 1, end: 1 + side * side });
  hidden = pixelShuffle(g, hidden, side, config.downsample_ratio, config.pixel_shuffle_version);
  g.output("image_features", projector(layers, hidden));
}

/** How many layers come before the hidden state that `select_layer` means: -1 is the last, as in Python's lists. */
function layersUntil({ select_layer, vision_config }: InternVL2_5Config): number {
  return select_layer < 0 ? vision_config.num_hidden_layers + 1 + select_layer : select_layer;
}

/** Patches, the class token before them, and positions -> `[tiles, 1 + patches, hidden]`. */
function embed(layers: Layers, pixel_values: Value, config: InternVL2_5VisionConfig, size: number): Value {
  const { g } = layers;
  const { hidden_size, patch_size } = config;
  const patches = (size / patch_size) ** 2;
  const weight = layers.parameter("patch_embedding.weight");
  const bias = layers.parameter("patch_embedding.bias");
  let x = g.conv(pixel_values, weight, bias, { strides: [patch_size, patch_size] });
  x = g.reshape(x, ["tiles", hidden_size, patches]);
  x = g.transpose(x, [0, 2, 1]);
  const classToken = g.expand(
    layers.parameter("class_embedding"),
    ["tiles", 1, hidden_size],
    g.shapeOf([g.dim(x, 0), 1, hidden_size]),
  );
  return g.add(g.concat([classToken, x], 1), layers.parameter("position_embedding"));
}

function encoderLayer(layer: Layers, x: Value, config: InternVL2_5VisionConfig): Value {
  const { g } = layer;
  const attended = layer.module("attn", (attn) => attention(attn, norm(layer, x, "norm1", config), config));
  const middle = g.add(x, g.mul(attended, layer.parameter("ls1")));
  const mapped = layer.module("mlp", (mlp) => feedForward(mlp, norm(layer, middle, "norm2", config)));
  return g.add(middle, g.mul(mapped, layer.parameter("ls2")));
}

function attention(attn: Layers, x: Value, config: InternVL2_5VisionConfig): Value {
  const { g } = attn;
  const { hidden_size, num_attention_heads, layer_norm_eps } = config;
  let [q, k, v] = g.split(attn.linear(x, "qkv"), 2, [hidden_size, hidden_size, hidden_size]);
  if (config.qk_normalization) {
    // Over the whole width, before it is split into heads.
    q = attn.rmsNorm(q!, "q_norm", layer_norm_eps);
    k = attn.rmsNorm(k!, "k_norm", layer_norm_eps);
  }
  return attn.linear(g.multiHeadAttention(q!, k!, v!, { num_heads: num_attention_heads }), "proj");
}

function feedForward(mlp: Layers, x: Value): Value {
  return mlp.linear(mlp.g.gelu(mlp.linear(x, "fc1")), "fc2");
}

function norm(layer: Layers, x: Value, name: string, { norm_type, layer_norm_eps }: InternVL2_5VisionConfig): Value {
  return norm_type === "rms_norm" ? layer.rmsNorm(x, name, layer_norm_eps) : layer.layerNorm(x, name, layer_norm_eps);
}
