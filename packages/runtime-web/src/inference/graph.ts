import { assertSafePath, type GraphSource, type LongCallOptions } from "@internvl/core";
import { externalBytes } from "./lazy-bytes.js";

/** What onnxruntime loads: a graph's bytes and those of the files that its weights lie in. */
export interface GraphInput {
  /** How messages name it. */
  name: string;
  bytes: Uint8Array;
  externalData: { path: string; data: Uint8Array }[];
}

/**
 * Reads a graph, and its external data as late as can be. Nothing here keeps them: onnxruntime copies the weights into its
 * own memory while it creates the session, and what was read is free afterwards.
 *
 * @throws InternVLError `FILE_NOT_FOUND` (the graph or a file of its data), `FILE_INVALID` (a path out of the folder)
 */
export async function openGraph(graph: GraphSource, options: LongCallOptions): Promise<GraphInput> {
  if ("bytes" in graph) {
    const externalData = (graph.externalData ?? []).map(({ path, bytes }) => ({ path, data: bytes }));
    return { name: "the graph", bytes: graph.bytes, externalData };
  }
  const { files, path, externalData = [] } = graph;
  const name = `${path} in ${files.name}`;
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const data = externalData.map((file) => ({ path: file, full: folder + assertSafePath(file, name) }));
  // Together, so that a store that downloads them does so side by side.
  await files.prefetch?.([path, ...data.map(({ full }) => full)], options);

  const input: GraphInput = { name, bytes: await files.read(path, options), externalData: [] };
  for (const { path: file, full } of data) {
    input.externalData.push({ path: file, data: await externalBytes(files, full, options) });
  }
  return input;
}
