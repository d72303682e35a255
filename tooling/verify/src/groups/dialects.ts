import { type DialectName, dialectOf } from "@internvl/config";
import { Checkpoint, rewriteCheckpoint } from "@internvl/convert";
import { type JsonObject, MemoryFolder, type ModelFiles, readJsonObject } from "@internvl/core";
import { readTensors } from "../golden/tensors.js";
import { checkpointFiles, mergedFiles, type RunnableVariant, runnableVariants } from "../golden/variants.js";
import { sha256 } from "../hash.js";
import { logitsAt, runForward, runGreedy } from "../models.js";
import type { Group, GroupContext } from "./group.js";

/** golden_hf.json: what the merged classes answered. */
interface MergedJson {
  cases: Record<string, { generated: number[][] }>;
}

/** Of logits in fp32. */
const TOLERANCE = 1e-4;

/** Ways through the dialects that end where they begin. */
const ROUND_TRIPS: readonly (readonly DialectName[])[] = [
  ["transformers", "original"],
  ["seed", "transformers", "original"],
  ["original"],
];

/**
 * Checkpoints in the three dialects: what ours writes as the merged classes have it against what their own conversion
 * wrote (`hf/`), round trips to the byte, and their numbers (golden_hf.*) from a folder in their dialect.
 */
export const dialects: Group = async (context) => {
  const { golden, report } = context;
  for (const variant of await runnableVariants(context)) {
    const { name } = variant;
    const original = checkpointFiles(golden, variant);
    await report.attempt(`${name} round trips`, () => checkRoundTrips(context, name, original));
    if (!golden.has(`tiny/${name}/hf/config.json`)) {
      report.skip("no hf/");
      continue;
    }
    const merged = await rewritten(original, ["transformers"]);
    await report.attempt(`${name} names`, () => checkNames(context, variant, merged));
    const numbers = await golden.json<MergedJson>(`tiny/${name}/golden_hf.json`);
    if (numbers === undefined) report.skip("no golden_hf.json");
    else await report.attempt(`${name} numbers`, () => checkNumbers(context, variant, merged, numbers));
  }
};

/** The checkpoint written in one dialect after another, in memory. */
async function rewritten(source: ModelFiles, way: readonly DialectName[]): Promise<MemoryFolder> {
  let files = source;
  let folder = new MemoryFolder();
  for (const to of way) {
    folder = new MemoryFolder({}, `${source.name} in the dialect ${to}`);
    await rewriteCheckpoint(files, folder, { to });
    files = folder;
  }
  return folder;
}

async function checkRoundTrips({ report }: GroupContext, name: string, original: ModelFiles): Promise<void> {
  const expected = await contentOf(original);
  for (const way of ROUND_TRIPS) {
    const check = `${name} original → ${way.join(" → ")}`;
    const folder = await rewritten(original, way);
    const { config, tensors } = await contentOf(folder);
    report.same(`${check} dialect`, dialectOf(config), "original");
    report.same(`${check} config`, config, await configAsWritten(original));
    report.same(`${check} tensors`, tensors, expected.tensors);
  }
}

/** What our own reading and writing of the original's config.json gives: fields that older files lack are added. */
async function configAsWritten(original: ModelFiles): Promise<JsonObject> {
  return readJsonObject(await rewritten(original, ["original"]), "config.json");
}

/** config.json, and dtype, shape and SHA-256 of every tensor. */
async function contentOf(files: ModelFiles): Promise<{ config: JsonObject; tensors: Record<string, string> }> {
  const checkpoint = await Checkpoint.open(files);
  const tensors: Record<string, string> = {};
  for (const name of checkpoint.names()) {
    const tensor = checkpoint.get(name);
    tensors[name] = `${tensor.dtype} [${tensor.shape}] ${await sha256(await tensor.read())}`;
  }
  return { config: await readJsonObject(files, "config.json"), tensors };
}

/** Names, shapes and numbers as the merged classes' own conversion wrote them, where its weights are there. */
async function checkNames(context: GroupContext, variant: RunnableVariant, merged: ModelFiles): Promise<void> {
  const { golden, report } = context;
  const theirs = golden.files(`tiny/${variant.name}/hf`);
  if (!(await theirs.has("model.safetensors"))) return;
  report.same(`${variant.name} tensors`, (await contentOf(merged)).tensors, (await contentOf(theirs)).tensors);
}

/** Logits and greedy tokens of the merged classes, from graphs made of a folder in their dialect. */
async function checkNumbers(
  context: GroupContext,
  variant: RunnableVariant,
  merged: ModelFiles,
  numbers: MergedJson,
): Promise<void> {
  const { golden, models, report } = context;
  const model = await models.mergedModel(variant, mergedFiles(golden, variant, merged));
  for (const { caseName, field, data } of await readTensors(golden, `tiny/${variant.name}`, "golden_hf.safetensors")) {
    const row = variant.golden.cases[caseName];
    if (field !== "last_logits" || row === undefined) continue;
    const { logits } = await runForward(model, await models.inputs(variant, row));
    const [batch, length] = logits.dims as [number, number];
    const last = Array.from({ length: batch }, (_, index) => [...logitsAt(logits, index, length - 1)]).flat();
    report.close(`${variant.name} ${caseName} last_logits`, last, data, TOLERANCE);
  }
  for (const [caseName, { generated }] of Object.entries(numbers.cases)) {
    const row = variant.golden.cases[caseName];
    if (row === undefined) continue;
    const { sequences } = await runGreedy(model, await models.inputs(variant, row), generated[0]!.length);
    const tokens = sequences.map((sequence) => sequence.slice(row.input_ids[0]!.length));
    report.same(`${variant.name} ${caseName} generated`, tokens, generated);
  }
}
