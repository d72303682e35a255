import type { Dtype } from "@internvl/config";
import type { ModelFiles } from "@internvl/core";
import type { Group } from "../groups/group.js";
import { answerSamples, type DemoAnswer } from "./answers.js";

/** Its name in the table. Only browsers have it. */
export const DEMO = "demo";

/** Answers of another platform, by dtype. */
export type DemoReference = Partial<Record<Dtype, DemoAnswer[]>>;

/**
 * The demo model gives here, token for token, what it gives elsewhere.
 *
 * @param perSample as many questions of each sample as the reference has. Default: all
 */
export function demoGroup(checkpoint: ModelFiles, reference: DemoReference, perSample?: number): Group {
  return async ({ platform, report }) => {
    for (const [dtype, expected] of Object.entries(reference) as [Dtype, DemoAnswer[]][]) {
      await report.attempt(dtype, async () => {
        const answers = await answerSamples(checkpoint, platform, dtype, perSample);
        report.same(`${dtype} questions`, answers.map(nameOf), expected.map(nameOf));
        for (const [index, answer] of answers.entries()) {
          report.same(`${dtype} ${nameOf(answer)}`, answer.tokens, expected[index]?.tokens);
        }
      });
    }
  };
}

function nameOf({ file, question }: DemoAnswer): string {
  return `${file} "${question}"`;
}
