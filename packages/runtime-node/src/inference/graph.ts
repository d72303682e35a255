import { assertSafePath, type GraphSource, type LongCallOptions } from "@internvl/core";

/** What onnxruntime loads: a path, next to which it finds external data itself, or bytes with the data's bytes. */
export type GraphInput =
  | { name: string; path: string }
  | { name: string; bytes: Uint8Array; externalData: { path: string; data: Uint8Array }[] };

/**
 * By path wherever there is one: onnxruntime then maps the weights, which as bytes would be held twice.
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
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/") + 1) : "";
  const dataPaths = externalData.map((data) => ({ path: data, full: folder + assertSafePath(data, name) }));

  if (files.localPath !== undefined) {
    const paths = [path, ...dataPaths.map(({ full }) => full)];
    await files.prefetch?.(paths, options);
    // Asking for the sizes names a file that is missing better than onnxruntime does.
    await Promise.all(paths.map((file) => files.size(file)));
    return { name, path: files.localPath(path) };
  }
  const bytes = await files.read(path, options);
  const read: { path: string; data: Uint8Array }[] = [];
  for (const { path: data, full } of dataPaths) read.push({ path: data, data: await files.read(full, options) });
  return { name, bytes, externalData: read };
}
