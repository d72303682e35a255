import { InternVLError, type Tensor } from "@internvl/core";
import type { TokenIds } from "./types.js";

/** Plain numbers from whatever a model returned. @throws InternVLError `INPUT_INVALID` for what is not ids */
export function toNumbers(ids: TokenIds): number[] {
  const values = isTensor(ids) ? ids.data : ids;
  if (!Array.isArray(values) && !ArrayBuffer.isView(values)) {
    throw new InternVLError("INPUT_INVALID", {
      what: "Token ids are missing",
      expected: "a list",
      got: String(values),
    });
  }
  return Array.from(values as ArrayLike<number | bigint>, (id) => {
    if (typeof id === "bigint" || Number.isInteger(id)) return Number(id);
    throw new InternVLError("INPUT_INVALID", {
      what: "A token id is not an integer",
      got: Array.isArray(id) ? "a list" : String(id),
      fix: "Use batch_decode for several sequences.",
    });
  });
}

/** The rows of a batch: a list of sequences, or a tensor `[batch, length]`. */
export function toRows(sequences: readonly TokenIds[] | Tensor): readonly TokenIds[] {
  if (!isTensor(sequences)) return sequences;
  const [rows, width] = sequences.dims;
  if (sequences.dims.length !== 2 || rows === undefined || width === undefined) {
    throw new InternVLError("INPUT_INVALID", {
      what: "A tensor of sequences has the wrong shape",
      expected: "[batch, length]",
      got: `[${sequences.dims.join(", ")}]`,
    });
  }
  const ids = toNumbers(sequences);
  return Array.from({ length: rows }, (_, row) => ids.slice(row * width, (row + 1) * width));
}

// By its shape: a program may hold several copies of the class.
function isTensor(value: unknown): value is Tensor {
  return typeof value === "object" && value !== null && "dims" in value && "data" in value;
}
