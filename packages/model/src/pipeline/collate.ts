import { InternVLError, Tensor } from "@internvl/core";
import type { Prepared } from "./prepare.js";

/**
 * Several prepared inputs as one batch: rows padded on the left to one length, pixels one after another.
 *
 * @throws InternVLError `INPUT_INVALID` when rows differ in length and there is no pad token
 */
export function collate(inputs: readonly Prepared[], pad_token_id: number | null): Prepared {
  if (inputs.length === 1) return inputs[0]!;
  const rows = inputs.flatMap(({ input_ids }) => input_ids);
  const masks = inputs.flatMap(({ attention_mask }) => attention_mask);
  const longest = rows.reduce((length, row) => Math.max(length, row.length), 0);
  if (pad_token_id === null && rows.some((row) => row.length < longest)) {
    throw new InternVLError("INPUT_INVALID", {
      what: "Inputs of different lengths cannot go through the model at once: the tokenizer has no pad token",
      fix: "Pass batch_size: 1, or name a pad_token in tokenizer_config.json.",
    });
  }
  const padded = (row: readonly number[], fill: number): number[] => [
    ...new Array<number>(longest - row.length).fill(fill),
    ...row,
  ];
  const pixels = inputs.flatMap(({ pixel_values }) => pixel_values ?? []);
  return {
    input_ids: rows.map((row) => padded(row, pad_token_id ?? 0)),
    attention_mask: masks.map((mask) => padded(mask, 0)),
    ...(pixels.length === 0
      ? {}
      : { pixel_values: concatenate(pixels), num_patches: inputs.flatMap(({ num_patches }) => num_patches ?? []) }),
  };
}

/** float32 tensors `[tiles, …]` along their first axis. */
function concatenate(tensors: readonly Tensor[]): Tensor {
  const [, ...tile] = tensors[0]!.dims;
  const data = new Float32Array(tensors.reduce((length, tensor) => length + tensor.data.length, 0));
  let at = 0;
  for (const tensor of tensors) {
    data.set(tensor.data as Float32Array, at);
    at += tensor.data.length;
  }
  return new Tensor("float32", data, [tensors.reduce((tiles, { dims }) => tiles + dims[0]!, 0), ...tile]);
}
