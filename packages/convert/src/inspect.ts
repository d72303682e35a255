import { DTYPES, type Dtype, GRAPHS, InternVL2_5Config, resolveDtypes } from "@internvl/config";
import type { ModelFiles } from "@internvl/core";
import { buildGraph } from "./architectures/index.js";
import { Checkpoint, type CheckpointTotals, expectOriginalTensors } from "./checkpoint/index.js";

export interface Inspection {
  config: InternVL2_5Config;
  /** Tensors, parameters, bytes, and parameters by dtype. */
  totals: CheckpointTotals;
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
  const parameters = (prefix: string) =>
    checkpoint.names().reduce((sum, name) => sum + (name.startsWith(prefix) ? checkpoint.get(name).numel : 0), 0);
  return {
    config,
    totals: checkpoint.totals(),
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
