import type { DtypeOption } from "@internvl/config";
import { type Conversion, convertCheckpoint } from "@internvl/convert";
import type { LongCallOptions } from "@internvl/core";
import { nodeFiles } from "@internvl/runtime-node";
import { type AdapterOption, openAdapters } from "./adapters.js";
import { checkConversion, type VariantCheck } from "./check.js";
import { distinctDtypes } from "./dtypes.js";
import { fetchCheckpoint } from "./fetch-checkpoint.js";
import { OutputFolder } from "./output-folder.js";

export interface ConvertFolderOptions extends LongCallOptions {
  /** The checkpoint: a folder or a hub id. */
  input: string;
  /** The folder to write. */
  output: string;
  dtype: readonly DtypeOption[];
  /** LoRA adapters, merged into the weights. */
  adapters?: readonly AdapterOption[];
  /** Graphs that also give the states between their layers. Default false. */
  output_hidden_states?: boolean;
  /** Write into a folder that holds something else. Default false. */
  force?: boolean;
  /** Load and run what was written. Default true. */
  check?: boolean;
}

export interface ConvertFolderReport {
  input: string;
  output: string;
  graphs: Conversion["graphs"];
  /** Bytes of all graphs. */
  byteLength: number;
  /** Names of the checkpoint's tensors that the network does not have. */
  unused: readonly string[];
  /** Of the conversion, the check not counted. */
  seconds: number;
  /** The most memory that this process had until the conversion's end, in bytes. */
  peakMemory: number;
  /** One a set of dtypes, the most exact first; null when there was no check. */
  checks: VariantCheck[] | null;
}

/**
 * `convertCheckpoint` from folder to folder, with the check at its end. A conversion that fails or is aborted leaves
 * nothing of its own behind; one that was killed is begun anew by the next, and two cannot write into one folder.
 *
 * @throws InternVLError what `convertCheckpoint` and `checkConversion` throw; `INPUT_INVALID` and `FILE_WRITE_FAILED` for
 *   the output folder
 */
export async function convertFolder(options: ConvertFolderOptions): Promise<ConvertFolderReport> {
  const { dtype, output_hidden_states, force, check = true, signal, progress_callback } = options;
  const source = await nodeFiles.open(options.input, { signal });
  const target = await OutputFolder.open(options.output, source, { force, signal });
  try {
    const adapters = await openAdapters(options.adapters ?? [], { signal });
    await fetchCheckpoint(source, { signal, progress_callback });
    const started = performance.now();
    const converting = { dtype, adapters, output_hidden_states, signal, progress_callback };
    const { graphs, byteLength, unused } = await target.fill(() => convertCheckpoint(source, target, converting));
    const seconds = (performance.now() - started) / 1000;
    const peakMemory = process.resourceUsage().maxRSS * 1024;
    const checks = check
      ? await checkConversion(target.name, distinctDtypes(dtype), { signal, progress_callback })
      : null;
    const paths = { input: source.name, output: target.name };
    return { ...paths, graphs, byteLength, unused, seconds, peakMemory, checks };
  } finally {
    await target.close();
  }
}
