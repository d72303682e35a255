import {
  type Dtype,
  type DtypeOption,
  GenerationConfig,
  GRAPHS,
  graphPath,
  InternVL2_5Config,
  resolveDtypes,
} from "@internvl/config";
import { type FileSink, type LongCallOptions, type ModelFiles, throwIfAborted } from "@internvl/core";
import { writeModel } from "@internvl/onnx";
import { InternVL2_5Processor } from "@internvl/processor";
import { buildGraph } from "./architectures/index.js";
import { Checkpoint, expectOriginalTensors } from "./checkpoint/index.js";

export interface ConvertOptions extends LongCallOptions {
  /** What to write: one dtype (for all graphs or one a graph), or several to have a choice later. Default `"q4"`. */
  dtype?: DtypeOption | readonly DtypeOption[];
  /**
   * Whether the graphs give the states between their layers, for `forward({ output_hidden_states: true })`. They are
   * computed into memory in every run then. Default false.
   */
  output_hidden_states?: boolean;
}

export interface Conversion {
  config: InternVL2_5Config;
  /** The graphs that were written, with their external data. */
  graphs: { path: string; dtype: Dtype; byteLength: number }[];
  /** Bytes of all graphs. */
  byteLength: number;
}

/**
 * Turns a checkpoint in OpenGVLab's original format into the folder that the model package loads.
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
  const { output_hidden_states, signal, progress_callback } = options;
  const wanted = wantedGraphs(options.dtype);
  const { config, checkpoint, processor } = await openCheckpoint(source, { signal });
  const generation_config = (await source.has("generation_config.json"))
    ? await GenerationConfig.from_pretrained(source, { signal })
    : undefined;

  const graphs: Conversion["graphs"] = [];
  for (const [index, { name, dtype }] of wanted.entries()) {
    throwIfAborted(signal, "The conversion was aborted");
    const path = graphPath(name, dtype);
    const graph = buildGraph(name, dtype, config, checkpoint, { output_hidden_states });
    const { byteLength } = await writeModel(target, path, graph, {
      signal,
      progress_callback: progress_callback && ((info) => progress_callback({ ...info, stage: "convert", name: path })),
    });
    graphs.push({ path, dtype, byteLength });
    progress_callback?.({ stage: "convert", loaded: index + 1, total: wanted.length, unit: "files" });
  }
  throwIfAborted(signal, "The conversion was aborted");
  await processor.save_pretrained(target);
  await generation_config?.save_pretrained(target);
  await config.save_pretrained(target);
  return { config, graphs, byteLength: graphs.reduce((sum, graph) => sum + graph.byteLength, 0) };
}

/** Everything of a checkpoint that can be checked before its weights are read. */
async function openCheckpoint(
  source: ModelFiles,
  options: { signal?: AbortSignal } = {},
): Promise<{ config: InternVL2_5Config; checkpoint: Checkpoint; processor: InternVL2_5Processor }> {
  const original = await InternVL2_5Config.from_pretrained(source, options);
  const checkpoint = await Checkpoint.open(source, options);
  expectOriginalTensors(checkpoint, original);
  const processor = await InternVL2_5Processor.from_pretrained(source, options);
  // The original dialect leaves these ids to the tokenizer.
  const config = original.with({
    image_token_id: processor.image_token_id,
    image_start_token_id: processor.start_image_token_id,
    image_end_token_id: processor.end_image_token_id,
  });
  return { config, checkpoint, processor };
}

/** Each graph once, though two presets may share it. */
function wantedGraphs(option: ConvertOptions["dtype"]) {
  const options: readonly (DtypeOption | undefined)[] = Array.isArray(option) ? option : [option];
  const resolved = options.map((dtype) => resolveDtypes(dtype));
  return GRAPHS.flatMap((name) =>
    [...new Set(resolved.map((dtypes) => dtypes[name]))].map((dtype) => ({ name, dtype })),
  );
}
