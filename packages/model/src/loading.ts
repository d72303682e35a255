import {
  DEFAULT_DTYPE,
  DTYPES,
  type DtypeOption,
  GRAPHS,
  type GraphDtypes,
  type GraphName,
  graphPath,
  type InternVL2_5Config,
  resolveDtypes,
} from "@internvl/config";
import {
  InternVLError,
  type ModelFiles,
  type PretrainedOptions,
  resolveRuntime,
  type Session,
  throwIfAborted,
} from "@internvl/core";
import { AutoTokenizer } from "@internvl/processor";
import { Decoder } from "./engine/decoder.js";
import { TokenEmbeddings } from "./engine/embeddings.js";
import { LocalEngine } from "./engine/local-engine.js";
import { VisionEncoder } from "./engine/vision.js";

/** A device for all graphs, or for some of them: `{ decoder_model_merged: "webgpu" }`. */
export type DeviceOption = string | Partial<Record<GraphName, string>>;

export interface LoadOptions extends PretrainedOptions {
  /**
   * One of `DTYPES` for all graphs, or one a graph. Default: the fastest that the folder has, and `DEFAULT_DTYPE` for a
   * checkpoint, which is converted to it.
   */
  dtype?: DtypeOption;
  /** Where it runs, as the runtime names it, or one a graph. Default: the runtime's own. */
  device?: DeviceOption;
  /** Threads within one operator. */
  threads?: number;
}

/**
 * The folder to load: `files`, or of a checkpoint its conversion, which a runtime that can makes on first use and keeps.
 *
 * @throws InternVLError what a conversion throws (`CHECKPOINT_INVALID`, `UNSUPPORTED`, `FILE_WRITE_FAILED`, …)
 */
export async function convertedFiles(files: ModelFiles, options: LoadOptions): Promise<ModelFiles> {
  const runtime = resolveRuntime(options.runtime);
  if (runtime.convertCheckpoint === undefined || !isCheckpoint(await files.list())) return files;
  const { dtype, signal, progress_callback } = options;
  return runtime.convertCheckpoint(files, { dtype, signal, progress_callback });
}

/** Whether there are weights and no graphs. */
function isCheckpoint(paths: readonly string[]): boolean {
  return paths.some((path) => path.endsWith(".safetensors")) && !paths.some((path) => /^onnx\/.*\.onnx$/.test(path));
}

/** Loads the three graphs of a converted folder into sessions. */
export async function loadEngine(
  files: ModelFiles,
  config: InternVL2_5Config,
  dtypes: GraphDtypes,
  options: LoadOptions,
): Promise<LocalEngine> {
  const { inference } = resolveRuntime(options.runtime);
  const { device, threads, signal, progress_callback } = options;
  assertGraphNames(device);
  const listing = await files.list();
  const sessions = new Map<GraphName, Session>();
  try {
    for (const [index, graph] of GRAPHS.entries()) {
      throwIfAborted(signal, "Loading the model was aborted");
      const path = graphPath(graph, dtypes[graph]);
      progress_callback?.({ stage: "load", name: path, loaded: index, total: GRAPHS.length, unit: "files" });
      const data = `${path}_data`;
      const externalData = listing.includes(data) ? [data.slice(data.lastIndexOf("/") + 1)] : [];
      const settings = { device: deviceOf(graph, device), threads, signal };
      sessions.set(graph, await inference.createSession({ files, path, externalData }, settings));
    }
  } catch (error) {
    await Promise.all([...sessions.values()].map((session) => session.release()));
    throw error;
  }
  progress_callback?.({ stage: "load", loaded: GRAPHS.length, total: GRAPHS.length, unit: "files" });
  const { text_config } = config;
  return new LocalEngine({
    config,
    vision: new VisionEncoder(sessions.get("vision_encoder")!, config.image_size),
    embeddings: new TokenEmbeddings(sessions.get("embed_tokens")!),
    decoder: new Decoder(sessions.get("decoder_model_merged")!, text_config, text_config.num_attention_heads),
    stopTextDecoder: () => AutoTokenizer.from_pretrained(files, { signal }),
  });
}

function deviceOf(graph: GraphName, device: DeviceOption | undefined): string | undefined {
  return typeof device === "object" ? device[graph] : device;
}

/** @throws InternVLError `INPUT_INVALID` */
function assertGraphNames(device: DeviceOption | undefined): void {
  if (typeof device !== "object") return;
  const unknown = Object.keys(device).find((name) => !(GRAPHS as readonly string[]).includes(name));
  if (unknown === undefined) return;
  throw new InternVLError("INPUT_INVALID", {
    what: "device names a graph that there is not",
    expected: GRAPHS.join(", "),
    got: unknown,
  });
}

/**
 * Which variant of each graph is loaded. A dtype that was asked for must be there. When none was asked for, the default
 * is taken where the folder has it, and otherwise the variant that it has.
 *
 * @throws InternVLError `FILE_NOT_FOUND`
 */
export async function chooseDtypes(files: ModelFiles, option: DtypeOption | undefined): Promise<GraphDtypes> {
  const listing = new Set(await files.list());
  const chosen = resolveDtypes(option ?? DEFAULT_DTYPE);
  for (const graph of GRAPHS) {
    const available = DTYPES.filter((dtype) => listing.has(graphPath(graph, dtype)));
    if (available.length === 0) throw notConverted(files, graph, listing);
    const asked = typeof option === "string" || option?.[graph] !== undefined;
    if (available.includes(chosen[graph])) continue;
    if (asked) throw missingDtype(files, graph, chosen[graph], available);
    chosen[graph] = available[0]!;
  }
  return chosen;
}

function missingDtype(files: ModelFiles, graph: GraphName, dtype: string, available: readonly string[]): InternVLError {
  return new InternVLError("FILE_NOT_FOUND", {
    what: `${files.name} has no ${graph} in ${dtype}`,
    expected: `one of ${available.join(", ")}, which it has`,
    got: dtype,
    fix: `Ask for one of those, or convert the checkpoint with --dtype ${dtype}.`,
  });
}

function notConverted(files: ModelFiles, graph: GraphName, listing: ReadonlySet<string>): InternVLError {
  return new InternVLError("FILE_NOT_FOUND", {
    what: isCheckpoint([...listing])
      ? `${files.name} is a checkpoint that has not been converted`
      : `${files.name} has no ${graphPath(graph, "fp32")}`,
    expected: "a folder that internvl-convert wrote",
    fix: `Run: npx internvl-convert --input ${files.name} --output_dir ${files.name}-onnx`,
  });
}
