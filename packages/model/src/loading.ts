import {
  DTYPES,
  type Dtype,
  type DtypeOption,
  GRAPHS,
  type GraphName,
  graphDataPaths,
  graphPath,
  type InternVL2_5Config,
} from "@internvl/config";
import {
  type DeviceChoice,
  InternVLError,
  type ModelFiles,
  type PretrainedOptions,
  resolveRuntime,
  type Session,
  throwIfAborted,
} from "@internvl/core";
import { AutoTokenizer } from "@internvl/processor";
import { Decoder } from "./engine/decoder.js";
import { GraphEmbeddings, type TokenEmbeddings } from "./engine/embeddings.js";
import { LocalEngine } from "./engine/local-engine.js";
import { Reuse, type ReuseOptions } from "./engine/reuse.js";
import { VisionEncoder } from "./engine/vision.js";
import { folderOf } from "./folder-of.js";
import { linkedWeights } from "./linked-weights.js";
import { openFeatureStore } from "./open-feature-store.js";
import { type DeviceOption, deviceOf, EVERY_DTYPE, type Placement, placeGraphs } from "./placement.js";

export interface LoadOptions extends PretrainedOptions, ReuseOptions {
  /**
   * One of `DTYPES` for all graphs, or one a graph. Default: of a folder what is fastest on the device among what it has; a
   * checkpoint is converted to what is fastest there. `model.dtype` says what it became.
   */
  dtype?: DtypeOption;
  /**
   * The decoder's dtype for the prompts of `generate`, where that is to be another one than for what follows: a second
   * decoder is loaded beside the first. `"int8"` reads prompts faster than `"q4"` in Node, for its own size in memory, and
   * rounds more (README, "Prompts in another dtype"). Default: that of `dtype`.
   */
  prompt_dtype?: Dtype;
  /**
   * Where it runs, as the runtime names it, or one a graph. Default: the runtime's own. `model.devices` says what it became.
   */
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
  const { signal, progress_callback } = options;
  const dtype =
    runtime.inference.offerDevices === undefined
      ? options.dtype
      : (await placeGraphs(runtime, files.name, EVERY_DTYPE, options)).dtype;
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
  placement: Placement,
  options: LoadOptions,
): Promise<LocalEngine> {
  const { name, inference } = resolveRuntime(options.runtime);
  const { device, threads, signal, progress_callback } = options;
  const listing = await files.list();
  const linked = await linkedWeights(files, listing, { signal });
  const externalDataOf = ({ graph, dtype }: Variant): string[] => {
    const data = graphDataPaths(graph, dtype, listing);
    return [...data.map((path) => path.slice(folderOf(path).length)), ...linked];
  };
  const nameOfDevice = (graph: GraphName) => placement.devices[graph]?.name ?? deviceOf(graph, device);
  const variants = variantsOf(placement);
  const [encoder] = variants as [Variant];
  const store = await openFeatureStore(config, options, {
    files,
    paths: [encoder.path, ...externalDataOf(encoder).map((data) => folderOf(encoder.path) + data)],
    device: nameOfDevice("vision_encoder"),
  });
  const reuse = new Reuse(config, placement, options, store);
  const total = variants.length;
  const sessions = new Map<Variant, Session>();
  let embeddings: TokenEmbeddings | undefined;
  try {
    for (const [loaded, variant] of variants.entries()) {
      const { graph, path } = variant;
      throwIfAborted(signal, "Loading the model was aborted");
      progress_callback?.({ stage: "load", name: path, loaded, total, unit: "files" });
      const source = { files, path, externalData: externalDataOf(variant) };
      if (graph === "embed_tokens" && files.openRanges !== undefined) {
        // Loaded where it is of use, because most of it reads graphs.
        embeddings = await (await import("./table/in-file.js")).embeddingsInFile(source, options);
        if (embeddings !== undefined) continue;
      }
      const settings = { device: nameOfDevice(graph), threads, signal };
      sessions.set(variant, await inference.createSession(source, settings));
    }
  } catch (error) {
    await Promise.all([...sessions.values()].map((session) => session.release()));
    throw error;
  }
  progress_callback?.({ stage: "load", loaded: total, total, unit: "files" });
  const [vision, table, decoder, promptDecoder] = variants.map((variant) => sessions.get(variant));
  const { text_config } = config;
  const devices = Object.fromEntries(
    GRAPHS.map((graph, index): [GraphName, DeviceChoice] => {
      const session = sessions.get(variants[index]!);
      if (session === undefined) return [graph, embeddings!.place!];
      const alone = { name, reason: "this runtime does not say where its sessions run" };
      return [graph, placement.devices[graph] ?? session.device ?? alone];
    }),
  ) as Record<GraphName, DeviceChoice>;
  return new LocalEngine({
    config,
    dtype: placement.dtype,
    prompt_dtype: placement.prompt_dtype,
    devices,
    vision: new VisionEncoder(vision!, config.image_size, placement.dtype.vision_encoder),
    embeddings: embeddings ?? new GraphEmbeddings(table!),
    decoder: new Decoder(decoder!, text_config, text_config.num_attention_heads, promptDecoder),
    reuse,
    stopTextDecoder: () => AutoTokenizer.from_pretrained(files, { signal }),
  });
}

interface Variant {
  graph: GraphName;
  dtype: Dtype;
  path: string;
}

/** What is loaded: each graph, and a second decoder for prompts where that is to be another one. */
function variantsOf({ dtype, prompt_dtype }: Placement): Variant[] {
  const variantOf = (graph: GraphName, dtype: Dtype) => ({ graph, dtype, path: graphPath(graph, dtype) });
  const variants = GRAPHS.map((graph) => variantOf(graph, dtype[graph]));
  if (prompt_dtype !== dtype.decoder_model_merged) variants.push(variantOf("decoder_model_merged", prompt_dtype));
  return variants;
}

/**
 * Which variant of each graph of a converted folder is loaded, and where.
 *
 * @throws InternVLError `FILE_NOT_FOUND`, and what `placeGraphs` throws
 */
export async function placeFolder(files: ModelFiles, options: LoadOptions): Promise<Placement> {
  const listing = new Set(await files.list());
  const available = (graph: GraphName) => {
    const dtypes = DTYPES.filter((dtype) => listing.has(graphPath(graph, dtype)));
    if (dtypes.length === 0) throw notConverted(files, graph, listing);
    return dtypes;
  };
  return placeGraphs(resolveRuntime(options.runtime), files.name, available, options);
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
