import { type Session, Tensor } from "@internvl/core";
import { normalPair, randomBits } from "../random.js";

/** Below any score. */
const HIDDEN = -1e9;

/** What a form asks for: zero for the mask of the cache, causal for masks of new tokens, and random numbers for the rest. */
export function feedsFor({ inputs }: Pick<Session, "inputs">): Record<string, Tensor> {
  return Object.fromEntries(
    inputs.map(({ name, shape }) => {
      const dims = shape.map(Number);
      const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
      if (name === "mask" || name === "newMask") fillCausal(data, dims);
      else if (name !== "pastMask") fillRandom(data, name);
      return [name, new Tensor("float32", data, dims)];
    }),
  );
}

/** Of every `new` rows the first sees the columns of the cache and its own, and each other one more. */
function fillCausal(data: Float32Array, dims: readonly number[]): void {
  const [rows, columns] = dims.slice(-2) as [number, number];
  const fresh = dims.length === 5 ? rows : columns;
  for (let row = 0; row < rows; row++) {
    const seen = columns - fresh + (row % fresh) + 1;
    data.fill(HIDDEN, row * columns + seen, (row + 1) * columns);
  }
}

/** The same numbers for the same name. */
function fillRandom(data: Float32Array, name: string): void {
  const bits = randomBits(name.length);
  for (let index = 0; index + 1 < data.length; index += 2) data.set(normalPair(bits), index);
}
