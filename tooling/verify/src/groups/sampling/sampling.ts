import { Models } from "../../models.js";
import type { Group, GroupContext } from "../group.js";
import { FOLDER } from "./data.js";
import { checkGenerations } from "./generations.js";
import { checkLosses } from "./loss.js";
import { checkProcessors } from "./processors.js";

/**
 * `generate` as Transformers' is: processors over tables of logits; tokens, beams and scores of every way of decoding; the
 * loss. A directory without such data has its line filled by the repository's own.
 */
export const sampling: Group = async (context) => {
  if (context.golden.has(FOLDER)) return checkAll(context);
  context.report.note(`no ${FOLDER}/ in this directory: checked with the repository's own data and checkpoints`);
  const golden = await context.platform.fixtures();
  const models = await Models.open(golden, context.platform);
  try {
    await checkAll({ ...context, golden, models });
  } finally {
    await models.dispose();
  }
};

async function checkAll(context: GroupContext): Promise<void> {
  await checkProcessors(context);
  await checkGenerations(context);
  await checkLosses(context);
}
