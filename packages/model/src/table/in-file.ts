import type { LongCallOptions, ModelFiles } from "@internvl/core";
import type { TokenEmbeddings } from "../engine/embeddings.js";
import { folderOf } from "../folder-of.js";
import type { LoadOptions } from "../loading.js";

/** How many bytes of a table's rows stay in memory: 9000 rows of the 1B in int8, more than most conversations need. */
const KEPT_BYTES = 8 * 1024 * 1024;

/**
 * The embeddings without a session, where the table is larger than the rows that would be kept; undefined elsewhere, and where
 * a device was named for this graph alone.
 *
 * @param source the graph, in files that have `openRanges`
 * @throws InternVLError as `openTable`
 */
export async function embeddingsInFile(
  { files, path, externalData }: { files: ModelFiles; path: string; externalData: readonly string[] },
  { device, signal, progress_callback }: Pick<LoadOptions, "device" | keyof LongCallOptions>,
): Promise<TokenEmbeddings | undefined> {
  if (typeof device === "object" && device.embed_tokens !== undefined) return undefined;
  const data = externalData.map((file) => folderOf(path) + file);
  await files.prefetch?.([path, ...data], { signal, progress_callback });
  const sizes = await Promise.all(data.map((file) => files.size(file)));
  if (sizes.every((size) => size <= KEPT_BYTES)) return undefined;
  const { openTable } = await import("./open-table.js");
  return openTable(files, path, { kept_bytes: KEPT_BYTES, signal });
}
