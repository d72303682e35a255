import { processLogits } from "@internvl/generation";
import type { GroupContext } from "../group.js";
import { closeScores, type Tolerance } from "./compare.js";
import { callOptions, type ProcessorCase, readCases } from "./data.js";

const TO_THE_BIT: Tolerance = { within: 0 };

/** Where a sum of exponentials, in float32 in Transformers, is in what comes out. */
const SUMMED: Tolerance = { within: 1e-6, relative: true };

/** The chain of processors over plain tables of logits: which tokens are ruled out, and the scores of the others. */
export async function checkProcessors({ golden, report }: GroupContext): Promise<void> {
  for (const row of await readCases<ProcessorCase>(golden, "processors")) {
    const { name, options, input_ids, attention_mask, prompt_length, vocab_size, tables } = row;
    await report.attempt(name, () => {
      const scores = processLogits({
        ...callOptions(options),
        ...{ input_ids, prompt_length, vocab_size },
        attention_mask: attention_mask ?? undefined,
        scores: tables["logits"]!,
      });
      closeScores(report, name, scores, tables["expected"]!, options.renormalize_logits ? SUMMED : TO_THE_BIT);
    });
  }
}
