import type { CacheDtype, DtypeOption } from "@internvl/config";
import { convertCheckpoint, readSafetensorsHeader } from "@internvl/convert";
import { MemoryFolder, RawImage, type Tensor } from "@internvl/core";
import type { GenerateArguments, InternVL2_5ForConditionalGeneration } from "@internvl/model";
import type { InternVL2_5Processor } from "@internvl/processor";
import { openStoredSink, webRuntime } from "@internvl/runtime-web";

/** A file of the reference data. Vite finds the addresses because this is written as it is. */
const tiny = (folder: string, name: string) =>
  new URL(`../../../tooling/verify/fixtures/tiny/${folder}/${name}`, import.meta.url);

/** The small random checkpoints of the reference data: one a kind of network. */
export const CHECKPOINTS = ["tiny-1b-tied", "tiny-4b", "tiny-8b", "tiny-38b"] as const;
export type Checkpoint = (typeof CHECKPOINTS)[number];

const TOKENIZERS = {
  "tokenizer-qwen2": ["merges.txt", "tokenizer.json", "vocab.json"],
  "tokenizer-internlm2": ["tokenizer.model"],
};

/** Where the files of a checkpoint and its tokenizer lie. */
function filesOf(checkpoint: Checkpoint): [string, string][] {
  const tokenizer = checkpoint === "tiny-8b" ? "tokenizer-internlm2" : "tokenizer-qwen2";
  const shared = ["added_tokens.json", "special_tokens_map.json", "tokenizer_config.json"];
  return [
    ...[...shared, ...TOKENIZERS[tokenizer]].map((name): [string, string] => [tokenizer, name]),
    ...["config.json", "generation_config.json", "model.safetensors"].map((name): [string, string] => [
      checkpoint,
      name,
    ]),
  ];
}

/** One case of the original code's numbers, generated with the end of the turn ignored. */
export interface Case {
  input_ids: number[][];
  attention_mask: number[][] | null;
  num_patches_list: number[][];
  pixel_inputs: string[];
  generated: number[][];
}

export async function goldenCases(checkpoint: Checkpoint = "tiny-4b"): Promise<Record<string, Case>> {
  const golden = (await (await fetch(tiny(checkpoint, "golden.json"))).json()) as { cases: Record<string, Case> };
  return golden.cases;
}

/** The original code's float32 numbers, by name: `one.last_logits`, `one.features`, … */
export async function goldenTensors(checkpoint: Checkpoint): Promise<(name: string) => Float32Array> {
  const name = "golden.safetensors";
  const bytes = new Uint8Array(await (await fetch(tiny(checkpoint, name))).arrayBuffer());
  const { tensors } = await readSafetensorsHeader(new MemoryFolder({ [name]: bytes }), name);
  return (tensor) => {
    const { offset, byteLength } = tensors.get(tensor)!;
    return new Float32Array(bytes.slice(offset, offset + byteLength).buffer);
  };
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
export async function tinyCheckpoint(checkpoint: Checkpoint = "tiny-4b"): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for (const [folder, file] of filesOf(checkpoint)) {
    const response = await fetch(tiny(folder, file));
    files[file] = new Uint8Array(await response.arrayBuffer());
  }
  return files;
}

/** Converts a checkpoint in the page, into the folder `name` of its storage. */
export async function convertTiny(
  name: string,
  checkpoint: Checkpoint = "tiny-4b",
  dtype: DtypeOption | readonly DtypeOption[] = "fp32",
  cache_dtype?: CacheDtype,
): Promise<void> {
  const source = new MemoryFolder(await tinyCheckpoint(checkpoint), checkpoint);
  await convertCheckpoint(source, await openStoredSink(name), { dtype, cache_dtype });
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
