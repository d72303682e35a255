import { type Dtype, GRAPHS, graphPath, resolveDtypes } from "@internvl/config";
import {
  type CheckedFolder,
  checkConversion,
  type OriginalModel,
  type PartCheck,
  type WrittenGraph,
} from "@internvl/convert";
import { MemoryFolder } from "@internvl/core";
import { writeModel } from "@internvl/onnx";
import { nodeInference } from "@internvl/runtime-node";
import { buildGraph } from "../src/architectures/index.js";

export function checkedFolder(files: MemoryFolder): CheckedFolder {
  return {
    files,
    put: async (path, bytes) => void files.files.set(path, bytes),
    remove: async (path) => void files.files.delete(path),
  };
}

/** Writes the graphs of `converted` and checks them against `original`, from which a wrong conversion differs. */
export async function checkAgainst(
  original: OriginalModel,
  converted: OriginalModel,
  preset: Dtype,
): Promise<PartCheck[]> {
  const files = new MemoryFolder();
  const graphs: WrittenGraph[] = [];
  for (const name of GRAPHS) {
    const dtype = resolveDtypes(preset)[name];
    const path = graphPath(name, dtype);
    const { config, tensors, cache_dtype } = converted;
    await writeModel(files, path, buildGraph(name, dtype, config, tensors, { cache_dtype }));
    graphs.push({ name, path, dtype });
  }
  const before = [...files.files.keys()];
  const checks = await checkConversion(checkedFolder(files), graphs, original, nodeInference);
  if (files.files.size !== before.length) throw new Error(`left behind: ${[...files.files.keys()].join(", ")}`);
  return checks;
}
