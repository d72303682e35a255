import type { GraphBuilder, Value } from "@internvl/onnx";
import type { Layers } from "../layers/layers.js";

/** PyTorch's default, which `mlp1.0` has; the vision tower's own epsilon is smaller. */
const LAYER_NORM_EPSILON = 1e-5;

/**
 * Space to depth: `[tiles, side * side, C]` -> `[tiles, (side * ratio)^2, C / ratio^2]`, fewer and wider tokens.
 *
 * Reference: `InternVLChatModel.pixel_shuffle`, step by step. Version v1 leaves rows and columns swapped; v2 swaps back.
 */
export function pixelShuffle(g: GraphBuilder, x: Value, side: number, ratio: number, version: "v1" | "v2"): Value {
  const channels = x.shape[2] as number;
  const small = side * ratio;
  x = g.reshape(x, ["tiles", side, small, channels / ratio]);
  x = g.transpose(x, [0, 2, 1, 3]);
  x = g.reshape(x, ["tiles", small, small, channels / ratio ** 2]);
  if (version === "v2") x = g.transpose(x, [0, 2, 1, 3]);
  return g.reshape(x, ["tiles", small * small, channels / ratio ** 2]);
}

/** `mlp1`: LayerNorm, Linear, GELU (exact), Linear -> `[tiles, tokens, hidden of the language model]`. */
export function projector(layers: Layers, x: Value): Value {
  return layers.module("mlp1", (mlp) => {
    const widened = mlp.linear(mlp.layerNorm(x, "0", LAYER_NORM_EPSILON), "1");
    return mlp.linear(mlp.g.gelu(widened), "3");
  });
}
