import type { DialectName } from "@internvl/config";
import { type Rewriting, rewriteCheckpoint } from "@internvl/convert";
import type { LongCallOptions } from "@internvl/core";
import { nodeFiles } from "@internvl/runtime-node";
import { fetchCheckpoint } from "../first-use/fetch-checkpoint.js";
import { type AdapterOption, openAdapters } from "./adapters.js";
import { OutputFolder } from "./output-folder.js";

export interface RewriteFolderOptions extends LongCallOptions {
  /** The checkpoint: a folder or a hub id. */
  input: string;
  /** The folder to write. */
  output: string;
  to: DialectName;
  /** Merged into the weights. */
  adapters?: readonly AdapterOption[];
  /** Bytes a file of weights. Default 5 GB. */
  max_shard_size?: number;
  /** Write into a folder that holds something else. Default false. */
  force?: boolean;
}

export interface RewriteFolderReport extends Pick<Rewriting, "byteLength" | "unused"> {
  input: string;
  output: string;
  to: DialectName;
  seconds: number;
  /** The most memory that this process had, in bytes. */
  peakMemory: number;
}

/**
 * `rewriteCheckpoint` from folder to folder. One that fails, is aborted or is killed: as with `convertFolder`.
 *
 * @throws InternVLError what `rewriteCheckpoint` throws; `INPUT_INVALID` for the output folder
 */
export async function rewriteFolder(options: RewriteFolderOptions): Promise<RewriteFolderReport> {
  const { to, max_shard_size, force, signal, progress_callback } = options;
  const source = await nodeFiles.open(options.input, { signal });
  const target = await OutputFolder.open(options.output, source, { force, signal });
  try {
    const adapters = await openAdapters(options.adapters ?? [], { signal });
    await fetchCheckpoint(source, { signal, progress_callback });
    const started = performance.now();
    const rewriting = { to, adapters, max_shard_size, signal, progress_callback };
    const { byteLength, unused } = await target.fill(() => rewriteCheckpoint(source, target, rewriting));
    const seconds = (performance.now() - started) / 1000;
    const peakMemory = process.resourceUsage().maxRSS * 1024;
    return { input: source.name, output: target.name, to, byteLength, unused, seconds, peakMemory };
  } finally {
    await target.close();
  }
}
