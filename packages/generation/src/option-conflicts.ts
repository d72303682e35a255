import { InternVLError } from "@internvl/core";
import type { ResolvedOptions } from "./resolve-options.js";

/**
 * Options that exclude each other, which Transformers' `GenerationConfig.validate` and `_validate_generation_mode` refuse.
 *
 * @throws InternVLError `INPUT_INVALID`
 */
export function assertCompatible(options: ResolvedOptions): void {
  const { num_beams, num_return_sequences, do_sample, prompt_lookup_num_tokens } = options;
  if (num_return_sequences > 1 && num_beams === 1 && !do_sample) {
    throw new InternVLError("INPUT_INVALID", {
      what: "Several answers to one prompt would all be the same",
      expected: "num_return_sequences 1, or do_sample, or num_beams above 1",
      got: `num_return_sequences ${num_return_sequences}`,
      fix: "Set do_sample to true, or num_beams to at least num_return_sequences.",
    });
  }
  if (num_beams > 1 && num_return_sequences > num_beams) {
    throw new InternVLError("INPUT_INVALID", {
      what: "A beam search has no more answers than beams",
      expected: `num_return_sequences of at most num_beams, ${num_beams}`,
      got: String(num_return_sequences),
      fix: "Raise num_beams.",
    });
  }
  if (prompt_lookup_num_tokens !== undefined && (num_beams > 1 || num_return_sequences > 1)) {
    throw new InternVLError("INPUT_INVALID", {
      what: "prompt_lookup_num_tokens is for one answer without beams",
      expected: "num_beams 1 and num_return_sequences 1",
      got: `num_beams ${num_beams}, num_return_sequences ${num_return_sequences}`,
      fix: "Leave it out.",
    });
  }
  assertForcedAllowed("forced_bos_token_id", options.forced_bos_token_id, options.suppress_tokens);
  assertForcedAllowed("forced_eos_token_id", options.forced_eos_token_ids, options.suppress_tokens);
  if (options.exponential_decay_length_penalty !== undefined && options.eos_token_ids.length === 0) {
    throw new InternVLError("INPUT_INVALID", {
      what: "exponential_decay_length_penalty has no end to make likelier",
      expected: "eos_token_id",
      got: "none",
    });
  }
}

function assertForcedAllowed(
  name: string,
  forced: number | readonly number[] | undefined,
  suppressed: readonly number[],
): void {
  const ids = typeof forced === "number" ? [forced] : (forced ?? []);
  if (ids.length === 0 || ids.some((id) => !suppressed.includes(id))) return;
  throw new InternVLError("INPUT_INVALID", {
    what: `${name} and suppress_tokens together leave no token`,
    expected: "a forced token that is not suppressed",
    got: ids.join(", "),
    fix: "Take it out of one of them; against an early end use min_new_tokens.",
  });
}
