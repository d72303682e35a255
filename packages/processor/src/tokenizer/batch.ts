import { InternVLError, Tensor } from "@internvl/core";
import type { BatchEncoding, BatchOptions, BatchTensors } from "./types.js";

/** Cuts rows at their end. Returns new rows. */
export function truncateRows(rows: readonly number[][], max_length: number): number[][] {
  return rows.map((row) => row.slice(0, max_length));
}

/** Whether these options ask for a cut. */
export function wantsTruncation({ truncation = false }: Pick<BatchOptions, "truncation">): boolean {
  return truncation !== false && truncation !== "do_not_truncate";
}

/** @throws InternVLError `INPUT_INVALID` unless it is a positive integer (or 1e30, Transformers' "no limit") */
export function checkMaxLength(max_length: number): number {
  if (!(max_length >= 1) || (max_length < 1e30 && !Number.isInteger(max_length))) {
    throw new InternVLError("INPUT_INVALID", {
      what: "max_length cannot be",
      expected: "a positive integer",
      got: String(max_length),
    });
  }
  return max_length;
}

/** Pads rows to one length, if asked to, and says which tokens are real. */
export function padRows(
  rows: readonly number[][],
  options: Pick<BatchOptions, "padding" | "padding_side"> & { max_length: number; pad_token_id: number | null },
): BatchEncoding {
  const { padding = false, padding_side = "left", max_length, pad_token_id } = options;
  const longest = rows.reduce((length, row) => Math.max(length, row.length), 0);
  const target =
    padding === "max_length" ? paddingTarget(max_length) : padding === true || padding === "longest" ? longest : 0;

  const place = (row: readonly number[], fill: number): number[] => {
    const missing = new Array<number>(Math.max(0, target - row.length)).fill(fill);
    return padding_side === "left" ? [...missing, ...row] : [...row, ...missing];
  };
  if (pad_token_id === null && rows.some((row) => row.length < target)) {
    throw new InternVLError("INPUT_INVALID", {
      what: "Padding was asked for, but the tokenizer has no pad token",
      fix: "Name a pad_token in tokenizer_config.json, or do not pad.",
    });
  }
  return {
    input_ids: rows.map((row) => place(row, pad_token_id ?? 0)),
    attention_mask: rows.map((row) => place(new Array<number>(row.length).fill(1), 0)),
  };
}

/** The batch as int64 tensors `[rows, length]`. @throws InternVLError `INPUT_INVALID` when rows differ in length */
export function toTensors(batch: BatchEncoding): BatchTensors {
  return { input_ids: int64(batch.input_ids), attention_mask: int64(batch.attention_mask) };
}

function int64(rows: readonly number[][]): Tensor {
  const width = rows[0]?.length ?? 0;
  const ragged = rows.find((row) => row.length !== width);
  if (ragged !== undefined) {
    throw new InternVLError("INPUT_INVALID", {
      what: "Rows of different lengths do not make one tensor",
      expected: `${width} tokens in every row`,
      got: `a row of ${ragged.length}`,
      fix: "Pass padding: true.",
    });
  }
  return new Tensor("int64", BigInt64Array.from(rows.flat(), BigInt), [rows.length, width]);
}

// Without a bound of its own a tokenizer's model_max_length is 1e30, which nothing can be padded to.
function paddingTarget(max_length: number): number {
  if (max_length <= 2 ** 31) return max_length;
  throw new InternVLError("INPUT_INVALID", {
    what: 'padding: "max_length" needs a length',
    fix: "Pass max_length; this tokenizer has none of its own.",
  });
}
