import { InternVLError } from "@internvl/core";
import type { BatchLogitsProcessor, ScoredRow } from "./processor.js";

/**
 * Which tokens may follow.
 *
 * @param batch_id the index of the prompt; with `num_return_sequences` and no beams, of the row
 * @param input_ids the row so far: padding, prompt, new tokens
 * @returns token ids, at least one
 */
export type PrefixAllowedTokensFn = (batch_id: number, input_ids: readonly number[]) => readonly number[];

/**
 * Only what `allowed` returns may follow. Where other processors ruled all of that out, in every beam of a prompt, it is
 * allowed all the same, each token alike. Transformers' `PrefixConstrainedLogitsProcessor`.
 */
export function prefixAllowedTokens(allowed: PrefixAllowedTokensFn, num_beams: number): BatchLogitsProcessor {
  return {
    processRows(rows) {
      const prompts = new Set(rows.map(({ row }) => Math.floor(row / num_beams)));
      for (const batch_id of prompts) {
        const beams = rows.filter(({ row }) => Math.floor(row / num_beams) === batch_id);
        const lists = beams.map(({ input_ids }) => nonEmpty(allowed(batch_id, input_ids), batch_id));
        const possible = beams.map((beam, index) => keepOnly(beam, lists[index]!));
        if (possible.some(Boolean)) continue;
        for (const [index, { scores }] of beams.entries()) for (const id of lists[index]!) scores[id] = 0;
      }
    },
  };
}

/** Whether anything is left. */
function keepOnly({ scores }: ScoredRow, ids: readonly number[]): boolean {
  const kept = ids.map((id) => scores[id]!);
  scores.fill(Number.NEGATIVE_INFINITY);
  for (const [index, id] of ids.entries()) scores[id] = kept[index]!;
  return kept.some((score) => score > Number.NEGATIVE_INFINITY);
}

function nonEmpty(ids: readonly number[], batch_id: number): readonly number[] {
  if (ids.length > 0) return ids;
  throw new InternVLError("INPUT_INVALID", {
    what: `prefix_allowed_tokens_fn allows no token at all for prompt ${batch_id}`,
    expected: "at least one token id",
    fix: "Return eos_token_id where an answer has to end.",
  });
}
