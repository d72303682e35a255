import { InternVLError } from "@internvl/core";

/** What the rotary tables need of a text config. */
export interface RotaryConfig {
  /** Width of a head: the rotation turns pairs `(i, i + head_dim / 2)`. */
  head_dim: number;
  rope_theta: number;
  rope_scaling?: { rope_type?: string; type?: string; [key: string]: unknown } | null;
}

export interface RotaryTables {
  /** `[positions.length, head_dim / 2]`, row-major. */
  cos: Float32Array;
  sin: Float32Array;
}

/**
 * Rows of the rotary tables for these positions (Su et al. 2021, "RoFormer"; the layout of Transformers'
 * `rotate_half`). The graph is fed with rows instead of holding a table, so that a scaling that changes the base with
 * the length is a function here and not another graph.
 *
 * Every step is rounded to float32 as PyTorch rounds it: at position 4000 an angle in float64 differs by 2e-4.
 */
export function rotaryTables(positions: ArrayLike<number>, config: RotaryConfig): RotaryTables {
  const half = config.head_dim / 2;
  const frequencies = inverseFrequencies(config);
  const cos = new Float32Array(positions.length * half);
  const sin = new Float32Array(positions.length * half);
  for (let row = 0; row < positions.length; row++) {
    const position = positions[row]!;
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(position * frequencies[i]!);
      cos[row * half + i] = Math.cos(angle);
      sin[row * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}

function inverseFrequencies({ head_dim, rope_theta, rope_scaling }: RotaryConfig): Float32Array {
  const type = rope_scaling?.rope_type ?? rope_scaling?.type ?? "default";
  if (type !== "default") {
    throw new InternVLError("UNSUPPORTED", {
      what: "The model's rotary embedding has a scaling that is not built yet",
      expected: 'rope_scaling null or "default"',
      got: JSON.stringify(type),
    });
  }
  return Float32Array.from(
    { length: head_dim / 2 },
    (_, i) => 1 / Math.fround(rope_theta ** Math.fround((2 * i) / head_dim)),
  );
}
