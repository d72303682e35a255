import { InternVLError } from "@internvl/core";
import type { WeightSource } from "../checkpoint/tensor.js";
import { asUint16, asUint32, widenBfloat16, widenFloat16 } from "./floats.js";

/** Writes the float32 bits of all elements in `bytes` to the beginning of `target`. */
export type Widen = (bytes: Uint8Array, target: Uint32Array) => void;

/** @throws InternVLError `CHECKPOINT_INVALID` for a dtype that is no float of 16 or 32 bits */
export function widener({ name, dtype }: Pick<WeightSource, "name" | "dtype">): Widen {
  switch (dtype) {
    case "F32":
      return (bytes, target) => target.set(asUint32(bytes));
    case "BF16":
      return (bytes, target) => widenBfloat16(asUint16(bytes), target);
    case "F16":
      return (bytes, target) => widenFloat16(asUint16(bytes), target);
    default:
      throw new InternVLError("CHECKPOINT_INVALID", {
        what: `Tensor ${name} has a dtype that weights are not converted from`,
        expected: "F32, F16 or BF16",
        got: dtype,
        fix: "Save the checkpoint again in bfloat16, float16 or float32.",
      });
  }
}
