import { InternVLError, type ModelFiles } from "@internvl/core";
import { CheckpointTensor, type WeightSource } from "../checkpoint/index.js";
import { counted, listing } from "../checkpoint/listing.js";
import { readSafetensorsHeader } from "../safetensors/header.js";
import { type AdapterConfig, readAdapterConfig, scalingOf } from "./adapter-config.js";
import { type Factors, sortAdapterTensors } from "./adapter-tensors.js";

const WEIGHTS_FILE = "adapter_model.safetensors";
const PICKLE_FILE = "adapter_model.bin";

/** What is added to one weight: scaling * B A, of A `[rank, in]` (of a convolution with its kernel) and B `[out, rank]`. */
export interface LoraDelta {
  readonly a: WeightSource;
  readonly b: WeightSource;
  readonly rank: number;
  readonly scaling: number;
}

/** A delta and the module whose weight it belongs to, as the adapter names it. */
export interface LoraTarget extends LoraDelta {
  readonly module: string;
}

/** A PEFT adapter: checked, its weights not read yet. */
export interface LoraAdapter {
  /** How messages name it: the directory or the model id. */
  readonly name: string;
  readonly targets: readonly LoraTarget[];
  /** Tensors that were trained whole (`modules_to_save`, biases), by the names of the weights that they replace. */
  readonly replaced: ReadonlyMap<string, WeightSource>;
}

/**
 * Reads and checks a folder that PEFT's `save_pretrained` wrote: `adapter_config.json` and the header of
 * `adapter_model.safetensors`. A and B stay on disk until a weight is merged.
 *
 * @throws InternVLError `FILE_NOT_FOUND`, `FILE_INVALID`, `CONFIG_INVALID` (fields of the config that cannot be),
 *   `CHECKPOINT_INVALID` (factors that are missing, or of other ranks than the config says), `UNSUPPORTED` (pickled
 *   weights, DoRA and whatever else is more than W + scaling * B A)
 */
export async function readAdapter(files: ModelFiles, options: { signal?: AbortSignal } = {}): Promise<LoraAdapter> {
  const config = await readAdapterConfig(files, options);
  if (!(await files.has(WEIGHTS_FILE))) throw await noWeights(files);
  const header = await readSafetensorsHeader(files, WEIGHTS_FILE, options);
  const tensors = [...header.tensors.values()].map((entry) => new CheckpointTensor(files, WEIGHTS_FILE, entry));
  const where = `${WEIGHTS_FILE} in ${files.name}`;
  const { factors, replaced } = sortAdapterTensors(tensors, where);
  checkModulesToSave(config, replaced, where);
  return { name: files.name, targets: readTargets(config, factors, where), replaced };
}

function readTargets(
  config: AdapterConfig,
  factors: ReadonlyMap<string, Factors>,
  where: string,
): readonly LoraTarget[] {
  const wrong: string[] = [];
  const targets = [...factors].map(([module, { a, b }]) => {
    const { rank, scaling } = scalingOf(config, module);
    if (a.shape[0] !== rank || b.shape[1] !== rank) {
      wrong.push(`${module} has A [${a.shape.join(", ")}] and B [${b.shape.join(", ")}] for rank ${rank}`);
    }
    return { module, a, b, rank, scaling };
  });
  if (wrong.length === 0) return targets;
  throw new InternVLError("CHECKPOINT_INVALID", {
    what: `${where} has other ranks than its adapter_config.json says`,
    expected: "A [rank, in] and B [out, rank]",
    got: `${counted(wrong.length, "module")} of another rank: ${listing(wrong, "; ")}`,
    fix:
      "Check that both files belong together. Factors of one dimension or none come from training in shards " +
      "(DeepSpeed ZeRO-3, FSDP) that were not gathered before they were saved.",
  });
}

/** @throws InternVLError `CHECKPOINT_INVALID` for a module that the config says was trained whole and the file lacks */
function checkModulesToSave(config: AdapterConfig, replaced: ReadonlyMap<string, WeightSource>, where: string): void {
  const names = [...replaced.keys()];
  const missing = config.modules_to_save.filter((module) => !names.some((name) => `.${name}`.includes(`.${module}.`)));
  if (missing.length === 0) return;
  throw new InternVLError("CHECKPOINT_INVALID", {
    what: `${where} lacks modules that adapter_config.json names as saved`,
    expected: `tensors of ${listing(config.modules_to_save)}`,
    got: `none of ${listing(missing)}`,
    fix: "Download the adapter again, or save it again.",
  });
}

async function noWeights(files: ModelFiles): Promise<InternVLError> {
  if (await files.has(PICKLE_FILE)) {
    return new InternVLError("UNSUPPORTED", {
      what: `${files.name} holds its adapter in a format that can run code and is not read here`,
      expected: WEIGHTS_FILE,
      got: PICKLE_FILE,
      fix: "Save the adapter again as safetensors: save_pretrained(directory, safe_serialization=True) in Python.",
    });
  }
  return new InternVLError("FILE_NOT_FOUND", {
    what: `${files.name} has no adapter weights`,
    expected: WEIGHTS_FILE,
    fix: "Download the adapter again, with all of its files.",
  });
}
