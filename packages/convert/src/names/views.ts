import { mappedTensors, renamed, type TensorSource, type TensorSpec, type WeightSource } from "../checkpoint/index.js";
import { nameLookup } from "./lookup.js";
import { cutPart, joinParts, partRows, type SharingConfig } from "./rows.js";
import { MEMORY_PREFIXES } from "./table.js";

/** A checkpoint under the names of Transformers' files, and what stands there twice. */
export interface FileNames {
  readonly tensors: TensorSource;
  readonly problems: readonly string[];
}

/**
 * Brings the names that the merged classes have in memory (`model.language_model.layers.0…`, `lm_head.weight`) to those
 * of their files; both are found on disk. Names that are neither stay.
 */
export function withFileNames(source: TensorSource): FileNames {
  const makers = new Map<string, () => WeightSource>();
  const problems: string[] = [];
  for (const name of source.names()) {
    const prefix = MEMORY_PREFIXES.find(([memory]) => name.startsWith(memory));
    const there = prefix === undefined ? name : prefix[1] + name.slice(prefix[0].length);
    if (makers.has(there) || (there !== name && source.has(there))) problems.push(`${there} (also as ${name})`);
    else makers.set(there, () => renamed(there, source.get(name)));
  }
  return { tensors: mappedTensors(source.name, makers), problems };
}

/** A checkpoint under Transformers' file names as the original has it. Names that no row of the table knows stay. */
export function asOriginal(source: TensorSource, config: SharingConfig): TensorSource {
  const lookup = nameLookup(config.text_config.model_type);
  const makers = new Map<string, () => WeightSource>();
  for (const name of source.names()) {
    const { original, transformers, sharing } = lookup.fromTransformers(name) ?? { original: name, transformers: [] };
    if (sharing === undefined) makers.set(original, () => renamed(original, source.get(name)));
    else {
      makers.set(original, () =>
        joinParts(
          original,
          transformers.map((part) => source.get(part)),
          sharing,
          config,
        ),
      );
    }
  }
  return mappedTensors(source.name, makers);
}

/** A checkpoint under the original's names as the files of Transformers have it. */
export function asTransformers(source: TensorSource, config: SharingConfig): TensorSource {
  const lookup = nameLookup(config.text_config.model_type);
  const makers = new Map<string, () => WeightSource>();
  for (const name of source.names()) {
    const { transformers, sharing } = lookup.fromOriginal(name) ?? { transformers: [name] };
    for (const [part, there] of transformers.entries()) {
      makers.set(there, () =>
        sharing === undefined
          ? renamed(there, source.get(name))
          : cutPart(there, source.get(name), part, sharing, config),
      );
    }
  }
  return mappedTensors(source.name, makers);
}

/** What a network of the original expects, as the files of Transformers have it. */
export function transformersSpecs(specs: readonly TensorSpec[], config: SharingConfig): TensorSpec[] {
  const lookup = nameLookup(config.text_config.model_type);
  return specs.flatMap((spec) => {
    const { transformers, sharing } = lookup.fromOriginal(spec.name) ?? { transformers: [spec.name] };
    const rows = sharing === undefined ? [spec.shape[0]!] : partRows(sharing, config);
    return transformers.map((name, part) => ({ ...spec, name, shape: [rows[part]!, ...spec.shape.slice(1)] }));
  });
}
