import { assertSafePath, InternVLError, type LongCallOptions, type ModelFiles, type RangeReader } from "@internvl/core";
import { parseModel } from "@internvl/onnx";
import type { TokenEmbeddings } from "../engine/embeddings.js";
import { folderOf } from "../folder-of.js";
import { FileEmbeddings } from "./file-embeddings.js";
import { findTable, type Place } from "./find-table.js";

export interface OpenTableOptions extends LongCallOptions {
  /** How many bytes of rows stay in memory, at most. */
  kept_bytes: number;
}

/**
 * The embeddings of the graph at `path`, from its table's file; undefined for a graph that is to be run.
 *
 * @param files that have `openRanges`
 * @throws InternVLError `FILE_NOT_FOUND`, `FILE_INVALID` (no graph, or a file that ends before its table does), `ABORTED`
 */
export async function openTable(
  files: ModelFiles,
  path: string,
  { kept_bytes, ...options }: OpenTableOptions,
): Promise<TokenEmbeddings | undefined> {
  const name = `${path} in ${files.name}`;
  const table = findTable(parseModel(await files.read(path, options), name));
  if (table === undefined) return undefined;
  const open = async ({ location, end }: Place): Promise<RangeReader> => {
    const file = folderOf(path) + assertSafePath(location, name);
    const ranges = await files.openRanges!(file, options);
    if (ranges.byteLength < end) throw cutOff(`${file} in ${files.name}`, ranges.byteLength, end);
    return ranges;
  };
  const data = await open(table.data);
  const { start, end } = table.data;
  const head = await data.read([{ start, end: Math.min(end, start + kept_bytes / 2) }], options);
  const scales = table.scales && (await (await open(table.scales)).read([table.scales], options));
  return new FileEmbeddings({
    table,
    data,
    head,
    // A copy begins where float32 may begin.
    scales: scales && new Float32Array(scales.slice().buffer),
    kept_bytes: kept_bytes / 2,
  });
}

function cutOff(file: string, got: number, end: number): InternVLError {
  return new InternVLError("FILE_INVALID", {
    what: `${file} ends before its table of embeddings does`,
    expected: `at least ${end} bytes`,
    got: `${got} bytes`,
    fix: "The file may be cut off: copy or convert it again.",
  });
}
