import { runnableVariants } from "../golden/variants.js";
import { checkAnswers, checkPrompt } from "./answers.js";
import type { Group } from "./group.js";

/** From prompt and pictures to the text of an answer, one row at a time. */
export const generate: Group = async (context) => {
  const isSingle = ({ input_ids }: { input_ids: unknown[] }) => input_ids.length === 1;
  const { report } = context;
  for (const variant of await runnableVariants(context)) {
    for (const [caseName, row] of Object.entries(variant.golden.cases)) {
      if (!isSingle(row)) continue;
      await report.attempt(`${variant.name} ${caseName}`, async () => {
        await checkPrompt(context, variant, caseName, row);
        await checkAnswers(context, variant, caseName, row);
      });
    }
  }
};
