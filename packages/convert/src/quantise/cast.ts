import { InternVLError } from "@internvl/core";
import { rowView, type WeightSource } from "../checkpoint/index.js";
import type { SafetensorsDtype } from "../safetensors/dtype.js";
import { narrowToBfloat16, narrowToFloat16 } from "./floats.js";
import { widener } from "./widen.js";

/**
 * `source` in another float dtype, row by row: widened exactly, or rounded to the nearest (ties to even).
 *
 * @throws InternVLError `CHECKPOINT_INVALID` for a dtype that is no float of 16 or 32 bits; `CONVERSION_FAILED` while
 *   reading a number that float16 cannot hold
 */
export function castTo(dtype: SafetensorsDtype, source: WeightSource): WeightSource {
  if (source.dtype === dtype) return source;
  const widen = widener(source);
  return rowView({
    name: source.name,
    dtype,
    shape: source.shape,
    async rows(start, end, options) {
      const bytes = await source.rows(start, end, options);
      const wide = new Uint32Array(source.dtype === "F32" ? bytes.byteLength / 4 : bytes.byteLength / 2);
      widen(bytes, wide);
      return dtype === "F32" ? bytesOf(wide) : bytesOf(narrow(source.name, dtype, wide));
    },
  });
}

function narrow(name: string, dtype: SafetensorsDtype, wide: Uint32Array): Uint16Array {
  const narrow = new Uint16Array(wide.length);
  if (dtype === "BF16") {
    narrowToBfloat16(wide, narrow);
    return narrow;
  }
  const overflow = dtype === "F16" ? narrowToFloat16(wide, narrow) : 0;
  if (overflow === -1) return narrow;
  throw new InternVLError("CONVERSION_FAILED", {
    what: `Tensor ${name} cannot be written as ${dtype}`,
    expected: "a number that fits",
    got: String(new Float32Array(wide.buffer)[overflow]),
    fix: "Keep the tensor in BF16 or F32.",
  });
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint16Array | Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
