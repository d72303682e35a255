import { type SafetensorsSource, writeSafetensors } from "@internvl/convert";
import { type FileSink, writeFile } from "@internvl/core";

const METADATA = { format: "pt" };
/** Of a bfloat16. */
const ELEMENT_BYTES = 2;

/** Writes tensors of bfloat16 as `model.safetensors`, or over several files of about the same size with their index. */
export async function writeWeights(
  sink: FileSink,
  tensors: readonly SafetensorsSource[],
  shards: number,
): Promise<void> {
  if (shards === 1) return writeSafetensors(sink, "model.safetensors", tensors, { metadata: METADATA });
  const weight_map: Record<string, string> = {};
  for (const [index, shard] of intoShards(tensors, shards).entries()) {
    const path = `model-${digits(index + 1)}-of-${digits(shards)}.safetensors`;
    await writeSafetensors(sink, path, shard, { metadata: METADATA });
    for (const { name } of shard) weight_map[name] = path;
  }
  const index = { metadata: { total_size: bytesOf(tensors) }, weight_map };
  await writeFile(sink, "model.safetensors.index.json", JSON.stringify(index, null, 2));
}

/** In their order, each going to the shard that its middle byte falls in. */
function intoShards(tensors: readonly SafetensorsSource[], count: number): SafetensorsSource[][] {
  const shards = Array.from({ length: count }, (): SafetensorsSource[] => []);
  const total = bytesOf(tensors);
  let before = 0;
  for (const tensor of tensors) {
    const bytes = bytesOf([tensor]);
    shards[Math.floor(((before + bytes / 2) / total) * count)]!.push(tensor);
    before += bytes;
  }
  return shards;
}

function bytesOf(tensors: readonly SafetensorsSource[]): number {
  const elements = tensors.map(({ shape }) => shape.reduce((product, size) => product * size, 1));
  return ELEMENT_BYTES * elements.reduce((sum, count) => sum + count, 0);
}

function digits(value: number): string {
  return String(value).padStart(5, "0");
}
