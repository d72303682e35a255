import { InternVLError, type JsonObject, type JsonValue } from "@internvl/core";
import { mappedTensors, renamed, type TensorSource, type WeightSource } from "../checkpoint/index.js";
import { counted, listing } from "../checkpoint/listing.js";
import type { LoraDelta } from "./adapter.js";
import { type Factors, sortAdapterTensors } from "./adapter-tensors.js";
import { mergedWeight, type StackedFactor, shapeError, shapeProblem } from "./merge.js";
import { weightOf } from "./naming.js";
import { RecentlyUsed } from "./recently-used.js";
import { KEPT_FACTORS } from "./with-adapters.js";

/** What the original's `wrap_llm_lora` and `wrap_backbone_lora` wrap, and the fields of config.json with their ranks. */
const PARTS = [
  { part: "language_model", field: "use_llm_lora" },
  { part: "vision_model", field: "use_backbone_lora" },
] as const;

/** `InternVLChatModel` wraps with `lora_alpha = 2 * r`, always. */
const ALPHA_BY_RANK = 2;

/** A name that PEFT made, wherever it stands. */
const WRAPPED = /(^|\.)(base_model|base_layer|modules_to_save|lora_[A-Za-z_]+)(\.|$)/;

/** The fine-tuning output of the original repository: LoRA still beside the weights that it was trained for. */
export interface TrainedLora {
  /** The ranks, by the fields of config.json that say them. */
  readonly ranks: Readonly<Partial<Record<"use_llm_lora" | "use_backbone_lora", number>>>;
  /** All tensors by their plain names, and what is to be added to them. */
  readonly tensors: ReadonlyMap<string, { readonly weight: WeightSource; readonly delta?: LoraDelta }>;
}

/**
 * Recognises a checkpoint that was fine-tuned with `use_llm_lora` or `use_backbone_lora` and saved without being merged:
 * `language_model.base_model.model.….wqkv.base_layer.weight` (or without `base_layer`, as PEFT 0.4 has it) with
 * `lora_A.default` and `lora_B.default` beside it. Reads nothing.
 *
 * @param extra the fields of config.json that `InternVL2_5Config` keeps in `extra`
 * @returns undefined for any other checkpoint
 * @throws InternVLError `CONFIG_INVALID` (ranks that cannot be), `CHECKPOINT_INVALID` (names that are not understood,
 *   factors that are missing, of other shapes, or of another rank than the config says), `UNSUPPORTED` (DoRA and the like)
 */
export function findTrainedLora(source: TensorSource, extra: Readonly<JsonObject>): TrainedLora | undefined {
  const names = source.names();
  const configured = PARTS.map(({ field }) => rankField(extra[field], field, source));
  if (configured.every((rank) => rank === 0) && !names.some((name) => WRAPPED.test(name))) return undefined;

  const ranks: Partial<Record<"use_llm_lora" | "use_backbone_lora", number>> = {};
  const tensors = new Map<string, { weight: WeightSource; delta?: LoraDelta }>();
  const problems: string[] = [];
  for (const [index, { part, field }] of PARTS.entries()) {
    const wrapped = names.filter((name) => name.startsWith(`${part}.base_model.model.`));
    const inner = wrapped.map((name) => renamed(name.slice(part.length + 1), source.get(name)));
    const where = `${part} in ${source.name}`;
    const { factors, replaced } =
      inner.length > 0
        ? sortAdapterTensors(inner, where)
        : { factors: new Map<string, Factors>(), replaced: new Map() };
    const rank = configured[index]!;
    checkRank(factors, { rank, field, where });
    checkWeights(factors, replaced, where);
    for (const [name, weight] of replaced) tensors.set(`${part}.${name}`, { weight });
    for (const [module, factor] of factors) {
      const weight: WeightSource = replaced.get(weightOf(module))!;
      const delta = { ...factor, rank, scaling: ALPHA_BY_RANK };
      const problem = shapeProblem(weight, delta);
      if (problem !== undefined) problems.push(problem);
      tensors.set(`${part}.${weightOf(module)}`, { weight, delta });
    }
    if (factors.size > 0) ranks[field] = rank;
  }
  const others = names.filter((name) => !PARTS.some(({ part }) => name.startsWith(`${part}.base_model.model.`)));
  checkOthers(others, tensors, source);
  for (const name of others) tensors.set(name, { weight: source.get(name) });
  if (problems.length > 0) {
    throw shapeError(problems, {
      what: `The LoRA tensors of ${source.name} do not fit its weights`,
      fix: "Save the fine-tuned model again, or merge it with the original repository's tools/merge_lora.py.",
    });
  }
  return { ranks, tensors };
}

