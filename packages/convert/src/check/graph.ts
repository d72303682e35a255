import { type CacheDtype, type Dtype, type GraphName, graphDataPaths, type InternVL2_5Config } from "@internvl/config";
import type { InferenceRuntime, ModelFiles, Session } from "@internvl/core";
import { encodeModel, parseModel } from "@internvl/onnx";
import { buildGraph } from "../architectures/index.js";
import type { TensorSource } from "../checkpoint/index.js";
import { showStates } from "./show-states.js";

/** A converted folder whose graphs can be looked into. */
export interface CheckedFolder {
  readonly files: ModelFiles;
  /** Writes a file that is only there for the check. */
  put(path: string, bytes: Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
}

/** A graph that was written. */
export interface WrittenGraph {
  readonly name: GraphName;
  readonly path: string;
  readonly dtype: Dtype;
}

/** What the graphs were made of, under the original's names. */
export interface OriginalModel {
  readonly config: InternVL2_5Config;
  readonly tensors: TensorSource;
  /** What keys and values are stored in. Default float32. */
  readonly cache_dtype?: CacheDtype;
}

/**
 * A file that only the check needs, beside `path`, so that it finds the same external data. The name is that of a file that is
 * being written: what a killed program leaves behind is recognised and removed.
 */
function besides(path: string): string {
  const folder = path.lastIndexOf("/") + 1;
  return `${path.slice(0, folder)}.${path.slice(folder)}.000000000000.partial`;
}

/**
 * Loads a graph as it was written, its states between the layers among the outputs, and hands it to `body`. Only the protobuf
 * is written once more; the weights are those of the folder.
 */
export async function withGraph<T>(
  folder: CheckedFolder,
  { name, path, dtype }: WrittenGraph,
  { config, tensors, cache_dtype }: OriginalModel,
  inference: InferenceRuntime,
  signal: AbortSignal | undefined,
  body: (session: Session) => Promise<T>,
): Promise<T> {
  const model = parseModel(await folder.files.read(path, { signal }), path);
  const options = { output_hidden_states: true, cache_dtype };
  showStates(model, buildGraph(name, dtype, config, tensors, options).build().proto);
  const data = graphDataPaths(name, dtype, await folder.files.list());
  const externalData = data.map((file) => file.slice(file.lastIndexOf("/") + 1));
  const shown = besides(path);
  await folder.put(shown, encodeModel(model));
  try {
    const session = await inference.createSession({ files: folder.files, path: shown, externalData }, { signal });
    try {
      return await body(session);
    } finally {
      await session.release();
    }
  } finally {
    await folder.remove(shown);
  }
}
