import { InternVL2_5Config } from "@internvl/config";
import { Checkpoint, type OriginalModel, type TensorSource, type WeightSource } from "@internvl/convert";
import { type JsonObject, MemoryFolder } from "@internvl/core";
import { renamed, rowView, withTensors } from "../src/checkpoint/index.js";
import { type RandomCheckpointOptions, randomCheckpoint, randomConfig } from "./random-checkpoint.js";

/** A mistake that a converter could make: what it makes of a checkpoint. */
export type Mutation = (model: OriginalModel, options: RandomCheckpointOptions) => Promise<OriginalModel>;

export async function openRandom(options: RandomCheckpointOptions): Promise<OriginalModel> {
  const tensors = await Checkpoint.open(new MemoryFolder(await randomCheckpoint(options)));
  return { config: InternVL2_5Config.from_dict(randomConfig(options)), tensors };
}

/** Every tensor of layer `a` stands where that of layer `b` should, and the other way round. */
export function swapLayers(prefix: string, a: number, b: number): Mutation {
  return async ({ config, tensors }) => {
    const swapped = tensors.names().flatMap((name): [string, WeightSource][] => {
      const other = name.startsWith(`${prefix}.${a}.`) ? b : name.startsWith(`${prefix}.${b}.`) ? a : undefined;
      if (other === undefined) return [];
      const rest = name.slice(prefix.length + 1).replace(/^\d+/, "");
      return [[name, renamed(name, tensors.get(`${prefix}.${other}${rest}`))]];
    });
    return { config, tensors: withTensors(tensors, new Map(swapped)) };
  };
}

/** A tensor with other numbers. */
export function changeTensor(
  name: string,
  change: (values: Float32Array, shape: readonly number[]) => Float32Array,
): Mutation {
  return async ({ config, tensors }) => ({
    config,
    tensors: withTensors(tensors, new Map([[name, await changed(tensors, name, change)]])),
  });
}

/** A square matrix, transposed. */
export function transpose(name: string): Mutation {
  return changeTensor(name, (values, [side]) =>
    values.map((_, index) => values[(index % side!) * side! + Math.floor(index / side!)]!),
  );
}

export function withoutBias(name: string): Mutation {
  return changeTensor(name, (values) => values.map(() => 0));
}

/** Rows of `wqkv` as if it were all queries, all keys, all values. */
export function splitByThirds(
  name: string,
  { heads, keyHeads, size }: { heads: number; keyHeads: number; size: number },
): Mutation {
  return changeTensor(name, (values, shape) => {
    const groups = heads / keyHeads;
    const slot = size * shape[1]!;
    const right = Array.from({ length: keyHeads }, (_, keyHead) => [
      ...Array.from({ length: groups }, (_, i) => keyHead * groups + i),
      heads + keyHead,
      heads + keyHeads + keyHead,
    ]).flat();
    const wrong = new Float32Array(values.length);
    for (const [place, from] of right.entries())
      wrong.set(values.subarray(from * slot, (from + 1) * slot), place * slot);
    return wrong;
  });
}

/** A configuration with another number in one of its parts. */
export function changeConfig(part: "llm_config" | "vision_config", field: string, value: number): Mutation {
  return async ({ tensors }, options) => {
    const json = randomConfig(options);
    const changed = { ...json, [part]: { ...(json[part] as JsonObject), [field]: value } };
    return { config: InternVL2_5Config.from_dict(changed), tensors };
  };
}

async function changed(
  tensors: TensorSource,
  name: string,
  change: (values: Float32Array, shape: readonly number[]) => Float32Array,
): Promise<WeightSource> {
  const source = tensors.get(name);
  const values = new Float32Array((await source.rows(0, source.shape[0]!)).slice().buffer);
  const bytes = new Uint8Array(change(values, source.shape).buffer);
  const rowBytes = bytes.length / source.shape[0]!;
  const rows = async (start: number, end: number) => bytes.slice(start * rowBytes, end * rowBytes);
  return rowView({ name, dtype: "F32", shape: source.shape, rows });
}
