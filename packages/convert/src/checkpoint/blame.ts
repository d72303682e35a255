import { type Candidate, candidates, type Evidence } from "./candidates.js";
import { sameShape } from "./expect.js";
import type { OriginalTensorConfig } from "./original.js";
import type { TensorSpec } from "./spec.js";
import type { TensorSource } from "./tensor.js";

export interface BlameOptions {
  /** What a network of this configuration expects of the checkpoint. */
  specsOf: (config: OriginalTensorConfig) => readonly TensorSpec[];
  /** How config.json spells one of our fields. */
  pathInFile: (path: readonly string[]) => string;
}

/** More fields than this are another network, which the names of the tensors say better. */
const MAX_FIELDS = 6;

/**
 * The fields of a configuration that the tensors of a checkpoint speak against, with what they speak for. A field is
 * changed when that makes more tensors fit than any other change, and so on until no change helps.
 *
 * @returns `llm_config.vocab_size is 151655, and by the tensors 151674`; none where no field explains what does not fit
 */
export function blamedFields(tensors: TensorSource, config: OriginalTensorConfig, options: BlameOptions): string[] {
  const { specsOf, pathInFile } = options;
  const blamed: string[] = [];
  let current = config;
  let misfits = misfitsOf(tensors, specsOf(current));
  while (misfits.count > 0 && blamed.length < MAX_FIELDS) {
    const evidence: Evidence = { sizes: misfits.sizes, layers: layersOf(tensors) };
    const tried = candidates(current, evidence).map((candidate) => ({
      candidate,
      count: misfitsOf(tensors, specsOf(candidate.config)).count,
    }));
    const least = Math.min(...tried.map(({ count }) => count));
    // One tensor of many that happens to fit better says nothing about a field.
    if (least > 0 && least > misfits.count - 2) break;
    if (least >= misfits.count) break;
    const best = tried.filter(({ count }) => count === least).map(({ candidate }) => candidate);
    blamed.push([...new Set(best.map((candidate) => sentence(candidate, pathInFile)))].join(", or "));
    current = best[0]!.config;
    misfits = misfitsOf(tensors, specsOf(current));
  }
  return blamed;
}

function sentence({ path, is, instead }: Candidate, pathInFile: BlameOptions["pathInFile"]): string {
  return `${pathInFile(path)} is ${is}, and by the tensors ${instead}`;
}

interface Misfits {
  /** Tensors that are missing, of another shape, or too much. */
  count: number;
  /** The sides that differ, each once. */
  sizes: [expected: number, got: number][];
}

function misfitsOf(tensors: TensorSource, specs: readonly TensorSpec[]): Misfits {
  const unnamed = new Set(tensors.names());
  const sizes = new Map<string, [number, number]>();
  let count = 0;
  for (const { name, shape, optional } of specs) {
    if (!unnamed.delete(name)) {
      if (optional !== true) count += 1;
      continue;
    }
    const got = tensors.get(name).shape;
    if (sameShape(got, shape)) continue;
    count += 1;
    if (got.length !== shape.length) continue;
    for (const [i, size] of shape.entries()) if (size !== got[i]) sizes.set(`${size} ${got[i]}`, [size, got[i]!]);
  }
  return { count: count + unnamed.size, sizes: [...sizes.values()] };
}

/** How many layers of each network have a name. */
function layersOf(tensors: TensorSource): Evidence["layers"] {
  const layers = { vision_config: 0, text_config: 0 };
  for (const name of tensors.names()) {
    const [, network, index] = /^(vision|language)_.*\blayers?\.(\d+)\./.exec(name) ?? [];
    if (network === undefined) continue;
    const part = network === "vision" ? "vision_config" : "text_config";
    layers[part] = Math.max(layers[part], Number(index) + 1);
  }
  return layers;
}
