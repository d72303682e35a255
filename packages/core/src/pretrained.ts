import { InternVLError } from "./errors.js";
import type { FileSink, HubOptions, ModelFiles } from "./files.js";
import { type Runtime, resolveRuntime } from "./runtime.js";

/** What every `from_pretrained` takes. */
export interface PretrainedOptions extends HubOptions {
  /** The platform. Default: the one set with `setDefaultRuntime`, which importing `internvl` does. */
  runtime?: Runtime;
}

/** The files of `model`: a directory or a hub id, or files that are open already. */
export async function openModel(model: string | ModelFiles, options: PretrainedOptions = {}): Promise<ModelFiles> {
  return typeof model === "string" ? resolveRuntime(options.runtime).files.open(model, options) : model;
}

/** The folder that `save_pretrained` writes into: a directory, or a sink that is open already. */
export async function openSink(target: string | FileSink, options: { runtime?: Runtime } = {}): Promise<FileSink> {
  if (typeof target !== "string") return target;
  const runtime = resolveRuntime(options.runtime);
  if (runtime.openSink === undefined) {
    throw new InternVLError("UNSUPPORTED", {
      what: `The runtime "${runtime.name}" cannot write into a directory`,
      fix: "Pass a FileSink of your own instead of a path.",
    });
  }
  return runtime.openSink(target);
}
