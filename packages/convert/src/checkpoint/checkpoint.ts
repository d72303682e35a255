import { InternVLError, type ModelFiles } from "@internvl/core";
import type { SafetensorsDtype } from "../safetensors/dtype.js";
import { readSafetensorsHeader } from "../safetensors/header.js";
import { checkIndex, readIndex } from "./index-file.js";
import { listing } from "./listing.js";
import { missingTensor } from "./mapped.js";
import { CheckpointTensor, type TensorSource } from "./tensor.js";

const SINGLE_FILE = "model.safetensors";
const INDEX_FILE = "model.safetensors.index.json";

/** Sums over a checkpoint's tensors. */
export interface CheckpointTotals {
  readonly tensors: number;
  readonly parameters: number;
  readonly bytes: number;
  /** The number of parameters of each dtype. */
  readonly dtypes: Readonly<Partial<Record<SafetensorsDtype, number>>>;
}

/**
 * The weights of a model's folder, by name, in one file or in shards. Opening reads headers only.
 *
 * ```ts
 * const checkpoint = await Checkpoint.open(files);
 * const norm = checkpoint.get("language_model.model.norm.weight");
 * const bytes = await norm.read();
 * ```
 */
export class Checkpoint implements TensorSource {
  readonly name: string;
  /** The safetensors files, sorted. */
  readonly files: readonly string[];
  /** What does not fit together in the folder, for `expectTensors` to report with all the rest. */
  readonly problems: readonly string[];
  readonly #tensors: ReadonlyMap<string, CheckpointTensor>;

  private constructor(
    name: string,
    files: readonly string[],
    tensors: readonly CheckpointTensor[],
    problems: readonly string[] = [],
  ) {
    this.name = name;
    this.files = files;
    this.problems = problems;
    this.#tensors = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  }

  /**
   * Opens `model.safetensors`, or else the shards that `model.safetensors.index.json` names.
   *
   * @throws InternVLError `FILE_NOT_FOUND` (no weights), `UNSUPPORTED` (weights in another format only),
   *   `CHECKPOINT_INVALID` (shards that are missing), `FILE_INVALID` (a file that is cut off or no safetensors file).
   *   Shards that do not hold what the index says are in `problems`.
   */
  static async open(files: ModelFiles, options: { signal?: AbortSignal } = {}): Promise<Checkpoint> {
    if (await files.has(SINGLE_FILE)) {
      const tensors = await readTensors(files, SINGLE_FILE, options);
      return new Checkpoint(files.name, [SINGLE_FILE], tensors);
    }
    if (!(await files.has(INDEX_FILE))) throw await noWeights(files);
    const index = await readIndex(files, INDEX_FILE, options);
    const shards = await Promise.all(index.shards.map((shard) => readTensors(files, shard, options)));
    const tensors = shards.flat();
    return new Checkpoint(files.name, index.shards, tensors, checkIndex(index, tensors));
  }

  names(): string[] {
    return [...this.#tensors.keys()].sort();
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  get(name: string): CheckpointTensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw missingTensor(this.name, name);
    return tensor;
  }

  /** Counts for a report; reads nothing. */
  totals(): CheckpointTotals {
    const dtypes: Partial<Record<SafetensorsDtype, number>> = {};
    let parameters = 0;
    let bytes = 0;
    for (const tensor of this.#tensors.values()) {
      dtypes[tensor.dtype] = (dtypes[tensor.dtype] ?? 0) + tensor.numel;
      parameters += tensor.numel;
      bytes += tensor.byteLength;
    }
    return { tensors: this.#tensors.size, parameters, bytes, dtypes };
  }
}

async function readTensors(
  files: ModelFiles,
  file: string,
  options: { signal?: AbortSignal },
): Promise<CheckpointTensor[]> {
  const header = await readSafetensorsHeader(files, file, options);
  return [...header.tensors.values()].map((entry) => new CheckpointTensor(files, file, entry));
}

async function noWeights(files: ModelFiles): Promise<InternVLError> {
  const paths = await files.list();
  const expected = `${SINGLE_FILE}, or shards with ${INDEX_FILE}`;
  const pickles = paths.filter((path) => /\.(bin|pt|pth|ckpt)$/.test(path));
  const safetensors = paths.filter((path) => path.endsWith(".safetensors"));
  if (safetensors.length === 0 && pickles.length > 0) {
    return new InternVLError("UNSUPPORTED", {
      what: `${files.name} holds its weights in a format that can run code and is not read here`,
      expected,
      got: listing(pickles),
      fix: "Save the model again as safetensors: model.save_pretrained(directory, safe_serialization=True) in Python.",
    });
  }
  return new InternVLError("FILE_NOT_FOUND", {
    what: `${files.name} holds no weights`,
    expected,
    got: safetensors.length > 0 ? listing(safetensors) : "neither",
    fix: "Download the model again, with all of its files.",
  });
}
