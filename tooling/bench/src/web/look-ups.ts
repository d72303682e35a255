import { type ModelFiles, type RangeReader, type Session, Tensor } from "@internvl/core";
import { webRuntime } from "@internvl/runtime-web";
import { timed } from "../measure.js";

export interface LookUpsRequest {
  /** The graph of the embeddings and its data, in one folder. */
  graph: string;
  data: string;
  threads: number;
  tokens: readonly number[];
  /** Of the table as it is stored. */
  rowBytes: number;
}

/** Milliseconds of each token. */
export interface LookUpTimes {
  graph: number[];
  file: number[];
  /** As `file`, with 64 KB beside the row. */
  wide: number[];
}

/** What one token costs: a run of the graph, or a range of the file. */
export async function measureLookUps(files: ModelFiles, request: LookUpsRequest): Promise<LookUpTimes> {
  const { graph, data, threads, tokens, rowBytes } = request;
  const externalData = [data.slice(data.lastIndexOf("/") + 1)];
  const session = await webRuntime.inference.createSession({ files, path: graph, externalData }, { threads });
  const ranges = await files.openRanges!(data);
  const times: LookUpTimes = { graph: [], file: [], wide: [] };
  const wideBytes = rowBytes + 65_536;
  for (const token of tokens) {
    const start = token * rowBytes;
    times.graph.push((await timed(() => run(session, token))).ms);
    times.file.push((await timed(() => read(ranges, start, rowBytes))).ms);
    times.wide.push((await timed(() => read(ranges, Math.min(start, ranges.byteLength - wideBytes), wideBytes))).ms);
  }
  await session.release();
  return times;
}

function run(session: Session, token: number): Promise<unknown> {
  return session.run({ input_ids: new Tensor("int64", BigInt64Array.of(BigInt(token)), [1, 1]) });
}

function read(ranges: RangeReader, start: number, length: number): Promise<unknown> {
  return ranges.read([{ start, end: start + length }]);
}
