import type { TextConfig } from "@internvl/config";
import { InternVLError } from "@internvl/core";
import { Rows } from "./rows.js";

/**
 * By how much each pair of a head is turned at each position (Su et al. 2021): `[positions, head_dim / 2]`, in radians.
 * Rounded to float32 where PyTorch rounds: a late position's angle differs by more than a rounding otherwise.
 *
 * @param length tokens of the whole sequence: past the trained length a dynamic NTK scaling stretches the base by it
 */
export function rotaryAngles(config: TextConfig, positions: readonly number[], length: number): Rows {
  const { head_dim, max_position_embeddings: trained, rope_scaling } = config;
  const { rope_type = "default", factor = 1 } = rope_scaling ?? {};
  if (!["default", "linear", "dynamic"].includes(rope_type)) {
    throw new InternVLError("UNSUPPORTED", { what: `The rotary embedding's scaling ${rope_type} cannot be evaluated` });
  }
  let base = config.rope_theta;
  if (rope_type === "dynamic" && length > trained) {
    base *= ((factor * length) / trained - (factor - 1)) ** (head_dim / (head_dim - 2));
  }
  const divisor = rope_type === "linear" ? factor : 1;
  const angles = new Rows(positions.length, head_dim / 2);
  for (const [row, position] of positions.entries()) {
    for (let i = 0; i < head_dim / 2; i++) {
      const frequency = Math.fround(1 / Math.fround(Math.fround(base) ** Math.fround((2 * i) / head_dim)));
      angles.row(row)[i] = Math.fround(Math.fround(position / divisor) * frequency);
    }
  }
  return angles;
}

/** Turns the pairs `(i, i + head_dim / 2)` of every head: `[tokens, heads * head_dim]` by `[tokens, head_dim / 2]`. */
export function rotate(x: Rows, angles: Rows): Rows {
  const half = angles.width;
  const turned = new Rows(x.count, x.width);
  for (let token = 0; token < x.count; token++) {
    const [from, to, angle] = [x.row(token), turned.row(token), angles.row(token)];
    for (let head = 0; head < x.width; head += 2 * half) {
      for (let i = 0; i < half; i++) {
        const [first, second] = [from[head + i]!, from[head + half + i]!];
        to[head + i] = first * Math.cos(angle[i]!) - second * Math.sin(angle[i]!);
        to[head + half + i] = second * Math.cos(angle[i]!) + first * Math.sin(angle[i]!);
      }
    }
  }
  return turned;
}
