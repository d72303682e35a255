import { processLogits } from "@internvl/generation";
import type { GroupContext } from "../group.js";
import { closeScores } from "./compare.js";
import { callOptions, type ProcessorCase, readCases } from "./data.js";

/** Where Transformers sums exponentials in float32 and the sum is in what comes out; all else agrees to the bit. */
const SUMMED = 1e-6;

/** The chain of processors over plain tables of logits: which tokens are ruled out, and the scores of the others. */
export async function checkProcessors({ golden, report }: GroupContext): Promise<void> {
  for (const { name, options, tables, attention_mask, ...rest } of await readCases<ProcessorCase>(
    golden,
    "processors",
  )) {
    await report.attempt(name, () => {
      const scores = processLogits({
        ...callOptions(options),
        input_ids: rest.input_ids,
        attention_mask: attention_mask ?? undefined,
        prompt_length: rest.prompt_length,
        vocab_size: rest.vocab_size,
        scores: tables["logits"]!,
      });
      closeScores(report, name, scores, tables["expected"]!, options.renormalize_logits ? SUMMED : 0);
    });
  }
}
