import { type DialectName, dialectOf, fieldInFile, InternVL2_5Config } from "@internvl/config";
import { type LongCallOptions, type ModelFiles, readJsonObject } from "@internvl/core";
import { InternVL2_5Processor } from "@internvl/processor";
import { type AdapterInput, mergeAdapters, readAdapters } from "./adapters.js";
import {
  type BlameOptions,
  blamedFields,
  Checkpoint,
  expectTensors,
  type OriginalTensorConfig,
  originalTensorSpecs,
  POSITION_EMBEDDING_NAME,
  type TensorSource,
  withoutTensors,
} from "./checkpoint/index.js";
import { findTrainedLora, type TrainedLora, withoutLoraRanks, withTrainedLora } from "./lora/index.js";
import { asOriginal, assertNamesOf, transformersSpecs, withFileNames } from "./names/index.js";
import { positionGrid } from "./positions/resize.js";
import type { SafetensorsDtype } from "./safetensors/index.js";

/** A checkpoint of any dialect, seen as the original's. */
export interface OpenWeights {
  /** The files as they are, for counts. */
  readonly checkpoint: Checkpoint;
  /** The network's tensors under the original's names, in its shapes; position embeddings in their own size. */
  readonly tensors: TensorSource;
  /** Names, as the files have them, of tensors that the network does not have. */
  readonly unused: readonly string[];
  /** LoRA that a fine-tuning left beside its weights, and that is merged in `tensors`. */
  readonly trained?: TrainedLora;
  /** The dtype in which the files have one of `tensors`: what is merged is computed in F32. */
  storedDtype(name: string): SafetensorsDtype;
}

/** `progress_callback` gets the stage `"open"`: which of the folder's parts is being read. */
export interface OpenOptions extends LongCallOptions {
  /** Merged into the weights. */
  adapters?: readonly AdapterInput[];
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
export async function openCheckpoint(source: ModelFiles, options: OpenOptions = {}): Promise<OpenCheckpoint> {
  const { adapters, signal, progress_callback } = options;
  const reading = (part: number) =>
    progress_callback?.({ stage: "open", name: PARTS[part], loaded: part, total: PARTS.length, unit: "files" });
  reading(0);
  const { dialect, config: read } = await openConfig(source, { signal });
  reading(1);
  const weights = await openWeights(source, dialect, read, { adapters, signal });
  reading(2);
  const processor = await InternVL2_5Processor.from_pretrained(source, { signal });
  reading(PARTS.length);
  // Two dialects leave these ids to the tokenizer.
  const config = read.with({
    image_token_id: processor.image_token_id,
    image_start_token_id: processor.start_image_token_id,
    image_end_token_id: processor.end_image_token_id,
    ...(weights.trained && { extra: withoutLoraRanks(read.extra) }),
  });
  return { ...weights, dialect, config, processor };
}

/** What is read one after the other; a large tokenizer takes over a second. */
const PARTS: readonly string[] = ["configuration", "headers of the weights", "tokenizer"];

/** The configuration, and the dialect that its file is written in. @throws as `openCheckpoint` */
export async function openConfig(
  source: ModelFiles,
  options: { signal?: AbortSignal } = {},
): Promise<{ dialect: DialectName; config: InternVL2_5Config }> {
  const json = await readJsonObject(source, "config.json", options);
  const config = InternVL2_5Config.from_dict(json, { origin: `config.json in ${source.name}` });
  return { dialect: dialectOf(json), config };
}

/** The weights, checked against `config`, with adapters merged. @throws as `openCheckpoint` */
export async function openWeights(
  source: ModelFiles,
  dialect: DialectName,
  config: InternVL2_5Config,
  { adapters = [], signal }: OpenOptions = {},
): Promise<OpenWeights> {
  const checkpoint = await Checkpoint.open(source, { signal });
  assertNamesOf(dialect, checkpoint);
  const trained = dialect === "transformers" ? undefined : findTrainedLora(checkpoint, config.extra);
  const { tensors, unused } =
    dialect === "transformers"
      ? openTransformers(checkpoint, config)
      : openOriginal(checkpoint, dialect, config, trained);
  return {
    checkpoint,
    tensors: adapters.length === 0 ? tensors : mergeAdapters(tensors, await readAdapters(adapters, { signal }), config),
    unused: withoutDerived(unused),
    trained,
    storedDtype: (name) => (trained?.tensors.get(name)?.weight ?? tensors.get(name)).dtype,
  };
}

/** The network's tensors in the original's names, and the names of the others. */
type Named = Pick<OpenWeights, "tensors" | "unused">;

function openOriginal(
  checkpoint: Checkpoint,
  dialect: DialectName,
  config: InternVL2_5Config,
  trained: TrainedLora | undefined,
): Named {
  const tensors = trained === undefined ? checkpoint : withTrainedLora(checkpoint, trained);
  const specs = specsFor(tensors, POSITION_EMBEDDING_NAME, config);
  const blame = () => blameFor(dialect, tensors, config, (other) => specsFor(tensors, POSITION_EMBEDDING_NAME, other));
  const unused = expectTensors(tensors, specs, { problems: checkpoint.problems, blame });
  return { tensors: withoutTensors(tensors, unused), unused };
}

function openTransformers(checkpoint: Checkpoint, config: InternVL2_5Config): Named {
  const { tensors, problems } = withFileNames(checkpoint);
  const specsOf = (other: OriginalTensorConfig) =>
    transformersSpecs(specsFor(tensors, "vision_tower.embeddings.position_embeddings", other), other);
  const blame = () => blameFor("transformers", tensors, config, specsOf);
  const unused = expectTensors(tensors, specsOf(config), { problems: [...checkpoint.problems, ...problems], blame });
  return { tensors: asOriginal(withoutTensors(tensors, unused), config), unused };
}

/** The fields of config.json, as its dialect spells them, that do not fit the tensors. */
function blameFor(
  dialect: DialectName,
  tensors: TensorSource,
  config: InternVL2_5Config,
  specsOf: BlameOptions["specsOf"],
): string[] {
  const pathInFile = (path: readonly string[]) => fieldInFile(dialect, path, config.text_config.model_type);
  return blamedFields(tensors, config, { specsOf, pathInFile });
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
