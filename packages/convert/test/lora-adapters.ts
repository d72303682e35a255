import { type JsonObject, MemoryFolder } from "@internvl/core";
import { Checkpoint, type TensorSource, type WeightSource } from "../src/checkpoint/index.js";
import { type LoraAdapter, readAdapter } from "../src/lora/index.js";
import { collect, type PlainTensor, plainFile } from "./safetensors-files.js";

/** Shapes by name. */
export type Shapes = Record<string, number[]>;

/** A tensor of `value`, or of 1, 2, 3 …. */
export function filled(shape: number[], value?: number): PlainTensor {
  const count = shape.reduce((product, n) => product * n, 1);
  return {
    dtype: "F32",
    shape,
    bytes: new Uint8Array(Float32Array.from({ length: count }, (_, i) => value ?? i + 1).buffer),
  };
}

export async function checkpointOf(shapes: Shapes): Promise<TensorSource> {
  const tensors = Object.entries(shapes).map(([name, shape]) => [name, filled(shape)]);
  return Checkpoint.open(
    new MemoryFolder({ "model.safetensors": plainFile(Object.fromEntries(tensors)) }, "the model"),
  );
}

const PLAIN_CONFIG: JsonObject = { peft_type: "LORA", r: 2, lora_alpha: 4, target_modules: ["q_proj"] };

/** The folder of an adapter of rank 2 and scaling 2, with what differs from it. */
export function adapterFolder(tensors: Record<string, PlainTensor>, config: JsonObject = {}): MemoryFolder {
  const json = JSON.stringify({ ...PLAIN_CONFIG, ...config });
  return new MemoryFolder(
    { "adapter_config.json": json, "adapter_model.safetensors": plainFile(tensors) },
    "the adapter",
  );
}

/** A and B of ones for a weight `[out, in]`: with the scaling of 2, every element grows by 4. */
export function factors(module: string, [out, inputs]: [number, number], rank = 2): Record<string, PlainTensor> {
  return {
    [`${module}.lora_A.weight`]: filled([rank, inputs], 1),
    [`${module}.lora_B.weight`]: filled([out, rank], 1),
  };
}

export function adapterOf(tensors: Record<string, PlainTensor>, config: JsonObject = {}): Promise<LoraAdapter> {
  return readAdapter(adapterFolder(tensors, config));
}

export async function valuesOf(tensor: WeightSource): Promise<number[]> {
  return [...new Float32Array((await collect(tensor.stream())).slice().buffer)];
}
