import { InternVLError, type Tensor } from "@internvl/core";
import type { TokenRows } from "./engine.js";

/** Rows of plain numbers, all of one length. @throws InternVLError `INPUT_INVALID` */
export function toRows(value: TokenRows, name: string): number[][] {
  const rows = "dims" in value ? tensorRows(value, name) : value.map((row) => [...row]);
  if (rows.length === 0 || rows[0]!.length === 0) {
    throw new InternVLError("INPUT_INVALID", { what: `${name} is empty`, expected: "at least one row with one token" });
  }
  const odd = rows.findIndex((row) => row.length !== rows[0]!.length);
  if (odd !== -1) {
    throw new InternVLError("INPUT_INVALID", {
      what: `The rows of ${name} differ in length`,
      expected: `${rows[0]!.length} as in row 0`,
      got: `${rows[odd]!.length} in row ${odd}`,
      fix: "Call the processor with { padding: true }.",
    });
  }
  return rows;
}

function tensorRows(tensor: Tensor, name: string): number[][] {
  if (tensor.dims.length !== 2) {
    throw new InternVLError("INPUT_INVALID", {
      what: `${name} has the wrong number of dimensions`,
      expected: "[batch, length]",
      got: `[${tensor.dims.join(", ")}]`,
    });
  }
  const [batch, length] = tensor.dims as [number, number];
  const data = Array.from(tensor.data as ArrayLike<number | bigint>, Number);
  return Array.from({ length: batch }, (_, row) => data.slice(row * length, (row + 1) * length));
}

/** Refuses token ids outside of the vocabulary, which a graph would answer with garbage or a crash. */
export function assertTokenIds(rows: readonly (readonly number[])[], vocabularySize: number): void {
  for (const [row, ids] of rows.entries()) {
    const column = ids.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= vocabularySize);
    if (column === -1) continue;
    throw new InternVLError("INPUT_INVALID", {
      what: `input_ids has a token id that the model does not know, in row ${row} at ${column}`,
      expected: `0 to ${vocabularySize - 1}`,
      got: String(ids[column]),
      fix: "Use the processor of the same model.",
    });
  }
}

/** 1 for tokens and 0 for padding, in the shape of `input_ids`. */
export function toMask(value: TokenRows, batch: number, length: number): number[][] {
  const rows = toRows(value, "attention_mask");
  if (rows.length !== batch || rows[0]!.length !== length) {
    throw new InternVLError("INPUT_INVALID", {
      what: "attention_mask does not fit input_ids",
      expected: `[${batch}, ${length}]`,
      got: `[${rows.length}, ${rows[0]!.length}]`,
    });
  }
  return rows;
}

/** Counts tokens, leaving padding out; padding itself gets 1, as in Transformers. */
export function positionsOf(mask: readonly (readonly number[])[]): number[][] {
  return mask.map((row) => {
    let next = 0;
    return row.map((visible) => (visible ? next++ : 1));
  });
}

/** Refuses anything but float32 `[tiles, 3, size, size]`. */
export function assertPixelValues(pixel_values: Tensor, size: number): void {
  const [tiles, channels, height, width] = pixel_values.dims;
  const fits = pixel_values.dims.length === 4 && tiles! > 0 && channels === 3 && height === size && width === size;
  if (pixel_values.type === "float32" && fits) return;
  throw new InternVLError("INPUT_INVALID", {
    what: "pixel_values does not fit the vision encoder",
    expected: `float32 [tiles, 3, ${size}, ${size}]`,
    got: `${pixel_values.type} [${pixel_values.dims.join(", ")}]`,
    fix: "Use the processor of the same model.",
  });
}
