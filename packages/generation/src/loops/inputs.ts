import { InternVLError } from "@internvl/core";
import type { ResolvedOptions } from "../resolve-options.js";
import type { GenerateTokensArguments, StepModel } from "../types.js";

/** Every row as long as the first prompt, every value an id. @throws InternVLError `INPUT_INVALID` */
export function assertRows(
  name: string,
  rows: readonly (readonly number[])[],
  prompts: readonly (readonly number[])[],
): void {
  const length = prompts[0]?.length ?? 0;
  const fits =
    rows.length === prompts.length &&
    length > 0 &&
    rows.every((row) => row.length === length && row.every((value) => Number.isSafeInteger(value) && value >= 0));
  if (fits) return;
  throw new InternVLError("INPUT_INVALID", {
    what: `${name} is no table of token ids`,
    expected: length > 0 ? `${prompts.length} rows of ${length} integers of at least 0` : "at least one row and token",
    got: `rows of ${rows.map((row) => row.length).join(", ") || "nothing"}`,
    fix: "Let the processor pad the prompts (padding: true).",
  });
}

/** Whether model and streamer can do what the options ask for. @throws InternVLError `INPUT_INVALID`, `UNSUPPORTED` */
export function assertMethods(
  { input_ids, model, streamer }: GenerateTokensArguments,
  options: ResolvedOptions,
  rowsPerPrompt: number,
): void {
  const { top_logprobs } = streamer ?? {};
  if (top_logprobs !== undefined && !(Number.isSafeInteger(top_logprobs) && top_logprobs >= 0)) {
    throw new InternVLError("INPUT_INVALID", {
      what: "A streamer cannot have as many alternatives as it asks for",
      expected: "top_logprobs as an integer of at least 0",
      got: String(top_logprobs),
    });
  }
  if (rowsPerPrompt > 1) assertCan(model, ["reorder"], "num_beams and num_return_sequences");
  if (options.num_beams > 1 && streamer !== undefined) {
    throw new InternVLError("INPUT_INVALID", {
      what: "A beam search cannot be streamed: its answer is only known at the end",
      expected: "num_beams 1 with a streamer",
      got: `num_beams ${options.num_beams}`,
      fix: "Leave the streamer out, or the beams.",
    });
  }
  if (options.prompt_lookup_num_tokens === undefined) return;
  assertCan(model, ["read", "forget"], "prompt_lookup_num_tokens");
  if (input_ids.length > 1) {
    throw new InternVLError("INPUT_INVALID", {
      what: "prompt_lookup_num_tokens is for one prompt at a time",
      expected: "1 row",
      got: String(input_ids.length),
      fix: "Leave it out, or generate the rows one after the other.",
    });
  }
}

function assertCan(model: StepModel, methods: readonly (keyof StepModel)[], options: string): void {
  const missing = methods.find((method) => model[method] === undefined);
  if (missing === undefined) return;
  throw new InternVLError("UNSUPPORTED", {
    what: `This model cannot do what ${options} needs`,
    expected: `a StepModel with ${methods.join(" and ")}`,
    got: `one without ${missing}`,
  });
}
