import type { TextConfig } from "@internvl/config";
import { Tensor } from "@internvl/core";
import type { ModelInputs } from "@internvl/model";
import { type GoldenTensor, readTensors } from "../golden/tensors.js";
import { type GoldenCase, type RunnableVariant, runnableVariants } from "../golden/variants.js";
import { runForward, runGreedy } from "../models.js";
import { checkAnswers, checkPrompt } from "./answers.js";
import { pickLogits, TOLERANCE } from "./forward.js";
import type { Group, GroupContext } from "./group.js";

/** Prompts of different lengths together, padded on the left, give what each gives alone. */
export const batch: Group = async (context) => {
  const { golden, models, report } = context;
  const isBatch = ({ input_ids }: { input_ids: unknown[] }) => input_ids.length > 1;
  for (const variant of await runnableVariants(context)) {
    const tensors = golden.has(`tiny/${variant.name}/golden.safetensors`)
      ? await readTensors(golden, `tiny/${variant.name}`, "golden.safetensors")
      : [];
    for (const [caseName, row] of Object.entries(variant.golden.cases)) {
      if (!isBatch(row)) continue;
      const logits = tensors.find((tensor) => tensor.caseName === caseName && tensor.field === "last_logits");
      await report.attempt(`${variant.name} ${caseName}`, async () => {
        await checkPrompt(context, variant, caseName, row);
        await checkAnswers(context, variant, caseName, row);
        if (logits === undefined) return report.skip("batches without last_logits");
        await checkPositions(context, variant, row, logits);
        const { text_config } = (await models.model(variant)).config;
        for (const index of row.input_ids.keys()) {
          if (!paddingScales(text_config, row, index)) await checkRowAlone(context, variant, row, index, logits);
        }
      });
    }
  }
};

/**
 * Whether a row's answer depends on its padding: a dynamic scaling goes by the length of the batch, and alone the row
 * is shorter.
 */
function paddingScales(
  { rope_scaling, max_position_embeddings }: TextConfig,
  { input_ids, attention_mask, generated }: GoldenCase,
  index: number,
): boolean {
  const longest = input_ids[index]!.length + generated[index]!.length;
  const isPadded = attention_mask?.[index]?.includes(0) === true;
  return isPadded && rope_scaling?.rope_type === "dynamic" && longest > max_position_embeddings;
}

/** Position ids as the golden data have them; every other check leaves them to our model. */
async function checkPositions(
  { models, report }: GroupContext,
  variant: RunnableVariant,
  row: GoldenCase,
  { caseName, data }: GoldenTensor,
): Promise<void> {
  const inputs = await models.inputs(variant, row);
  const position_ids = row.position_ids ?? undefined;
  const { logits } = await runForward(await models.model(variant), { ...inputs, position_ids });
  const last = pickLogits(logits, [row.input_ids[0]!.length - 1]);
  report.close(`${variant.name} ${caseName} last_logits with position_ids`, last, data, TOLERANCE);
}

async function checkRowAlone(
  { models, report }: GroupContext,
  variant: RunnableVariant,
  row: GoldenCase,
  index: number,
  { caseName, data }: GoldenTensor,
): Promise<void> {
  const check = `${variant.name} ${caseName} row ${index} alone`;
  const inputs = rowInputs(await models.inputs(variant, row), row, index);
  const model = await models.model(variant);
  const length = inputs.input_ids[0]!.length;
  const { logits } = await runForward(model, inputs);
  const vocabulary = logits.dims[2]!;
  const expected = data.subarray(index * vocabulary, (index + 1) * vocabulary);
  report.close(`${check} last_logits`, pickLogits(logits, [length - 1]), expected, TOLERANCE);
  const { sequences } = await runGreedy(model, inputs, row.generated[index]!.length);
  report.same(`${check} generated`, sequences[0]!.slice(length), row.generated[index]);
}

/** One row without its padding, and its own tiles. */
function rowInputs(
  { pixel_values }: ModelInputs,
  { input_ids, attention_mask, num_patches_list }: GoldenCase,
  index: number,
): ModelInputs & { input_ids: number[][] } {
  const tilesOf = (rows: readonly number[][]) => rows.flat().reduce((sum, patches) => sum + patches, 0);
  const first = tilesOf(num_patches_list.slice(0, index));
  const count = tilesOf([num_patches_list[index]!]);
  const mask = attention_mask?.[index];
  const ids = input_ids[index]!.filter((_, column) => mask?.[column] !== 0);
  return {
    input_ids: [ids],
    num_patches: num_patches_list[index],
    pixel_values: pixel_values && count > 0 ? sliceTiles(pixel_values, first, count) : undefined,
  };
}

function sliceTiles({ dims, data }: Tensor, first: number, count: number): Tensor {
  const [, ...tile] = dims;
  const length = tile.reduce((product, size) => product * size, 1);
  const values = (data as Float32Array).slice(first * length, (first + count) * length);
  return new Tensor("float32", values, [count, ...tile]);
}
