import { findVariants } from "../golden/variants.js";
import type { Group } from "./group.js";

/**
 * Checkpoints as the merged Transformers classes write them, `hf/` and golden_hf.*. That dialect is not read yet, so that
 * everything here is counted as skipped.
 */
export const dialects: Group = async ({ golden, report }) => {
  const merged = findVariants(golden).filter(({ name }) => golden.has(`tiny/${name}/hf/config.json`));
  if (merged.length === 0) report.skip("no checkpoint with hf/");
  else report.skip("dialect", merged.length);
};
