import type { JsonObject, Tensor } from "@internvl/core";
import { type GoldenTensor, readTensors } from "../golden/tensors.js";
import { type GoldenCase, type RunnableVariant, runnableVariants } from "../golden/variants.js";
import { sha256 } from "../hash.js";
import { logitsAt, type States } from "../models.js";
import { norm } from "../statistics.js";
import type { Group, GroupContext } from "./group.js";

/** For logits and image features, absolute. */
export const TOLERANCE = 1e-4;
/** For the lengths of feature vectors: relative, because they grow with their number. */
const NORM_TOLERANCE = 1e-5;

/** Pixels, image features and logits of every case, in fp32. */
export const forward: Group = async (context) => {
  const { golden, report } = context;
  for (const variant of await runnableVariants(context)) {
    const tensors = golden.has(`tiny/${variant.name}/golden.safetensors`)
      ? await readTensors(golden, `tiny/${variant.name}`, "golden.safetensors")
      : [];
    if (tensors.length === 0) report.skip(`${variant.name} without golden.safetensors`);
    for (const [caseName, row] of Object.entries(variant.golden.cases)) {
      const check = `${variant.name} ${caseName}`;
      await report.attempt(check, async () => {
        await checkPixels(context, variant, check, row);
        await checkNorms(context, variant, caseName, row);
        for (const tensor of tensors.filter((candidate) => candidate.caseName === caseName)) {
          await report.attempt(`${check} ${tensor.field}`, () => checkTensor(context, variant, row, tensor));
        }
      });
    }
  }
};

async function checkPixels(
  { models, report }: GroupContext,
  variant: RunnableVariant,
  check: string,
  row: GoldenCase,
): Promise<void> {
  const pixels = await models.pixels(variant, row);
  const hash = pixels === undefined ? null : await sha256(pixels.data as Float32Array);
  report.same(`${check} pixel_sha256_f32`, hash, row.pixel_sha256_f32);
}

async function checkNorms(
  { models, report }: GroupContext,
  variant: RunnableVariant,
  caseName: string,
  { features_norm }: GoldenCase,
): Promise<void> {
  if (features_norm === undefined) return;
  const { features } = await models.forward(variant, caseName);
  for (const [tile, expected] of features_norm.entries()) {
    const got = norm(tilesOf(features!)[tile]!);
    // Not among the group's differences, which are absolute ones of single numbers.
    if (Math.abs(got - expected) <= NORM_TOLERANCE * expected) report.pass();
    else report.fail(`${variant.name} ${caseName} features_norm [${tile}]`, String(expected), String(got));
  }
}

/** One tensor of golden.safetensors, by what its name says it is. */
async function checkTensor(
  { models, report }: GroupContext,
  variant: RunnableVariant,
  row: GoldenCase,
  { caseName, field, data }: GoldenTensor,
): Promise<void> {
  const check = `${variant.name} ${caseName}.${field}`;
  if (field.startsWith("vit_") || field === "hidden_last_pos") {
    const got = pickStates(field, await models.states(variant, caseName), row);
    return got === undefined ? report.skip(`unknown tensor ${field}`) : report.close(check, got, data, TOLERANCE);
  }
  if (field === "step_logits") {
    const { logits } = await models.generate(variant, caseName);
    return report.close(check, batchMajor(logits!, row.input_ids.length), data, TOLERANCE);
  }
  const changes = changesOf(field);
  if (changes !== undefined) {
    const model = await models.model(variant, "fp32", changes);
    const features = await model.get_image_features((await models.pixels(variant, row))!);
    return report.close(check, features.data as Float32Array, data, TOLERANCE);
  }
  const { logits, features } = await models.forward(variant, caseName);
  const got = {
    features: () => features!.data as Float32Array,
    features_sampled: () => pickTokens(features!, row.features_token_index!),
    last_logits: () => pickLogits(logits, [row.input_ids[0]!.length - 1]),
    sampled_logits: () => pickLogits(logits, row.sampled_positions),
  }[field];
  if (got === undefined) return report.skip(`unknown tensor ${field}`);
  report.close(check, got(), data, TOLERANCE);
}

/** What a tensor of states between the layers holds, from ours. */
function pickStates(field: string, { hidden_states, vision_hidden_states }: States, row: GoldenCase) {
  const last = vision_hidden_states?.at(-1);
  const [, first] = /^vit_hidden_states_first(\d+)$/.exec(field) ?? [];
  if (first !== undefined) {
    const tokens = Array.from({ length: Number(first) }, (_, token) => token);
    return concatenate(vision_hidden_states!.map((states) => pickTokens(states, tokens)));
  }
  if (field === "vit_last_hidden_state") return last!.data as Float32Array;
  if (field === "vit_last_sampled") return pickTokens(last!, row.vit_last_token_index!);
  if (field === "hidden_last_pos") return lastPositions(hidden_states);
  return undefined;
}

/** `[batch, layers + 1, hidden]` of one `[batch, length, hidden]` a layer */
function lastPositions(states: readonly Tensor[]): Float32Array {
  const [batch, length] = states[0]!.dims as [number, number, number];
  const picked = states.map((layer) => pickTokens(layer, [length - 1]));
  return batchMajor(picked, batch);
}

/** `features_ps_v1` and `features_select_layer_-2` are the features with one field of config.json changed. */
function changesOf(field: string): JsonObject | undefined {
  const [, version] = /^features_ps_(v\d+)$/.exec(field) ?? [];
  if (version !== undefined) return { ps_version: version };
  const [, layer] = /^features_select_layer_(-?\d+)$/.exec(field) ?? [];
  return layer === undefined ? undefined : { select_layer: Number(layer) };
}

/** Each tile's `[tokens * hidden]`. */
function tilesOf({ dims, data }: Tensor): Float32Array[] {
  const length = dims[1]! * dims[2]!;
  return Array.from({ length: dims[0]! }, (_, tile) =>
    (data as Float32Array).subarray(tile * length, (tile + 1) * length),
  );
}

/** `[rows, n, hidden]` of `[rows, tokens, hidden]`, where rows are tiles or a batch */
function pickTokens(features: Tensor, tokens: readonly number[]): Float32Array {
  const hidden = features.dims[2]!;
  const pick = (tile: Float32Array) => tokens.map((token) => tile.subarray(token * hidden, (token + 1) * hidden));
  return concatenate(tilesOf(features).flatMap(pick));
}

/** `[batch, n, vocabulary]` of `[batch, length, vocabulary]` */
export function pickLogits(logits: Tensor, positions: readonly number[]): Float32Array {
  const rows = Array.from({ length: logits.dims[0]! }, (_, row) => row);
  return concatenate(rows.flatMap((row) => positions.map((position) => logitsAt(logits, row, position))));
}

/** `[batch, steps, vocabulary]` of one `[batch, vocabulary]` a step */
function batchMajor(steps: readonly Float32Array[], batch: number): Float32Array {
  const rows = Array.from({ length: batch }, (_, row) => row);
  return concatenate(
    rows.flatMap((row) =>
      steps.map((step) => step.subarray((row * step.length) / batch, ((row + 1) * step.length) / batch)),
    ),
  );
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
