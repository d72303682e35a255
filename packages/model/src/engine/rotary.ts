import type { TextConfig } from "@internvl/config";
import { InternVLError } from "@internvl/core";

/** What the rotary tables need of a text config. `head_dim`: the rotation turns pairs `(i, i + head_dim / 2)`. */
export type RotaryConfig = Pick<TextConfig, "head_dim" | "max_position_embeddings" | "rope_scaling" | "rope_theta">;

export interface RotaryTables {
  /** `[positions.length, head_dim / 2]`, row-major. */
  cos: Float32Array;
  sin: Float32Array;
}

/** What a kind of scaling changes about angle `position * theta ** (-2 i / head_dim)`. */
interface Scaling {
  /** The base of the frequencies, float64. */
  theta(config: RotaryConfig, factor: number, length: number): number;
  /** Every position is divided by this. */
  divisor(factor: number): number;
}

const NONE: Scaling = { theta: ({ rope_theta }) => rope_theta, divisor: () => 1 };

/** By `rope_type`. Reference: the classes `InternLM2…RotaryEmbedding` of OpenGVLab's `modeling_internlm2.py`. */
const SCALINGS: Readonly<Record<string, Scaling>> = {
  linear: { ...NONE, divisor: (factor) => factor },
  dynamic: { ...NONE, theta: dynamicTheta },
};

/**
 * Rows of the rotary tables for these positions (Su et al. 2021, "RoFormer"; the layout of Transformers'
 * `rotate_half`). The graph is fed with rows instead of holding a table, so that a scaling that changes the base with
 * the length is a function here and not another graph.
 *
 * Every step is rounded to float32 as PyTorch rounds it: at position 4000 an angle in float64 differs by 2e-4.
 *
 * @param length tokens in the cache when the call is done, padding included: all of a prompt, though it is read in
 *   pieces. A dynamic scaling depends on it. Keys that are cached already keep the rotation of the length of their time.
 * @throws InternVLError `UNSUPPORTED` for a scaling that is not built
 */
export function rotaryTables(positions: ArrayLike<number>, config: RotaryConfig, length: number): RotaryTables {
  const half = config.head_dim / 2;
  const factor = config.rope_scaling?.factor ?? 1;
  const scaling = scalingOf(config);
  const frequencies = inverseFrequencies(config.head_dim, scaling.theta(config, factor, length));
  const divisor = scaling.divisor(factor);
  const cos = new Float32Array(positions.length * half);
  const sin = new Float32Array(positions.length * half);
  for (let row = 0; row < positions.length; row++) {
    const position = Math.fround(positions[row]! / divisor);
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(position * frequencies[i]!);
      cos[row * half + i] = Math.cos(angle);
      sin[row * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}

/** Whether a prompt of so many tokens, padding included, is rotated for its whole length: otherwise than a part of it. */
export function isStretched({ rope_scaling, max_position_embeddings }: RotaryConfig, length: number): boolean {
  return rope_scaling?.rope_type === "dynamic" && length > max_position_embeddings;
}

/**
 * Dynamic NTK (bloc97 and emozilla 2023): past the trained length the base grows with the length, so that the slowest
 * frequency still covers it and the fastest stay as they are.
 */
function dynamicTheta(config: RotaryConfig, factor: number, length: number): number {
  const { head_dim, max_position_embeddings: trained, rope_theta } = config;
  if (length <= trained) return rope_theta;
  return rope_theta * ((factor * length) / trained - (factor - 1)) ** (head_dim / (head_dim - 2));
}

/** `theta ** (-2 i / head_dim)` for `i` below `head_dim / 2`. */
function inverseFrequencies(head_dim: number, theta: number): Float32Array {
  const base = Math.fround(theta);
  return Float32Array.from(
    { length: head_dim / 2 },
    (_, i) => 1 / Math.fround(base ** Math.fround((2 * i) / head_dim)),
  );
}

function scalingOf({ rope_scaling }: RotaryConfig): Scaling {
  if (rope_scaling === null) return NONE;
  const { rope_type } = rope_scaling;
  const scaling = Object.hasOwn(SCALINGS, rope_type) ? SCALINGS[rope_type] : undefined;
  if (scaling !== undefined) return scaling;
  throw new InternVLError("UNSUPPORTED", {
    what: "The model's rotary embedding has a scaling that is not built yet",
    expected: `rope_scaling null or one of ${Object.keys(SCALINGS).join(", ")}`,
    got: JSON.stringify(rope_type),
  });
}