/** `source` in the original's plain names, LoRA merged as `withAdapters` merges it. */
export function withTrainedLora(source: TensorSource, { tensors }: TrainedLora): TensorSource {
  const cache = new RecentlyUsed<StackedFactor>(KEPT_FACTORS);
  const makers = new Map(
    [...tensors].map(([name, { weight, delta }]) => {
      const plain = renamed(name, weight);
      const merged = delta === undefined ? plain : mergedWeight(plain, [delta], cache);
      return [name, () => merged] as const;
    }),
  );
  return mappedTensors(source.name, makers);
}

/** `extra` for the config.json of the merged model: no rank is left, where there was one. */
export function withoutLoraRanks(extra: Readonly<JsonObject>): JsonObject {
  const present = PARTS.map(({ field }) => field).filter((field) => Object.hasOwn(extra, field));
  return { ...extra, ...Object.fromEntries(present.map((field) => [field, 0])) };
}

function rankField(value: JsonValue | undefined, field: string, source: TensorSource): number {
  if (value === undefined || value === null || value === false) return 0;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new InternVLError("CONFIG_INVALID", {
    what: `${field} in config.json of ${source.name} is no rank`,
    expected: "an integer from 0 up",
    got: JSON.stringify(value).slice(0, 80),
    fix: "Set it to the rank of the fine-tuning, or to 0 for a model without LoRA.",
  });
}

/** Ranks of the tensors against the config's: alpha follows from it, so a guess would scale wrongly. */
function checkRank(
  factors: ReadonlyMap<string, Factors>,
  { rank, field, where }: { rank: number; field: string; where: string },
): void {
  const found = [...new Set([...factors.values()].map(({ a }) => a.shape[0] ?? 1))];
  if (found.length === 0 && rank === 0) return;
  if (found.length === 1 && found[0] === rank) return;
  throw new InternVLError("CHECKPOINT_INVALID", {
    what: `${where} and config.json disagree about LoRA`,
    expected: rank === 0 ? "no LoRA tensors, as config.json says" : `LoRA tensors of rank ${rank}, as ${field} says`,
    got: found.length === 0 ? "none" : `rank ${listing(found.map(String))}`,
    fix:
      found.length === 0
        ? `If LoRA has been merged already, set ${field} to 0 in config.json; else take the weights that the fine-tuning saved.`
        : `Take the config.json that the fine-tuning saved, or set its ${field} to the rank of the training.`,
  });
}

function checkWeights(
  factors: ReadonlyMap<string, Factors>,
  weights: ReadonlyMap<string, WeightSource>,
  where: string,
): void {
  const missing = [...factors.keys()].map(weightOf).filter((name) => !weights.has(name));
  if (missing.length === 0) return;
  throw new InternVLError("CHECKPOINT_INVALID", {
    what: `${where} has LoRA tensors without the weights that they belong to`,
    expected: "a weight beside each lora_A and lora_B",
    got: `${counted(missing.length, "tensor")} missing: ${listing(missing)}`,
    fix: "Take all files that the fine-tuning saved. An adapter alone is given beside the model that it was trained from.",
  });
}

function checkOthers(others: readonly string[], tensors: ReadonlyMap<string, unknown>, source: TensorSource): void {
  const strange = others.filter((name) => WRAPPED.test(name) || tensors.has(name));
  if (strange.length === 0) return;
  throw new InternVLError("CHECKPOINT_INVALID", {
    what: `${source.name} holds LoRA in names that are not understood`,
    expected: `names as the original repository saves them: ${PARTS.map(({ part }) => `${part}.base_model.model.…`).join(", ")}`,
    got: `${counted(strange.length, "tensor")} beside them: ${listing(strange)}`,
    fix: "Merge the model in Python (merge_and_unload) and convert what that saves.",
  });
}
