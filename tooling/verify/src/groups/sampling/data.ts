import type { GenerationOptions, PrefixAllowedTokensFn } from "@internvl/generation";
import type { GoldenFolder } from "../../golden/folder.js";
import { readTensors } from "../../golden/tensors.js";

/** What `tooling/reference/sampling.py` wrote, in a folder of this name. */
export const FOLDER = "sampling";

/** Options of `generate`, a function among them described by data. */
export type StoredOptions = Omit<GenerationOptions, "prefix_allowed_tokens_fn"> & {
  prefix_allowed_tokens_fn?: PrefixDescription;
};

/** For prompt b and a row of n tokens the list `n + batch_shift * b`, modulo the number of lists. */
interface PrefixDescription {
  by_length: number[][];
  batch_shift: number;
}

/** A table of logits that processors are run over: processors.json. */
export interface ProcessorCase {
  name: string;
  options: StoredOptions;
  input_ids: number[][];
  attention_mask: number[][] | null;
  prompt_length: number;
  vocab_size: number;
}

/** Prompts for a checkpoint. */
export interface PromptCase {
  name: string;
  /** A folder of tiny/. */
  checkpoint: string;
  input_ids: number[][];
  attention_mask: number[][];
  /** Tiles of each picture, by row. */
  num_patches_list: number[][];
  /** Names under tiny/inputs. */
  pixel_inputs: string[];
}

/** A call of `generate`: models.json. */
export interface GenerationCase extends PromptCase {
  options: StoredOptions;
  expected: {
    sequences: number[][];
    finish_reasons: string[];
    generated_tokens: number[];
    steps: number;
    beam_indices?: number[][];
  };
}

/** Labels of a forward pass: loss.json. */
export interface LossCase extends PromptCase {
  labels: number[][];
  loss_weight: number[][];
  loss: number;
  weighted_loss: number;
}

/** The tables of a case, by field. */
export type Tables = Readonly<Record<string, Float32Array>>;

/** The cases of one file, each with its tables; none when there is no such file. */
export async function readCases<T extends { name: string }>(
  golden: GoldenFolder,
  file: string,
): Promise<(T & { tables: Tables })[]> {
  const json = await golden.json<{ cases: T[] }>(`${FOLDER}/${file}.json`);
  if (json === undefined) return [];
  const tables = new Map<string, Record<string, Float32Array>>();
  if (golden.has(`${FOLDER}/${file}.safetensors`)) {
    for (const { caseName, field, data } of await readTensors(golden, FOLDER, `${file}.safetensors`)) {
      tables.set(caseName, { ...tables.get(caseName), [field]: data });
    }
  }
  return json.cases.map((row) => ({ ...row, tables: tables.get(row.name) ?? {} }));
}

/** The options as `generate` takes them. */
export function callOptions({ prefix_allowed_tokens_fn: prefix, ...options }: StoredOptions): GenerationOptions {
  return prefix === undefined ? options : { ...options, prefix_allowed_tokens_fn: prefixFunction(prefix) };
}

function prefixFunction({ by_length, batch_shift }: PrefixDescription): PrefixAllowedTokensFn {
  return (batch_id, input_ids) => by_length[(input_ids.length + batch_shift * batch_id) % by_length.length]!;
}
