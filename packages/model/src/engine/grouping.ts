import type { Dtype, TextConfig } from "@internvl/config";

/** What a model's decoder allows. */
export interface SharingRules {
  /**
   * Whether a row's numbers are the same whatever else is in its run. An int8 decoder rounds all activations of a run by
   * their largest, so its rows never share one.
   */
  independentRows: boolean;
  /** Whether a prompt's numbers are the same in whatever pieces it is read: in int8 they are read in those that they have alone. */
  independentPieces: boolean;
  /** Rows that may get longer stay by themselves: `dynamic` scaling rotates them by their own length from there on. */
  longestShared: number;
}

/**
 * @param decoder the variant of the decoder's graph
 * @param prompts that of the graph which reads prompts
 */
export function sharingRules(
  decoder: Dtype,
  prompts: Dtype,
  { rope_scaling, max_position_embeddings }: Pick<TextConfig, "rope_scaling" | "max_position_embeddings">,
): SharingRules {
  return {
    independentRows: decoder !== "int8",
    independentPieces: prompts !== "int8",
    longestShared: rope_scaling?.rope_type === "dynamic" ? max_position_embeddings : Number.POSITIVE_INFINITY,
  };
}

/** More rows in one run gain next to nothing, and each has to wait for all. */
const MOST_ROWS = 16;
/**
 * Hidden columns that a row may add to a run. Attention goes over the longest row for all of them; so much of it costs less
 * than what a row saves by sharing the weights (README, "Concurrent calls").
 */
const MOST_WASTE = 1024;

/**
 * The group that a row of `length` tokens joins: the one where it adds the fewest hidden columns, if they are few enough.
 *
 * @param groups the lengths of the rows of each group
 * @returns the index of the group; undefined when the row had better stay by itself
 */
export function groupFor(length: number, groups: readonly (readonly number[])[]): number | undefined {
  let best: number | undefined;
  let least = MOST_WASTE;
  for (const [index, lengths] of groups.entries()) {
    const waste = wasteOf([...lengths, length]) - wasteOf(lengths);
    if (lengths.length >= MOST_ROWS || waste > least) continue;
    best = index;
    least = waste;
  }
  return best;
}

/** Columns that are fed to a run of these rows and hidden. */
function wasteOf(lengths: readonly number[]): number {
  const longest = Math.max(...lengths);
  return lengths.reduce((sum, length) => sum + longest - length, 0);
}
