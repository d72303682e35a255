import { DTYPES, type Dtype, GRAPHS, InternVL2_5Config, resolveDtypes } from "@internvl/config";
import type { ModelFiles } from "@internvl/core";
import { buildGraph } from "./architectures/index.js";
import { Checkpoint, expectOriginalTensors } from "./checkpoint/index.js";

export interface Inspection {
  config: InternVL2_5Config;
  tensors: number;
  parameters: number;
  /** Bytes of the checkpoint's tensors. */
  byteLength: number;
  /** How many tensors there are of each dtype: `{ BF16: 638 }`. */
  dtypes: Record<string, number>;
  /** Parameters by part. */
  parts: { vision: number; projector: number; language: number };
  /** Bytes of weights after a conversion with `--dtype` this. */
  convertedBytes: Record<Dtype, number>;
}

/** What a checkpoint is and what it would become, from its headers alone. @throws as `convertCheckpoint` does */
export async function inspectCheckpoint(
  source: ModelFiles,
  options: { signal?: AbortSignal } = {},
): Promise<Inspection> {
  const config = await InternVL2_5Config.from_pretrained(source, options);
  const checkpoint = await Checkpoint.open(source, options);
  expectOriginalTensors(checkpoint, config);
  const tensors = checkpoint.names().map((name) => checkpoint.get(name));
  const dtypes: Record<string, number> = {};
  for (const { dtype } of tensors) dtypes[dtype] = (dtypes[dtype] ?? 0) + 1;
  const parameters = (prefix: string) =>
    tensors.filter(({ name }) => name.startsWith(prefix)).reduce((sum, { numel }) => sum + numel, 0);
  return {
    config,
    tensors: tensors.length,
    parameters: parameters(""),
    byteLength: tensors.reduce((sum, tensor) => sum + tensor.byteLength, 0),
    dtypes,
    parts: {
      vision: parameters("vision_model."),
      projector: parameters("mlp1."),
      language: parameters("language_model."),
    },
    convertedBytes: Object.fromEntries(
      DTYPES.map((dtype) => [dtype, convertedBytes(config, checkpoint, dtype)]),
    ) as Record<Dtype, number>,
  };
}

/** Builds the graphs without writing them: they know how long each weight will be. */
function convertedBytes(config: InternVL2_5Config, checkpoint: Checkpoint, dtype: Dtype): number {
  const dtypes = resolveDtypes(dtype);
  return GRAPHS.map((name) => buildGraph(name, dtypes[name], config, checkpoint))
    .flatMap((graph) => graph.build().pending)
    .reduce((sum, { data }) => sum + data.byteLength, 0);
}
