import type { CacheDtype, DtypeOption } from "@internvl/config";
import { type Conversion, convertCheckpoint, type PartCheck } from "@internvl/convert";
import { type LongCallOptions, type ModelFiles, writeFile } from "@internvl/core";
import { nodeFiles } from "@internvl/runtime-node";
import { fetchCheckpoint } from "../first-use/fetch-checkpoint.js";
import { type AdapterOption, openAdapters } from "./adapters.js";
import { compareFolder, isSmall, parameterCount, setAsideUnlessChecked } from "./check.js";
import { OutputFolder } from "./output-folder.js";

/** What `@internvl/runtime-web` looks for at an address. */
const FILE_LIST = "files.json";

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
  /** What the decoder's keys and values are stored in. Default float32. */
  cache_dtype?: CacheDtype;
  /** Let graphs in fp32 and fp16 read the checkpoint's own files, linked into the folder. Default false. */
  link?: boolean;
  /** Write into a folder that holds something else. Default false. */
  force?: boolean;
  /** Compare what was written with the checkpoint. Default: where it has at most `VERIFIED_PARAMETERS`. */
  verify?: boolean;
}

export interface ConvertFolderReport {
  input: string;
  output: string;
  /** Of the checkpoint. */
  parameters: number;
  graphs: Conversion["graphs"];
  /** Bytes of all graphs. */
  byteLength: number;
  /** Names of the checkpoint's tensors that the network does not have. */
  unused: readonly string[];
  /** Files of the checkpoint that the graphs read. */
  linked: readonly string[];
  /** Of the conversion, the check not counted. */
  seconds: number;
  /** The most memory that this process had until the conversion's end, in bytes. */
  peakMemory: number;
  /** One a part of each graph that was compared with the checkpoint; null when none was. */
  checks: PartCheck[] | null;
  /** How long that took. */
  checkSeconds: number | null;
}

/**
 * `convertCheckpoint` from folder to folder, with the verification at its end. A conversion that fails or is aborted
 * leaves nothing of its own behind; one that was killed is begun anew by the next, and two cannot write into one folder.
 * One that is not what the checkpoint is, is set aside as `OUTPUT.failed`.
 *
 * @throws InternVLError what `convertCheckpoint` throws; `CONVERSION_FAILED` (verification); `INPUT_INVALID` and
 *   `FILE_WRITE_FAILED` for the output folder
 */
export async function convertFolder(options: ConvertFolderOptions): Promise<ConvertFolderReport> {
  const { force, signal } = options;
  const source = await nodeFiles.open(options.input, { signal });
  const target = await OutputFolder.open(options.output, source, { force, signal });
  let report: ConvertFolderReport;
  try {
    report = await fillFolder(source, target, options);
  } finally {
    await target.close();
  }
  if (report.checks !== null) await setAsideUnlessChecked(target.name, report.checks);
  return report;
}

/** Web servers do not list their folders, and a page that loads this one has to know its files. */
async function writeFileList(target: OutputFolder): Promise<void> {
  await writeFile(target, FILE_LIST, JSON.stringify([...target.written, FILE_LIST].sort()));
}

async function fillFolder(
  source: ModelFiles,
  target: OutputFolder,
  options: ConvertFolderOptions,
): Promise<ConvertFolderReport> {
  const { dtype, output_hidden_states, cache_dtype, link, signal, progress_callback } = options;
  const long = { signal, progress_callback };
  const adapters = await openAdapters(options.adapters ?? [], { signal });
  await fetchCheckpoint(source, long);
  const started = performance.now();
  return target.fill(async () => {
    const conversion = await convertCheckpoint(source, target, {
      dtype,
      adapters,
      output_hidden_states,
      cache_dtype,
      link,
      ...long,
    });
    await writeFileList(target);
    const seconds = (performance.now() - started) / 1000;
    const peakMemory = process.resourceUsage().maxRSS * 1024;
    const checking = performance.now();
    const wanted = options.verify ?? isSmall(conversion.tensors);
    const checks = wanted ? await compareFolder(target.name, conversion, long) : null;
    const { graphs, byteLength, unused, linked } = conversion;
    return {
      input: source.name,
      output: target.name,
      parameters: parameterCount(conversion.tensors),
      graphs,
      byteLength,
      unused,
      linked,
      seconds,
      peakMemory,
      checks,
      checkSeconds: checks === null ? null : (performance.now() - checking) / 1000,
    };
  });
}
