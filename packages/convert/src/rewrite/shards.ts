import { type FileSink, InternVLError, type LongCallOptions } from "@internvl/core";
import type { WeightSource } from "../checkpoint/index.js";
import { DTYPE_BYTES, elementCount } from "../safetensors/dtype.js";
import { type SafetensorsSource, writeSafetensors } from "../safetensors/index.js";
import { writeJson } from "./write-json.js";

export interface ShardOptions extends LongCallOptions {
  /** Bytes of tensors a file; one that is larger by itself gets a file of its own. */
  max_shard_size: number;
}

/** What Transformers writes: that the tensors are PyTorch's. */
const METADATA = { format: "pt" };

/**
 * Writes weights as `model.safetensors` or, where that would be too large, as shards with their index, which comes last.
 *
 * @returns bytes of all tensors
 * @throws InternVLError as `writeSafetensors`; `INPUT_INVALID` for a size that is none
 */
export async function writeShards(
  sink: FileSink,
  tensors: readonly WeightSource[],
  { max_shard_size, signal, progress_callback }: ShardOptions,
): Promise<number> {
  if (!(max_shard_size > 0)) {
    throw new InternVLError("INPUT_INVALID", {
      what: "max_shard_size is no size of a file",
      expected: "a number of bytes above 0",
      got: String(max_shard_size),
    });
  }
  const shards = intoShards(tensors, max_shard_size);
  const total = tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  const weight_map: Record<string, string> = {};
  let before = 0;
  for (const [index, shard] of shards.entries()) {
    const path = shardName(index, shards.length);
    const sources = shard.map(asSource);
    await writeSafetensors(sink, path, sources, {
      metadata: METADATA,
      signal,
      progress_callback: ({ loaded }) =>
        progress_callback?.({ stage: "convert", name: "weights", loaded: before + loaded, total, unit: "bytes" }),
    });
    before += shard.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
    for (const { name } of shard) weight_map[name] = path;
  }
  if (shards.length > 1) {
    const json = { metadata: { total_size: total }, weight_map };
    await writeJson(sink, "model.safetensors.index.json", json);
  }
  return total;
}

function asSource(tensor: WeightSource): SafetensorsSource {
  const { name, dtype, shape } = tensor;
  return { name, dtype, shape, bytes: (options) => tensor.stream(options) };
}

function intoShards(tensors: readonly WeightSource[], limit: number): WeightSource[][] {
  const shards: WeightSource[][] = [[]];
  let filled = 0;
  for (const tensor of tensors) {
    const bytes = bytesOf(tensor);
    if (filled > 0 && filled + bytes > limit) {
      shards.push([]);
      filled = 0;
    }
    shards.at(-1)!.push(tensor);
    filled += bytes;
  }
  return shards;
}

function shardName(index: number, count: number): string {
  const digits = (value: number) => String(value).padStart(5, "0");
  return count === 1 ? "model.safetensors" : `model-${digits(index + 1)}-of-${digits(count)}.safetensors`;
}

function bytesOf({ dtype, shape }: WeightSource): number {
  return elementCount(shape) * DTYPE_BYTES[dtype];
}
