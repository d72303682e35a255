import type { Dtype } from "@internvl/config";
import type { ModelFiles } from "@internvl/core";
import type { Group } from "../groups/group.js";
import { answerSamples, type DemoAnswer } from "./answers.js";
import { type ChosenToken, tiedAt } from "./ties.js";

/** Its name in the table. Only browsers have it. */
export const DEMO = "demo";

/** Answers of another platform, by dtype. */
export type DemoReference = Partial<Record<Dtype, DemoAnswer[]>>;

/**
 * The demo model gives here, token for token, what it gives elsewhere; where two tokens tie, up to there.
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
          const there = wanted[index]?.tokens ?? [];
          const end = tiedAt(answer.tokens, there, dtype === "int8") ?? there.length;
          if (end < there.length) report.note(`${dtype} ${nameOf(answer)} is compared up to a tie at token ${end}`);
          const idsOf = (tokens: readonly ChosenToken[]) => tokens.map(({ token }) => token);
          const own = end < there.length ? answer.tokens.slice(0, end) : answer.tokens;
          report.same(`${dtype} ${nameOf(answer)}`, idsOf(own), idsOf(there.slice(0, end)));
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
