import type { InternVL2_5ForConditionalGeneration, ModelInputs } from "@internvl/model";
import { findVariants, isRunnable } from "../../golden/variants.js";
import type { GroupContext } from "../group.js";
import type { PromptCase } from "./data.js";

/** Of what comes from a checkpoint's logits in fp32. */
export const TOLERANCE = 1e-4;

/**
 * A case's checkpoint and inputs.
 *
 * @returns undefined, counted as skipped, when the checkpoint is not here
 */
export async function openPrompt(
  { golden, models, report }: GroupContext,
  row: PromptCase,
): Promise<{ model: InternVL2_5ForConditionalGeneration; inputs: ModelInputs } | undefined> {
  const variant = (await findVariants(golden)).filter(isRunnable).find(({ name }) => name === row.checkpoint);
  if (variant === undefined) {
    report.skip(`${row.checkpoint} is not here`);
    return undefined;
  }
  const { input_ids, attention_mask } = row;
  const pixel_values = await models.pixels(variant, row);
  const inputs = { input_ids, attention_mask, pixel_values, num_patches: row.num_patches_list.flat() };
  return { model: await models.model(variant), inputs };
}
