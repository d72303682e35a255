import { type JsonObject, MemoryFolder, type ModelFiles } from "@internvl/core";
import type { GroupContext } from "../groups/group.js";
import type { GoldenFolder } from "./folder.js";
import { LayeredFiles } from "./layered-files.js";

/** One case of golden.json. Rows are the rows of a batch, padded on the left. */
export interface GoldenCase {
  prompt_before_image_expansion: string[];
  /** Tiles of each picture, by row. */
  num_patches_list: number[][];
  /** Names under tiny/inputs. */
  pixel_inputs: string[];
  pixel_sha256_f32: string | null;
  input_ids: number[][];
  attention_mask: number[][] | null;
  position_ids: number[][] | null;
  sampled_positions: number[];
  features_token_index?: number[];
  features_norm?: number[];
  vit_last_token_index?: number[];
  generated: number[][];
  generated_text: string[];
}

/** golden.json of a variant. */
export interface VariantJson {
  num_image_token: number;
  vocab_size: number;
  token_ids: Record<string, number>;
  pad_token_id: number;
  /** A folder of tiny/. */
  tokenizer: string;
  cases: Record<string, GoldenCase>;
}

/** A small random checkpoint with its numbers. */
export interface Variant {
  name: string;
  config: JsonObject;
  /** Absent where the folder has no golden.json. */
  golden?: VariantJson;
}

/** All checkpoints under tiny/, whatever their names. */
export async function findVariants(golden: GoldenFolder): Promise<Variant[]> {
  const variants: Variant[] = [];
  for (const name of golden.list("tiny")) {
    const config = await golden.json<JsonObject>(`tiny/${name}/config.json`);
    if (config === undefined) continue;
    variants.push({ name, config, golden: await golden.json<VariantJson>(`tiny/${name}/golden.json`) });
  }
  return variants;
}

/** A variant that can be run. */
export type RunnableVariant = Variant & { golden: VariantJson };

export function isRunnable(variant: Variant): variant is RunnableVariant {
  return variant.golden !== undefined;
}

/** The variants that have numbers and that the platform takes, the others counted as skipped. */
export async function runnableVariants({
  golden,
  platform,
  report,
}: Pick<GroupContext, "golden" | "platform" | "report">): Promise<RunnableVariant[]> {
  const variants = await findVariants(golden);
  if (variants.length === 0) report.skip("no checkpoint under tiny/");
  for (const { golden: numbers, name } of variants)
    if (numbers === undefined) report.skip(`${name} without golden.json`);
  const runnable = variants.filter(isRunnable);
  const taken = runnable.filter(({ name }) => platform.takes?.(name) ?? true);
  report.skip(`checkpoints that are too slow on ${platform.device} here`, runnable.length - taken.length);
  return taken;
}

/** A variant as the merged classes' own conversion wrote it; `rest` has what `hf/` leaves out. */
export function mergedFiles(golden: GoldenFolder, { name }: RunnableVariant, rest: ModelFiles): ModelFiles {
  return new LayeredFiles(`${name}/hf`, [golden.files(`tiny/${name}/hf`), rest]);
}

/** The files of a variant with its tokenizer, as a published checkpoint has them; `changes` replace parts of config.json. */
export function checkpointFiles(golden: GoldenFolder, variant: RunnableVariant, changes: JsonObject = {}): ModelFiles {
  const config = JSON.stringify({ ...variant.config, ...changes });
  return new LayeredFiles(variant.name, [
    new MemoryFolder({ "config.json": config }),
    golden.files(`tiny/${variant.name}`),
    golden.files(`tiny/${variant.golden.tokenizer}`),
  ]);
}
