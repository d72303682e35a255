import { convertCheckpoint } from "@internvl/convert";
import { MemoryFolder, RawImage, type Tensor } from "@internvl/core";
import type { GenerateArguments, InternVL2_5ForConditionalGeneration } from "@internvl/model";
import type { InternVL2_5Processor } from "@internvl/processor";
import { openStoredSink, webRuntime } from "@internvl/runtime-web";

/** A file of the reference data. Vite finds the addresses because this is written as it is. */
const tiny = (folder: string, name: string) =>
  new URL(`../../../tooling/verify/fixtures/tiny/${folder}/${name}`, import.meta.url);

/** The small random checkpoint of the reference data, and its tokenizer. */
const FILES: readonly [string, string][] = [
  ["tokenizer-qwen2", "added_tokens.json"],
  ["tokenizer-qwen2", "merges.txt"],
  ["tokenizer-qwen2", "special_tokens_map.json"],
  ["tokenizer-qwen2", "tokenizer.json"],
  ["tokenizer-qwen2", "tokenizer_config.json"],
  ["tokenizer-qwen2", "vocab.json"],
  ["tiny-4b", "config.json"],
  ["tiny-4b", "generation_config.json"],
  ["tiny-4b", "model.safetensors"],
];

/** One case of the original code's numbers, generated with the end of the turn ignored. */
export interface Case {
  input_ids: number[][];
  attention_mask: number[][] | null;
  num_patches_list: number[][];
  pixel_inputs: string[];
  generated: number[][];
}

export async function goldenCases(): Promise<Record<string, Case>> {
  const golden = (await (await fetch(tiny("tiny-4b", "golden.json"))).json()) as { cases: Record<string, Case> };
  return golden.cases;
}

/** A sampled call of Transformers' `generate`, whose draws are ours. */
export interface SampledCase extends Pick<Case, "input_ids" | "num_patches_list" | "pixel_inputs"> {
  name: string;
  checkpoint: string;
  attention_mask: number[][];
  options: Partial<GenerateArguments>;
  expected: { sequences: number[][] };
}

/** Those that sample from this checkpoint. */
export async function sampledCases(): Promise<SampledCase[]> {
  const url = new URL("../../../tooling/verify/fixtures/sampling/models.json", import.meta.url);
  const { cases } = (await (await fetch(url)).json()) as { cases: SampledCase[] };
  return cases.filter(({ checkpoint, options }) => checkpoint === "tiny-4b" && options.do_sample);
}

/** The checkpoint's files, by their names. */
export async function tinyCheckpoint(): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for (const [folder, file] of FILES) {
    const response = await fetch(tiny(folder, file));
    files[file] = new Uint8Array(await response.arrayBuffer());
  }
  return files;
}

/** Converts the checkpoint in the page, into the folder `name` of its storage. */
export async function convertTiny(name: string): Promise<void> {
  const source = new MemoryFolder(await tinyCheckpoint(), "tiny-4b");
  await convertCheckpoint(source, await openStoredSink(name), { dtype: "fp32" });
}

/** The tiles of a case: each of its pictures is a column of them. */
export async function pixelsOf(
  { pixel_inputs }: Pick<Case, "pixel_inputs">,
  processor: InternVL2_5Processor,
): Promise<Tensor | undefined> {
  const tiles: RawImage[] = [];
  for (const name of pixel_inputs) {
    const { data, width, height } = await webRuntime.media.decodeImage(tiny("inputs", `${name}.png`));
    const bytes = width * width * 3;
    for (let at = 0; at < height / width; at++) {
      tiles.push(new RawImage(data.subarray(at * bytes, (at + 1) * bytes), width, width, 3));
    }
  }
  if (tiles.length === 0) return undefined;
  return (await processor.image_processor(tiles, { crop_to_patches: false })).pixel_values;
}

/** What the model adds to the prompts of a case, as many tokens as the original code added. */
export async function continuation(
  model: InternVL2_5ForConditionalGeneration,
  processor: InternVL2_5Processor,
  row: Case,
): Promise<number[][]> {
  const { input_ids, attention_mask, num_patches_list, generated } = row;
  const pixel_values = await pixelsOf(row, processor);
  const output = await model.generate({
    input_ids,
    max_new_tokens: generated[0]!.length,
    do_sample: false,
    eos_token_id: null,
    ...(attention_mask !== null && { attention_mask }),
    ...(pixel_values !== undefined && { pixel_values, num_patches: num_patches_list.flat() }),
  });
  return output.map((ids) => ids.slice(input_ids[0]!.length));
}
