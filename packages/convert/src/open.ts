import { type DialectName, dialectOf, InternVL2_5Config } from "@internvl/config";
import { type ModelFiles, readJsonObject } from "@internvl/core";
import { InternVL2_5Processor } from "@internvl/processor";
import {
  Checkpoint,
  expectTensors,
  type OriginalTensorConfig,
  originalTensorSpecs,
  POSITION_EMBEDDING_NAME,
  type TensorSource,
  withoutTensors,
} from "./checkpoint/index.js";
import { asOriginal, assertNamesOf, transformersSpecs, withFileNames } from "./names/index.js";
import { positionGrid } from "./positions/resize.js";

/** A checkpoint of any dialect, seen as the original's. */
export interface OpenWeights {
  /** The files as they are, for counts. */
  readonly checkpoint: Checkpoint;
  /** The network's tensors under the original's names, in its shapes; position embeddings in their own size. */
  readonly tensors: TensorSource;
  /** Names, as the files have them, of tensors that the network does not have. */
  readonly unused: readonly string[];
}

/** What of a checkpoint can be known and checked before its weights are read. */
export interface OpenCheckpoint extends OpenWeights {
  readonly dialect: DialectName;
  readonly config: InternVL2_5Config;
  readonly processor: InternVL2_5Processor;
}

/**
 * Opens a checkpoint's folder: config.json, headers of the weights, tokenizer.
 *
 * @throws InternVLError `CONFIG_INVALID`, `CHECKPOINT_INVALID` (all that is wrong with the tensors at once),
 *   `TOKENIZER_INVALID`, `FILE_NOT_FOUND`, `FILE_INVALID`, `UNSUPPORTED`
 */
export async function openCheckpoint(
  source: ModelFiles,
  options: { signal?: AbortSignal } = {},
): Promise<OpenCheckpoint> {
  const { dialect, config: read } = await openConfig(source, options);
  const weights = await openWeights(source, dialect, read, options);
  const processor = await InternVL2_5Processor.from_pretrained(source, options);
  // Two dialects leave these ids to the tokenizer.
  const config = read.with({
    image_token_id: processor.image_token_id,
    image_start_token_id: processor.start_image_token_id,
    image_end_token_id: processor.end_image_token_id,
  });
  return { ...weights, dialect, config, processor };
}

/** The configuration, and the dialect that its file is written in. @throws as `openCheckpoint` */
export async function openConfig(
  source: ModelFiles,
  options: { signal?: AbortSignal } = {},
): Promise<{ dialect: DialectName; config: InternVL2_5Config }> {
  const config = await InternVL2_5Config.from_pretrained(source, options);
  return { dialect: dialectOf(await readJsonObject(source, "config.json", options)), config };
}

/** The weights, checked against `config`. @throws as `openCheckpoint` */
export async function openWeights(
  source: ModelFiles,
  dialect: DialectName,
  config: OriginalTensorConfig & InternVL2_5Config,
  options: { signal?: AbortSignal } = {},
): Promise<OpenWeights> {
  const checkpoint = await Checkpoint.open(source, options);
  assertNamesOf(dialect, checkpoint);
  if (dialect !== "transformers") {
    const specs = specsFor(checkpoint, POSITION_EMBEDDING_NAME, config);
    const unused = expectTensors(checkpoint, specs, { problems: checkpoint.problems });
    return { checkpoint, tensors: withoutTensors(checkpoint, unused), unused: withoutDerived(unused) };
  }
  const { tensors, problems } = withFileNames(checkpoint);
  const specs = transformersSpecs(specsFor(tensors, "vision_tower.embeddings.position_embeddings", config), config);
  const unused = expectTensors(tensors, specs, { problems: [...checkpoint.problems, ...problems] });
  const known = withoutTensors(tensors, unused);
  return { checkpoint, tensors: asOriginal(known, config), unused: withoutDerived(unused) };
}

/** The network's tensors; a grid of position embeddings may have any size, since it is resized where it is used. */
function specsFor(tensors: TensorSource, positions: string, config: OriginalTensorConfig) {
  const grid = tensors.has(positions) ? positionGrid(tensors.get(positions).shape) : undefined;
  return originalTensorSpecs(config, grid);
}

/** Some programs store what is computed from the configuration; nothing is lost with it. */
function withoutDerived(names: readonly string[]): string[] {
  return names.filter((name) => !/\.rotary_emb\.inv_freq$|\.position_ids$/.test(name));
}
