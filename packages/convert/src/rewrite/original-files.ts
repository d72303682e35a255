import {
  type FileSink,
  type JsonObject,
  MemoryFolder,
  type ModelFiles,
  readJsonObject,
  writeFile,
} from "@internvl/core";
import type { InternVL2_5Processor } from "@internvl/processor";
import { carryFiles, SLOW_TOKENIZER_FILES } from "./carry.js";
import { writeJson } from "./write-json.js";

/** Fields of tokenizer_config.json that only Transformers' processor asks for. */
const FOREIGN_FIELDS: readonly string[] = [
  "start_image_token",
  "end_image_token",
  "context_image_token",
  "video_token",
  "extra_special_tokens",
  "model_specific_special_tokens",
  "processor_class",
];

/**
 * The processor's files as OpenGVLab's folders have them: preprocessor_config.json of CLIP, which says nothing of tiles
 * (config.json does), and a slow tokenizer's files: the source's own or, where it has only a tokenizer.json, the same
 * vocabulary taken out of that.
 */
export async function writeOriginalFiles(
  source: ModelFiles,
  sink: FileSink,
  processor: InternVL2_5Processor,
  options: { signal?: AbortSignal },
): Promise<void> {
  await writeJson(sink, "preprocessor_config.json", clipJson(processor.image_processor));
  const folder = new MemoryFolder();
  await processor.tokenizer.save_pretrained(folder);
  const config = await readJsonObject(folder, "tokenizer_config.json");
  for (const name of FOREIGN_FIELDS) delete config[name];
  const carried = await carryFiles(source, sink, SLOW_TOKENIZER_FILES, options);
  if (carried.length === 0) await writeVocabulary(sink, await readJsonObject(folder, "tokenizer.json"), config);
  await writeJson(sink, "tokenizer_config.json", config);
  await writeFile(sink, "special_tokens_map.json", await folder.read("special_tokens_map.json"));
}

/** As the published folders have it, word for word. */
function clipJson({ size, image_mean, image_std, resample }: InternVL2_5Processor["image_processor"]): JsonObject {
  return {
    crop_size: size.height,
    do_center_crop: true,
    do_normalize: true,
    do_resize: true,
    feature_extractor_type: "CLIPFeatureExtractor",
    image_mean,
    image_std,
    resample,
    size: size.height,
  };
}

/** vocab.json, merges.txt and added_tokens.json; a SentencePiece model cannot be had back, so tokenizer.json stays there. */
async function writeVocabulary(sink: FileSink, tokenizer: JsonObject, config: JsonObject): Promise<void> {
  if (config.tokenizer_class !== "Qwen2Tokenizer") {
    await writeFile(sink, "tokenizer.json", JSON.stringify(tokenizer));
    return;
  }
  const { vocab, merges } = tokenizer.model as { vocab: JsonObject; merges: (string | string[])[] };
  const lines = merges.map((merge) => (typeof merge === "string" ? merge : merge.join(" ")));
  const added = (tokenizer.added_tokens as { content: string; id: number }[]).filter(
    ({ content }) => !(content in vocab),
  );
  await writeFile(sink, "vocab.json", JSON.stringify(vocab));
  await writeFile(sink, "merges.txt", `#version: 0.2\n${lines.join("\n")}\n`);
  await writeJson(sink, "added_tokens.json", Object.fromEntries(added.map(({ content, id }) => [content, id])));
}
