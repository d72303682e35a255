import { readSafetensorsHeader } from "@internvl/convert";
import type { GoldenFolder } from "./folder.js";

/** A float32 tensor of a golden file. */
export interface GoldenTensor {
  /** What stands before the first dot: the case. */
  caseName: string;
  /** What stands after it. */
  field: string;
  shape: readonly number[];
  data: Float32Array;
}

/** The tensors `CASE.FIELD` of a safetensors file. */
export async function readTensors(golden: GoldenFolder, folder: string, file: string): Promise<GoldenTensor[]> {
  const files = golden.files(folder);
  const { tensors } = await readSafetensorsHeader(files, file);
  const bytes = await files.read(file);
  return [...tensors.values()].map(({ name, dtype, shape, offset, byteLength }) => {
    if (dtype !== "F32") throw new Error(`${file}: ${name} is ${dtype}, expected F32`);
    const dot = name.indexOf(".");
    const data = new Float32Array(bytes.slice(offset, offset + byteLength).buffer);
    return { caseName: name.slice(0, dot), field: name.slice(dot + 1), shape, data };
  });
}
