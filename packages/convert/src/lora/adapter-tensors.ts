import { InternVLError } from "@internvl/core";
import type { WeightSource } from "../checkpoint/index.js";
import { counted, listing } from "../checkpoint/listing.js";

/** Both factors of a module. */
export interface Factors {
  readonly a: WeightSource;
  readonly b: WeightSource;
}

const PEFT_PREFIX = /^base_model\.model\./;
/** `<module>.lora_A.weight`, or with the adapter's name in it as in memory: `<module>.lora_A.default.weight`. */
const FACTOR = /^(.+)\.lora_([AB])(?:\.([^.]+))?\.weight$/;
/** Other tensors of adapters, by what they belong to. */
const REFUSED: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/\.lora_magnitude_vector\b/, "DoRA"],
  [/\.lora_embedding_[AB]\b/, "LoRA of an embedding"],
  [/\.lora_B(\.[^.]+)?\.bias$/, "a bias of lora_B"],
  [/\.token_adapter\./, "trained rows of an embedding"],
  [/(^|\.)(lora_|adalora_|ia3_|hada_|lokr_|oft_|vera_)/, "unknown factors"],
];

/**
 * Sorts the tensors of an adapter by their names: the factors of each module, and whole tensors, which replace those of
 * the model as they do when PEFT loads them (trained modules and biases).
 *
 * @throws InternVLError `CHECKPOINT_INVALID` (a factor without the other, nothing at all, several adapters, one name twice),
 *   `UNSUPPORTED` (tensors of something that is no plain LoRA)
 */
export function sortAdapterTensors(
  tensors: readonly WeightSource[],
  where: string,
): { factors: Map<string, Factors>; replaced: Map<string, WeightSource> } {
  const halves = new Map<string, Partial<Record<"A" | "B", WeightSource>>>();
  const replaced = new Map<string, WeightSource>();
  const adapterNames = new Set<string>();
  const refused: string[] = [];
  for (const tensor of tensors) {
    const name = tensor.name.replace(PEFT_PREFIX, "");
    const match = FACTOR.exec(name);
    if (match !== null) {
      const module = match[1]!;
      adapterNames.add(match[3] ?? "");
      halves.set(module, { ...halves.get(module), [match[2]!]: tensor });
      continue;
    }
    const reason = REFUSED.find(([pattern]) => pattern.test(name))?.[1];
    if (reason !== undefined) refused.push(`${tensor.name} (${reason})`);
    else if (replaced.has(wholeName(name))) throw doubleTensor(wholeName(name), where);
    else replaced.set(wholeName(name), tensor);
  }
  if (refused.length > 0) throw refusedTensors(refused, where);
  if (adapterNames.size > 1) throw severalAdapters([...adapterNames], where);
  if (halves.size === 0 && replaced.size === 0) {
    throw new InternVLError("CHECKPOINT_INVALID", {
      what: `${where} holds no tensors`,
      expected: "lora_A and lora_B of at least one module",
      fix: "Save the adapter again. Training in shards that were not gathered leaves such files.",
    });
  }
  return { factors: pairFactors(halves, where), replaced };
}

/** The name that the model has for a tensor which PEFT wraps. */
function wholeName(name: string): string {
  return name.replace(/\.modules_to_save(\.default)?\./, ".").replace(/\.base_layer\./, ".");
}

function pairFactors(
  halves: ReadonlyMap<string, Partial<Record<"A" | "B", WeightSource>>>,
  where: string,
): Map<string, Factors> {
  const factors = new Map<string, Factors>();
  const missing: string[] = [];
  for (const [module, { A: a, B: b }] of halves) {
    if (a !== undefined && b !== undefined) factors.set(module, { a, b });
    else missing.push(`${module}.lora_${a === undefined ? "A" : "B"}.weight`);
  }
  if (missing.length === 0) return factors;
  throw new InternVLError("CHECKPOINT_INVALID", {
    what: `${where} has modules with one factor only`,
    expected: "lora_A and lora_B of each",
    got: `${counted(missing.length, "tensor")} missing: ${listing(missing)}`,
    fix: "Download the adapter again, or save it again.",
  });
}

function doubleTensor(name: string, where: string): InternVLError {
  return new InternVLError("CHECKPOINT_INVALID", {
    what: `${where} holds one tensor under two names`,
    expected: `${name} once, as it is or as PEFT wraps it`,
    got: "both",
    fix: "Save it again.",
  });
}

function refusedTensors(refused: readonly string[], where: string): InternVLError {
  return new InternVLError("UNSUPPORTED", {
    what: `${where} holds more than plain LoRA`,
    expected: "lora_A and lora_B of linear layers and convolutions, and modules that were trained whole",
    got: `${counted(refused.length, "other tensor")}: ${listing(refused)}`,
    fix: "Merge the adapter in Python (merge_and_unload) and convert what that saves.",
  });
}

function severalAdapters(names: readonly string[], where: string): InternVLError {
  return new InternVLError("CHECKPOINT_INVALID", {
    what: `${where} holds more than one adapter`,
    expected: "one",
    got: listing(names.map((name) => (name === "" ? "one without a name" : name)).sort()),
    fix: "Save each adapter into a folder of its own: save_pretrained(directory) in Python does.",
  });
}
