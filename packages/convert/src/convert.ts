import {
  assertCacheDtype,
  type CacheDtype,
  type Dtype,
  type DtypeOption,
  GRAPHS,
  type GraphName,
  graphPath,
  type InternVL2_5Config,
  resolveDtypes,
} from "@internvl/config";
import { type FileSink, type LongCallOptions, type ModelFiles, throwIfAborted } from "@internvl/core";
import { writeModel } from "@internvl/onnx";
import type { AdapterInput } from "./adapters.js";
import { buildGraph, tiedTable } from "./architectures/index.js";
import type { TensorSource } from "./checkpoint/index.js";
import { readGenerationConfig } from "./generation-config.js";
import { LinkedWeights } from "./linked.js";
import { openCheckpoint } from "./open.js";
import { withResizedPositions } from "./positions/resize.js";
import { TiedEmbeddings } from "./tied.js";

export interface ConvertOptions extends LongCallOptions {
  /** What to write: one dtype (for all graphs or one a graph), or several to have a choice later. Default `"q4"`. */
  dtype?: DtypeOption | readonly DtypeOption[];
  /** LoRA adapters, merged into the weights in float32 before these are converted. */
  adapters?: readonly AdapterInput[];
  /**
   * Whether the graphs give the states between their layers, for `forward({ output_hidden_states: true })`. They are
   * computed into memory in every run then. Default false.
   */
  output_hidden_states?: boolean;
  /**
   * What the decoder's keys and values are stored in between runs: `"float16"` takes half of the memory of `"float32"`, the
   * default. A folder is for one of them, whichever dtypes it has.
   */
  cache_dtype?: CacheDtype;
  /**
   * Graphs in fp32 and fp16 read the weights that they need as they are stored (for fp32 also bfloat16) from the
   * checkpoint's own files, which get a second name in the new folder. Both folders must lie on one disk, and nobody may
   * change these files afterwards; the checkpoint's folder may be removed. Only Node loads such a folder. Default false.
   */
  link?: boolean;
}

export interface Conversion {
  config: InternVL2_5Config;
  /** What the graphs were made of, under the original's names; reads the checkpoint's files, which have to stay. */
  tensors: TensorSource;
  /** What the decoder's keys and values are stored in. */
  cache_dtype: CacheDtype;
  /** The graphs that were written, with their external data; a table that two of them read counts as `embed_tokens`'. */
  graphs: { name: GraphName; path: string; dtype: Dtype; byteLength: number }[];
  /** Bytes of all graphs. */
  byteLength: number;
  /** Names of the checkpoint's tensors that the network does not have. */
  unused: readonly string[];
  /** Files of the checkpoint that the graphs read, with the option `link`. */
  linked: readonly string[];
}

/**
 * Turns a checkpoint of any dialect into the folder that the model package loads.
 *
 * Everything is checked before anything is written: config, names, shapes and dtypes of all tensors, tokenizer. Weights
 * are streamed a few at a time. Each file gets its name when it is complete, and config.json comes last, so that a folder
 * without one is an unfinished conversion; start it again.
 *
 * @param source the checkpoint: config.json, safetensors, tokenizer files
 * @throws InternVLError `CONFIG_INVALID`, `CHECKPOINT_INVALID`, `TOKENIZER_INVALID`, `FILE_NOT_FOUND`, `UNSUPPORTED`,
 *   `FILE_WRITE_FAILED`, `ABORTED`
 */
export async function convertCheckpoint(
  source: ModelFiles,
  target: FileSink,
  options: ConvertOptions = {},
): Promise<Conversion> {
  const { adapters, output_hidden_states, cache_dtype = "float32", link, signal, progress_callback } = options;
  const wanted = wantedGraphs(options.dtype);
  assertCacheDtype(cache_dtype);
  const linked = link ? new LinkedWeights(source, target) : undefined;
  const {
    config,
    tensors: stored,
    unused,
    processor,
  } = await openCheckpoint(source, {
    adapters,
    signal,
    progress_callback,
  });
  const tensors = withResizedPositions(stored, config);
  const generation_config = await readGenerationConfig(source, config, processor, { signal });

  const tied = tiedEmbeddings(wanted, tiedTable(config, tensors));
  const built = wanted.map(({ name, dtype }) => {
    const place = isPlain(dtype) ? linked?.place : undefined;
    const options = { output_hidden_states, cache_dtype, linked: place, shared: tied.get(dtype)?.place };
    return { name, dtype, graph: buildGraph(name, dtype, config, tensors, options) };
  });
  throwIfAborted(signal, "The conversion was aborted");
  // Before the graphs: one is never there without its weights.
  await linked?.link({ signal });

  const graphs: Conversion["graphs"] = [];
  for (const [index, { name, dtype, graph }] of built.entries()) {
    throwIfAborted(signal, "The conversion was aborted");
    const path = graphPath(name, dtype);
    // It comes before both graphs that read it, and counts as the first one's.
    const shared = name === "embed_tokens" ? await tied.get(dtype)?.write(target, { signal, progress_callback }) : 0;
    const { byteLength } = await writeModel(target, path, graph, {
      signal,
      progress_callback: progress_callback && ((info) => progress_callback({ ...info, stage: "convert", name: path })),
    });
    graphs.push({ name, path, dtype, byteLength: byteLength + (shared ?? 0) });
    progress_callback?.({ stage: "convert", loaded: index + 1, total: wanted.length, unit: "files" });
  }
  throwIfAborted(signal, "The conversion was aborted");
  await processor.save_pretrained(target);
  await generation_config.save_pretrained(target);
  await config.save_pretrained(target);
  return {
    config,
    tensors,
    cache_dtype,
    graphs,
    unused,
    linked: linked?.files ?? [],
    byteLength: graphs.reduce((sum, graph) => sum + graph.byteLength, 0),
  };
}

/** Whether weights are stored as numbers, so that a table has the same bytes in each graph. */
function isPlain(dtype: Dtype): boolean {
  return dtype === "fp32" || dtype === "fp16";
}

/** For each dtype in which both graphs that read a tied table are written. */
function tiedEmbeddings(wanted: readonly { name: GraphName; dtype: Dtype }[], table: string | undefined) {
  const dtypesOf = (graph: GraphName) => wanted.filter(({ name }) => name === graph).map(({ dtype }) => dtype);
  const both = dtypesOf("embed_tokens").filter((dtype) => dtypesOf("decoder_model_merged").includes(dtype));
  const entries = table === undefined ? [] : both.filter(isPlain).map((dtype) => [dtype, table] as const);
  return new Map(entries.map(([dtype, tensor]) => [dtype, new TiedEmbeddings(dtype, tensor)]));
}

/** Each graph once, though two presets may share it. */
function wantedGraphs(option: ConvertOptions["dtype"]) {
  const options: readonly (DtypeOption | undefined)[] = Array.isArray(option) ? option : [option];
  const resolved = options.map((dtype) => resolveDtypes(dtype));
  return GRAPHS.flatMap((name) =>
    [...new Set(resolved.map((dtypes) => dtypes[name]))].map((dtype) => ({ name, dtype })),
  );
}
