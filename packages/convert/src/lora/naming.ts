import { InternVLError } from "@internvl/core";
import type { TensorSource } from "../checkpoint/index.js";
import { counted, listing } from "../checkpoint/listing.js";
import type { LoraAdapter } from "./adapter.js";

/** A way from the names of a model in Python's memory, in which adapters are saved, to those of a checkpoint. */
interface Naming {
  readonly title: string;
  readonly rename: (name: string) => string;
}

const prefixed = (prefix: string, title: string): Naming => ({ title, rename: (name) => prefix + name });

/** By the first of these in which all of an adapter's names exist, it is merged: one for the whole adapter. */
const NAMINGS: readonly Naming[] = [
  { title: "the names as they stand", rename: (name) => name },
  { title: "Transformers' names in memory (model.language_model.layers)", rename: fileName },
  { title: "Transformers' names in files (language_model.model.layers)", rename: memoryName },
  prefixed("language_model.", "the language model wrapped alone"),
  prefixed("language_model.model.", "the language model without its output layer wrapped alone"),
  prefixed("vision_model.", "the original's vision model wrapped alone"),
  prefixed("vision_tower.", "Transformers' vision tower wrapped alone"),
];

/** `InternVLForConditionalGeneration` in memory, or `InternVLModel` (the same without `model.`), to its files. */
function fileName(name: string): string {
  return name
    .replace(/^lm_head\./, "language_model.lm_head.")
    .replace(/^model\.(?=language_model\.|vision_tower\.|multi_modal_projector\.)/, "")
    .replace(/^language_model\.(?!model\.|lm_head\.)/, "language_model.model.");
}

/** The other way round. */
function memoryName(name: string): string {
  return name
    .replace(/^language_model\.lm_head\./, "lm_head.")
    .replace(/^language_model\.model\./, "language_model.")
    .replace(/^(?=language_model\.|vision_tower\.|multi_modal_projector\.)/, "model.");
}

/** The tensors that an adapter changes, as it names them. */
function changedNames({ targets, replaced }: LoraAdapter): string[] {
  return [...new Set([...targets.map(({ module }) => weightOf(module)), ...replaced.keys()])];
}

/** The tensor that LoRA of a module changes. */
export function weightOf(module: string): string {
  return `${module}.weight`;
}

/** Whether `source` has all tensors that `adapter` changes, by one of the namings. Reads nothing. */
export function adapterFits(source: TensorSource, adapter: LoraAdapter): boolean {
  return missingTensors(source, adapter).length === 0;
}

/** The tensors that `adapter` changes and `source` does not have, by the naming that comes closest. Reads nothing. */
export function missingTensors(source: TensorSource, adapter: LoraAdapter): readonly string[] {
  return closestNaming(source, adapter).missing;
}

/**
 * How the names of `adapter` become those of `source`.
 *
 * @throws InternVLError `CHECKPOINT_INVALID` when there are no such tensors, by no naming
 */
export function resolveNaming(source: TensorSource, adapter: LoraAdapter): (name: string) => string {
  const { naming, missing } = closestNaming(source, adapter);
  if (missing.length === 0) return naming.rename;
  const total = changedNames(adapter).length;
  throw new InternVLError("CHECKPOINT_INVALID", {
    what: `The adapter ${adapter.name} was made for another model than ${source.name}`,
    expected: `the ${counted(total, "tensor")} that it changes, by one of: ${NAMINGS.map(({ title }) => title).join(", ")}`,
    got: `${missing.length === total ? "none of them" : `${missing.length} missing`}: ${listing(missing)}`,
    fix: "Check base_model_name_or_path in its adapter_config.json: it names the model that belongs to it.",
  });
}

function closestNaming(source: TensorSource, adapter: LoraAdapter): { naming: Naming; missing: string[] } {
  const names = changedNames(adapter);
  return NAMINGS.map((naming) => ({
    naming,
    missing: names.map(naming.rename).filter((name) => !source.has(name)),
  })).reduce((best, other) => (other.missing.length < best.missing.length ? other : best));
}
