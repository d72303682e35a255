import type { ModelFiles } from "@internvl/core";
import type { TensorSource } from "./checkpoint/index.js";
import { adapterFits, type LoraAdapter, readAdapter, type WeightedAdapter, withAdapters } from "./lora/index.js";
import { asOriginal, asTransformers, type SharingConfig } from "./names/index.js";

/** An adapter to merge: its folder, and how much of it. */
export interface AdapterInput {
  readonly files: ModelFiles;
  /** What its change is multiplied with. Default 1. */
  readonly weight?: number;
}

/** Reads the adapters' folders. @throws InternVLError `FILE_NOT_FOUND`, `CHECKPOINT_INVALID`, `UNSUPPORTED`, … */
export async function readAdapters(
  inputs: readonly AdapterInput[],
  options: { signal?: AbortSignal },
): Promise<WeightedAdapter[]> {
  const adapters: WeightedAdapter[] = [];
  for (const { files, weight } of inputs) adapters.push({ adapter: await readAdapter(files, options), weight });
  return adapters;
}

/**
 * A checkpoint under the original's names with adapters merged, whichever names they were trained in: those of
 * Transformers, where queries, keys and values are three matrices, or the original's, where they may be one.
 *
 * @throws InternVLError `CHECKPOINT_INVALID` for an adapter of another model or other shapes
 */
export function mergeAdapters(
  original: TensorSource,
  adapters: readonly WeightedAdapter[],
  config: SharingConfig,
): TensorSource {
  const named = (fits: (adapter: LoraAdapter) => boolean) => adapters.filter(({ adapter }) => fits(adapter));
  const inOriginal = named((adapter) => adapterFits(original, adapter));
  const merged = inOriginal.length > 0 ? withAdapters(original, inOriginal) : original;
  const others = adapters.filter((entry) => !inOriginal.includes(entry));
  if (others.length === 0) return merged;
  const transformers = asTransformers(merged, config);
  const strange = others.find(({ adapter }) => !adapterFits(transformers, adapter));
  // Its own message names what is missing in the checkpoint's own names.
  if (strange !== undefined) return withAdapters(original, [strange]);
  return asOriginal(withAdapters(transformers, others), config);
}
