import { type ModelFiles, readJsonObject } from "@internvl/core";
import { elementCount } from "../safetensors/dtype.js";
import { readAdapter } from "./adapter.js";
import { ADAPTER_CONFIG_FILE } from "./adapter-config.js";

/** What a PEFT adapter is, from its config and the header of its weights. */
export interface AdapterInspection {
  /** The model that it was trained from, as its config names it; null where it does not. */
  base: string | null;
  /** The kinds of modules that it changes, `"self_attn.q_proj"` for instance, and how many of each. */
  modules: Readonly<Record<string, number>>;
  /** All ranks that occur, ascending. */
  ranks: number[];
  parameters: number;
  /** Tensors that were trained whole. */
  replaced: string[];
}

/** Whether a folder is an adapter's. */
export function isAdapterFolder(files: ModelFiles): Promise<boolean> {
  return files.has(ADAPTER_CONFIG_FILE);
}

/** @throws as `readAdapter` */
export async function inspectAdapter(
  files: ModelFiles,
  options: { signal?: AbortSignal } = {},
): Promise<AdapterInspection> {
  const { targets, replaced } = await readAdapter(files, options);
  const { base_model_name_or_path } = await readJsonObject(files, ADAPTER_CONFIG_FILE, options);
  const modules: Record<string, number> = {};
  for (const { module } of targets) {
    const kind = module.replace(/^.*\.\d+\./, "");
    modules[kind] = (modules[kind] ?? 0) + 1;
  }
  const tensors = [...targets.flatMap(({ a, b }) => [a, b]), ...replaced.values()];
  return {
    base: typeof base_model_name_or_path === "string" ? base_model_name_or_path : null,
    modules,
    ranks: [...new Set(targets.map(({ rank }) => rank))].sort((a, b) => a - b),
    parameters: tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0),
    replaced: [...replaced.keys()].sort(),
  };
}
