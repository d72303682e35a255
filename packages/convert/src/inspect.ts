import {
  type DialectName,
  DTYPES,
  type Dtype,
  type FamilyMatch,
  GRAPHS,
  type InternVL2_5Config,
  matchFamily,
  resolveDtypes,
} from "@internvl/config";
import type { ModelFiles } from "@internvl/core";
import { buildGraph } from "./architectures/index.js";
import type { CheckpointTotals, TensorSource } from "./checkpoint/index.js";
import { openConfig, openWeights } from "./open.js";
import { withResizedPositions } from "./positions/resize.js";
import { elementCount } from "./safetensors/dtype.js";
import { unusualPoints } from "./unusual.js";

export interface Inspection {
  /** How the folder is written. */
  dialect: DialectName;
  /** The published model that it is, or is nearest to. */
  family: FamilyMatch;
  /** What is not as in the published models. */
  unusual: string[];
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
  const { dialect, config } = await openConfig(source, options);
  const weights = await openWeights(source, dialect, config, options);
  const { checkpoint, tensors } = weights;
  const parameters = (prefix: string) =>
    tensors
      .names()
      .filter((name) => name.startsWith(prefix))
      .reduce((sum, name) => sum + elementCount(tensors.get(name).shape), 0);
  const graphTensors = withResizedPositions(tensors, config);
  return {
    dialect,
    config,
    family: matchFamily(config),
    unusual: unusualPoints(config, weights),
    totals: checkpoint.totals(),
    parts: {
      vision: parameters("vision_model."),
      projector: parameters("mlp1."),
      language: parameters("language_model."),
    },
    convertedBytes: Object.fromEntries(
      DTYPES.map((dtype) => [dtype, convertedBytes(config, graphTensors, dtype)]),
    ) as Record<Dtype, number>,
  };
}

/** Builds the graphs without writing them: they know how long each weight will be. */
function convertedBytes(config: InternVL2_5Config, tensors: TensorSource, dtype: Dtype): number {
  const dtypes = resolveDtypes(dtype);
  return GRAPHS.map((name) => buildGraph(name, dtypes[name], config, tensors))
    .flatMap((graph) => graph.build().pending)
    .reduce((sum, { data }) => sum + data.byteLength, 0);
}
