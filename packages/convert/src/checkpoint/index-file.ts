import { assertSafePath, InternVLError, type ModelFiles, readJsonObject } from "@internvl/core";
import { counted, listing } from "./listing.js";
import type { CheckpointTensor } from "./tensor.js";

/** `model.safetensors.index.json`: which shard holds which tensor. Its `total_size` is not used: headers know better. */
export interface ShardIndex {
  readonly path: string;
  /** Tensor name to shard. */
  readonly weightMap: ReadonlyMap<string, string>;
  /** The shards, sorted; every one of them exists. */
  readonly shards: readonly string[];
}

/**
 * @throws InternVLError `FILE_INVALID` (no index), `CHECKPOINT_INVALID` (missing shards, all of them in one message)
 */
export async function readIndex(
  files: ModelFiles,
  path: string,
  options: { signal?: AbortSignal },
): Promise<ShardIndex> {
  const { weight_map: weights } = await readJsonObject(files, path, options);
  const where = `${path} in ${files.name}`;
  if (typeof weights !== "object" || weights === null || Array.isArray(weights)) {
    throw new InternVLError("FILE_INVALID", {
      what: `${where} does not say where the tensors are`,
      expected: "weight_map, an object",
      got: JSON.stringify(weights)?.slice(0, 80) ?? "nothing",
      fix: "Download the file again.",
    });
  }
  const weightMap = new Map<string, string>();
  for (const [name, shard] of Object.entries(weights)) {
    if (typeof shard !== "string") {
      throw new InternVLError("FILE_INVALID", {
        what: `${where} names no file for ${name}`,
        expected: "a string",
        got: JSON.stringify(shard).slice(0, 80),
        fix: "Download the file again.",
      });
    }
    weightMap.set(name, assertSafePath(shard, where));
  }
  const shards = [...new Set(weightMap.values())].sort();
  const present = await Promise.all(shards.map((shard) => files.has(shard)));
  const missing = shards.filter((_, i) => !present[i]);
  if (missing.length > 0) {
    throw new InternVLError("CHECKPOINT_INVALID", {
      what: `${files.name} lacks ${counted(missing.length, "shard")}`,
      expected: `the ${counted(shards.length, "file")} that ${path} names`,
      got: `none named ${listing(missing)}`,
      fix: "Download the missing files into the folder.",
    });
  }
  return { path, weightMap, shards };
}

/** What speaks against every tensor being where the index says, once, and the index naming them all. */
export function checkIndex(index: ShardIndex, tensors: readonly CheckpointTensor[]): string[] {
  const found = new Set(tensors.map((tensor) => `${tensor.file}\n${tensor.name}`));
  const absent = [...index.weightMap].filter(([tensor, shard]) => !found.has(`${shard}\n${tensor}`));
  const unnamed = tensors.filter((tensor) => index.weightMap.get(tensor.name) !== tensor.file);
  const findings: string[] = [];
  if (absent.length > 0) {
    const lines = absent.map(([tensor, shard]) => `${tensor} in ${shard}`);
    findings.push(`${counted(absent.length, "tensor")} not where ${index.path} says: ${listing(lines)}`);
  }
  if (unnamed.length > 0) {
    const lines = unnamed.map((tensor) => {
      const other = index.weightMap.get(tensor.name);
      return `${tensor.name} in ${tensor.file}${other === undefined ? "" : ` (named in ${other})`}`;
    });
    findings.push(`${counted(unnamed.length, "tensor")} that ${index.path} does not name there: ${listing(lines)}`);
  }
  return findings;
}
