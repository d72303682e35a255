import { open, rename } from "node:fs/promises";
import type { Shape } from "../checkpoint/shape.js";
import { type GgmlType, ggufHeader, padding, tensorBytes } from "./format.js";
import { ggufLanguageModel } from "./language-model.js";
import { randomData } from "./random-data.js";

/**
 * Writes the language model of `shape` with random weights, every matrix in `type`: embedding and head too, where
 * `llama-quantize` would take more bits for the head.
 */
export async function writeGguf(path: string, shape: Shape, type: GgmlType): Promise<void> {
  const { metadata, tensors } = ggufLanguageModel(shape, type);
  const file = await open(`${path}.partial`, "w");
  try {
    await file.writeFile(ggufHeader(metadata, tensors));
    for (const tensor of tensors) {
      for (const piece of randomData(tensor)) await file.writeFile(piece);
      await file.writeFile(padding(tensorBytes(tensor)));
    }
  } finally {
    await file.close();
  }
  await rename(`${path}.partial`, path);
}
