import type { DialectName, InternVL2_5Config } from "@internvl/config";
import { type FileSink, InternVLError, type LongCallOptions, type ModelFiles, throwIfAborted } from "@internvl/core";
import type { AdapterInput } from "../adapters.js";
import type { TensorSource } from "../checkpoint/index.js";
import { readGenerationConfig } from "../generation-config.js";
import { asTransformers } from "../names/index.js";
import { type OpenCheckpoint, openCheckpoint } from "../open.js";
import { castTo } from "../quantise/index.js";
import { carryFiles, SLOW_TOKENIZER_FILES } from "./carry.js";
import { writeOriginalFiles } from "./original-files.js";
import { writeShards } from "./shards.js";
import { writeTransformersFiles } from "./transformers-files.js";

export interface RewriteOptions extends LongCallOptions {
  /** The dialect to write. */
  to: DialectName;
  /** LoRA adapters, merged into the weights; what they change is rounded to the dtype that it had. */
  adapters?: readonly AdapterInput[];
  /** Bytes a file. Default 5 GB, as Transformers 4 has it. */
  max_shard_size?: number;
}

export interface Rewriting {
  config: InternVL2_5Config;
  /** Bytes of all tensors. */
  byteLength: number;
  /** Names of the checkpoint's tensors that the network does not have; they are not written. */
  unused: readonly string[];
}

const DEFAULT_SHARD_SIZE = 5_000_000_000;

/**
 * Writes a checkpoint of any dialect in another one: weights (their numbers and dtypes unchanged), config.json,
 * generation_config.json, and the files of processor, tokenizer and template. What a config.json holds beside the known
 * fields goes along. config.json comes last.
 *
 * @throws InternVLError as `convertCheckpoint`; `UNSUPPORTED` for what the dialect cannot say
 */
export async function rewriteCheckpoint(
  source: ModelFiles,
  target: FileSink,
  options: RewriteOptions,
): Promise<Rewriting> {
  const { to, adapters, max_shard_size = DEFAULT_SHARD_SIZE, signal, progress_callback } = options;
  const opened = await openCheckpoint(source, { adapters, signal, progress_callback });
  const { processor, unused } = opened;
  const config = configFor(to, opened);
  const stored = inStoredDtypes(opened);
  const tensors = to === "transformers" ? asTransformers(stored, config) : stored;
  const weights = tensors.names().map((name) => tensors.get(name));
  const byteLength = await writeShards(target, weights, { max_shard_size, signal, progress_callback });

  throwIfAborted(signal, "The conversion was aborted");
  if (to === "original") await writeOriginalFiles(source, target, processor, { signal });
  else {
    await carryFiles(source, target, SLOW_TOKENIZER_FILES, { signal });
    if (to === "transformers") await writeTransformersFiles(target, processor);
    else await processor.save_pretrained(target);
  }
  await (await readGenerationConfig(source, config, processor, { signal })).save_pretrained(target);
  await config.save_pretrained(target, { dialect: to });
  return { config, byteLength, unused };
}

/** Merged weights in the dtype that they had; the others are in theirs already. */
function inStoredDtypes({ tensors, storedDtype }: OpenCheckpoint): TensorSource {
  return {
    name: tensors.name,
    names: () => tensors.names(),
    has: (name) => tensors.has(name),
    get: (name) => castTo(storedDtype(name), tensors.get(name)),
  };
}

/** The configuration as the dialect needs it. */
function configFor(to: DialectName, { config, dialect, tensors }: OpenCheckpoint): InternVL2_5Config {
  if (to !== "transformers" || dialect === "transformers") return config;
  if (config.pixel_shuffle_version !== "v2") {
    throw new InternVLError("UNSUPPORTED", {
      what: "The classes of Transformers cannot compute this model",
      expected: 'pixel_shuffle_version "v2"',
      got: `"${config.pixel_shuffle_version}", which leaves rows and columns of the image tokens swapped`,
      fix: "Convert to onnx, seed or original instead.",
    });
  }
  // Transformers goes by the configuration alone, and the original by whether there is a matrix.
  const { text_config } = config;
  const outputs = ["language_model.lm_head.weight", "language_model.output.weight"];
  const tie_word_embeddings = !outputs.some((name) => tensors.has(name));
  return tie_word_embeddings === text_config.tie_word_embeddings
    ? config
    : config.with({ text_config: text_config.with({ tie_word_embeddings }) });
}
