import { InternVLError, type ModelFiles, nearestName } from "@internvl/core";
import { GENERATION_OPTION_NAMES } from "@internvl/generation";
import { AutoProcessor, type ProcessorPretrainedOptions } from "@internvl/processor";
import { AutoModelForImageTextToText } from "../auto/auto-model.js";
import type { ImageTextToTextModel, ImageTextToTextProcessor } from "../auto/interfaces.js";
import type { ModelOptions } from "../model.js";
import { ImageTextToTextPipeline } from "./image-text-to-text.js";
import type { GenerateKwargs, ImageTextToTextOptions } from "./options.js";

/** The tasks, and the model of each when none is named. */
const TASKS = { "image-text-to-text": { default_model: "OpenGVLab/InternVL2_5-1B" } } as const;

export type PipelineTask = keyof typeof TASKS;

/** What `from_pretrained` of the model and the processor take, and options for all calls. */
export interface PipelineOptions extends ModelOptions, ProcessorPretrainedOptions, Omit<GenerateKwargs, "streamer"> {
  /** One that is loaded, or where it is read from. Default: the model's place. */
  processor?: ImageTextToTextProcessor | string | ModelFiles;
  generate_kwargs?: GenerateKwargs;
  batch_size?: number;
}

/** Options of `generate` that `pipeline()` takes for all calls, as Transformers does. */
const FOR_GENERATE: readonly string[] = [
  ...GENERATION_OPTION_NAMES,
  "generation_config",
  "logits_processor",
  "stopping_criteria",
];

/**
 * A model and its processor behind one call, as Transformers' `pipeline`.
 *
 * ```ts
 * const pipe = await pipeline("image-text-to-text", "./InternVL2_5-1B-ONNX", { dtype: "q4" });
 * const chat = [{ role: "user", content: [{ type: "image", url: "cat.jpg" }, { type: "text", text: "What is it?" }] }];
 * const [output] = await pipe(chat, { max_new_tokens: 64, return_full_text: false });
 * console.log(output.generated_text);
 * await pipe.dispose();
 * ```
 *
 * @param model a directory, a hub id, open files, or a model that is loaded (then `processor` is needed); default: the
 *   task's own, `OpenGVLab/InternVL2_5-1B`
 * @throws InternVLError `INPUT_INVALID` (an unknown task), and what the two `from_pretrained` throw
 */
export async function pipeline(
  task: PipelineTask,
  model?: string | ModelFiles | ImageTextToTextModel,
  options: PipelineOptions = {},
): Promise<ImageTextToTextPipeline> {
  if (!Object.hasOwn(TASKS, task)) throw unknownTask(task);
  const { default_model } = TASKS[task];
  const source = model ?? default_model;
  const { processor: given, generate_kwargs, batch_size, ...others } = options;
  const isForGenerate = ([name]: [string, unknown]): boolean => FOR_GENERATE.includes(name);
  const entries = Object.entries(others);
  const loading: ModelOptions & ProcessorPretrainedOptions = Object.fromEntries(
    entries.filter((entry) => !isForGenerate(entry)),
  );
  // Pictures of a call are decoded by the platform that the model runs on.
  const { runtime } = loading;
  const defaults: ImageTextToTextOptions = {
    ...(runtime === undefined ? {} : { runtime }),
    ...(batch_size === undefined ? {} : { batch_size }),
  };
  const place = given ?? (isModel(source) ? undefined : source);
  if (place === undefined) {
    throw new InternVLError("INPUT_INVALID", {
      what: "A model that is loaded does not say where its processor is",
      fix: 'Pass { processor: await AutoProcessor.from_pretrained("…") }, or the directory it is in.',
    });
  }
  // The processor first: it is small, and what is wrong with it shows before the model is read.
  const processor: ImageTextToTextProcessor =
    typeof place === "function" ? place : await AutoProcessor.from_pretrained(place, loading);
  return new ImageTextToTextPipeline({
    model: isModel(source) ? source : await AutoModelForImageTextToText.from_pretrained(source, loading),
    processor,
    generate_kwargs: { ...Object.fromEntries(entries.filter(isForGenerate)), ...generate_kwargs },
    defaults,
  });
}

function isModel(value: string | ModelFiles | ImageTextToTextModel): value is ImageTextToTextModel {
  return typeof value !== "string" && "generate" in value;
}

function unknownTask(task: string): InternVLError {
  const tasks = Object.keys(TASKS);
  const nearest = nearestName(String(task), tasks);
  return new InternVLError("INPUT_INVALID", {
    what: "There is no pipeline for this task",
    expected: `one of ${tasks.map((name) => `"${name}"`).join(", ")}`,
    got: JSON.stringify(task) ?? String(task),
    fix: nearest === undefined ? undefined : `Did you mean "${nearest}"?`,
  });
}
