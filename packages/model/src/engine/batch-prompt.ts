import { placesBehind, type TilePlaces } from "./image-places.js";
import { isStretched, type RotaryConfig } from "./rotary.js";

/**
 * Shorter prompts are read side by side: a product of so few rows takes about as long as one of several times as many. Longer
 * ones fill a run by themselves.
 */
const SHORT = 32;

/** What is read of a batch. */
interface BatchPrompt {
  /** `[batch][length]`, nothing of it cached. */
  input_ids: readonly (readonly number[])[];
  attention_mask: readonly (readonly number[])[];
  places: readonly TilePlaces[];
}

/** One row of a batch without its padding: a prompt by itself. */
export interface RowPrompt {
  input_ids: number[][];
  attention_mask: number[][];
  places: readonly TilePlaces[];
}

/**
 * A batch's prompts one by one, where that gives the same numbers and is no more work: no padding is computed, and a row
 * may go on from what the rows before it have read.
 *
 * @returns undefined for a batch whose rows had better be read side by side
 */
export function rowPrompts(
  { input_ids, attention_mask, places }: BatchPrompt,
  rotary: RotaryConfig,
): RowPrompt[] | undefined {
  const length = input_ids[0]!.length;
  if (input_ids.length === 1 || length <= SHORT || isStretched(rotary, length)) return undefined;
  const rows = input_ids.map((row, index): RowPrompt | undefined => {
    const mask = attention_mask[index]!;
    const padding = mask.indexOf(1);
    if (padding === -1 || mask.includes(0, padding)) return undefined;
    return {
      input_ids: [row.slice(padding)],
      attention_mask: [mask.slice(padding)],
      places: placesBehind(places, index * length + padding, (index + 1) * length),
    };
  });
  // A tile that is part of two rows belongs to neither.
  const placed = rows.reduce((sum, row) => sum + (row?.places.length ?? 0), 0);
  return placed === places.length && rows.every((row) => row !== undefined) ? rows : undefined;
}
