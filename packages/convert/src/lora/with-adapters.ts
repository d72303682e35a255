import { InternVLError } from "@internvl/core";
import { renamed, type TensorSource, type WeightSource, withTensors } from "../checkpoint/index.js";
import { listing } from "../checkpoint/listing.js";
import type { LoraAdapter, LoraDelta } from "./adapter.js";
import { mergedWeight, type StackedFactor, sameShape, shapeError, shapeProblem } from "./merge.js";
import { resolveNaming, weightOf } from "./naming.js";
import { RecentlyUsed } from "./recently-used.js";

/** An adapter and how much of it is added. */
export interface WeightedAdapter {
  readonly adapter: LoraAdapter;
  /** Default 1; negative ones subtract. */
  readonly weight?: number;
}

/** Weights whose A is kept: queries, keys and values read in turn, and the one that comes next. */
export const KEPT_FACTORS = 4;

const EMBEDDING = /\.(embed_tokens|tok_embeddings)\.weight$/;
const OUTPUT_LAYERS = ["language_model.lm_head.weight", "language_model.output.weight", "lm_head.weight"];

/**
 * `source` with adapters merged: each weight that they target becomes W + the sum of weight * scaling * B A, in F32, when
 * it is streamed; tensors that they hold whole replace those of the model. The sum is that of PEFT's
 * `add_weighted_adapter(combination_type="cat")`, and with weights of 1 that of merging one after the other.
 *
 * Everything is checked here, and nothing is read.
 *
 * @throws InternVLError `CHECKPOINT_INVALID` (targets that `source` does not have, other shapes, weights that are no
 *   floats), `INPUT_INVALID` (weights that are no numbers, whole tensors that cannot be added up), `UNSUPPORTED` (a trained
 *   embedding of a model whose output layer is tied to it)
 */
export function withAdapters(source: TensorSource, adapters: readonly WeightedAdapter[]): TensorSource {
  const replaced = new Map<string, WeightSource>();
  const deltas = new Map<string, LoraDelta[]>();
  for (const { adapter, weight = 1 } of adapters) {
    checkWeight(adapter, weight);
    const rename = resolveNaming(source, adapter);
    const problems: string[] = [];
    for (const [name, tensor] of adapter.replaced) {
      const whole = renamed(rename(name), tensor);
      checkReplaced(source, adapter, whole, replaced);
      const { shape } = source.get(whole.name);
      if (!sameShape(shape, whole.shape)) {
        problems.push(`${whole.name} is [${shape.join(", ")}], the adapter's [${whole.shape.join(", ")}]`);
      }
      replaced.set(whole.name, whole);
    }
    for (const target of adapter.targets) {
      const name = rename(weightOf(target.module));
      const problem = shapeProblem(source.get(name), target);
      if (problem !== undefined) problems.push(problem);
      const delta = { ...target, scaling: weight * target.scaling };
      deltas.set(name, [...(deltas.get(name) ?? []), delta]);
    }
    if (problems.length > 0) {
      throw shapeError(problems, {
        what: `The adapter ${adapter.name} was made for a model of other shapes than ${source.name}`,
        fix: "Check base_model_name_or_path in its adapter_config.json: it names the model that belongs to it.",
      });
    }
  }
  const cache = new RecentlyUsed<StackedFactor>(KEPT_FACTORS);
  const merged = [...deltas].map(
    ([name, parts]) => [name, mergedWeight(replaced.get(name) ?? source.get(name), parts, cache)] as const,
  );
  return withTensors(source, new Map([...replaced, ...merged]));
}

function checkWeight(adapter: LoraAdapter, weight: number): void {
  if (!Number.isFinite(weight)) {
    throw new InternVLError("INPUT_INVALID", {
      what: `The adapter ${adapter.name} cannot be added with its weight`,
      expected: "a finite number",
      got: String(weight),
    });
  }
  if (weight !== 1 && adapter.replaced.size > 0) {
    throw new InternVLError("INPUT_INVALID", {
      what: `The adapter ${adapter.name} holds tensors that replace those of the model, which can only be done whole`,
      expected: "a weight of 1",
      got: `${weight} with ${listing([...adapter.replaced.keys()])}`,
      fix: "Leave its weight out, or train the adapter without modules_to_save and biases.",
    });
  }
}

function checkReplaced(
  source: TensorSource,
  adapter: LoraAdapter,
  { name }: WeightSource,
  replaced: ReadonlyMap<string, WeightSource>,
): void {
  if (replaced.has(name)) {
    throw new InternVLError("INPUT_INVALID", {
      what: `Several of the adapters replace ${name}, the last of them ${adapter.name}`,
      expected: "one at most",
      fix: "Merge one of these adapters only, or train them without modules_to_save and biases.",
    });
  }
  if (EMBEDDING.test(name) && !OUTPUT_LAYERS.some((output) => source.has(output))) {
    throw new InternVLError("UNSUPPORTED", {
      what: `The adapter ${adapter.name} holds an embedding, and the output layer of ${source.name} is tied to its own`,
      expected: "a model with an output layer of its own",
      got: `${name}, and no ${OUTPUT_LAYERS.join(" or ")}`,
      fix: "Merge the adapter in Python, where it can be checked which of the two was trained, and convert what that saves.",
    });
  }
}
