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
 * @param perSample how many of a sample's questions. Default: all
 */
export function demoGroup(checkpoint: ModelFiles, reference: DemoReference, perSample?: number): Group {
  return async ({ platform, report }) => {
    for (const [dtype, expected] of Object.entries(reference) as [Dtype, DemoAnswer[]][]) {
      await report.attempt(dtype, async () => {
        const answers = await answerSamples(checkpoint, platform, dtype, perSample);
        const wanted = firstOfEach(expected, perSample);
        report.same(`${dtype} questions`, answers.map(nameOf), wanted.map(nameOf));
        for (const [index, answer] of answers.entries()) {
          report.same(`${dtype} ${nameOf(answer)}`, answer.tokens, wanted[index]?.tokens);
        }
      });
    }
  };
}

/** As many answers about each sample. */
function firstOfEach(answers: readonly DemoAnswer[], perSample = Number.POSITIVE_INFINITY): DemoAnswer[] {
  return answers.filter(
    ({ file }, index) => answers.slice(0, index).filter((before) => before.file === file).length < perSample,
  );
}

function nameOf({ file, question }: DemoAnswer): string {
  return `${file} "${question}"`;
}
