import type { GenerateResult } from "@internvl/model";
import type { GroupReport } from "../../report.js";
import type { GroupContext } from "../group.js";
import { callOptions, type GenerationCase, readCases, type Tables } from "./data.js";
import { openPrompt } from "./prompts.js";
import { checkScores } from "./scores.js";

type Case = GenerationCase & { tables: Tables };

/** Calls of `generate`: tokens, why rows end, beams, and the scores and logits of every step. */
export async function checkGenerations(context: GroupContext): Promise<void> {
  const { golden, report } = context;
  for (const row of await readCases<GenerationCase>(golden, "models")) {
    const check = `${row.checkpoint} ${row.name}`;
    await report.attempt(check, async () => {
      const prompt = await openPrompt(context, row);
      if (prompt === undefined) return;
      const { model, inputs } = prompt;
      const options = callOptions(row.options);
      const asked = { ...inputs, ...options, generation_config: {} };
      const result = await model.generate({
        ...asked,
        ...{ output_scores: true, output_logits: true, return_dict_in_generate: true },
      });
      result.past_key_values?.dispose();
      checkTokens(report, check, row, result);
      checkScores(report, check, row, result, model.config.text_config.vocab_size);
      if (options.return_dict_in_generate === false) {
        report.same(`${check} without return_dict`, await model.generate(asked), row.expected.sequences);
      }
    });
  }
}

function checkTokens(report: GroupReport, check: string, { expected }: Case, result: GenerateResult): void {
  report.same(`${check} sequences`, result.sequences, expected.sequences);
  report.same(`${check} finish_reasons`, result.finish_reasons, expected.finish_reasons);
  report.same(`${check} generated_tokens`, result.generated_tokens, expected.generated_tokens);
  report.same(`${check} steps`, result.scores!.length, expected.steps);
  report.same(`${check} beam_indices`, result.beam_indices, expected.beam_indices);
}
