import type { GroupContext } from "../group.js";
import { type LossCase, readCases } from "./data.js";
import { openPrompt, TOLERANCE } from "./prompts.js";

/** `loss` of labels, alone and weighted. */
export async function checkLosses(context: GroupContext): Promise<void> {
  const { golden, report } = context;
  for (const row of await readCases<LossCase>(golden, "loss")) {
    await report.attempt(`loss ${row.name}`, async () => {
      const prompt = await openPrompt(context, row);
      if (prompt === undefined) return;
      const { model, inputs } = prompt;
      const { labels, loss_weight } = row;
      for (const [check, weights, expected] of [
        ["loss", undefined, row.loss],
        ["weighted loss", loss_weight, row.weighted_loss],
      ] as const) {
        const { loss, past_key_values } = await model.forward({ ...inputs, labels, loss_weight: weights });
        past_key_values?.dispose();
        report.close(`${check} ${row.name}`, [loss ?? Number.NaN], [expected], TOLERANCE);
      }
    });
  }
}
