import type { GenerationConfig } from "@internvl/config";
import { InternVLError, type LongCallOptions } from "@internvl/core";
import { GENERATION_OPTION_NAMES, type GenerationOptions, type Streamer } from "@internvl/generation";
import type { ApplyChatTemplateOptions, ProcessorKwargs } from "@internvl/processor";
import type { GenerateArguments } from "../model.js";

/** Generation options for one call, and the functions that a generation takes. */
export type GenerateKwargs = GenerationOptions &
  Pick<GenerateArguments, "generation_config" | "logits_processor" | "stopping_criteria" | "streamer">;

/** What a call takes beside its input. What is not named here goes to the processor, as in Transformers. */
export interface ImageTextToTextOptions
  extends LongCallOptions,
    ProcessorKwargsAlone,
    Pick<ApplyChatTemplateOptions, TemplateOptionName> {
  /** Default 256, unless the model's generation_config.json or `generate_kwargs` say how long an answer may be. */
  max_new_tokens?: number;
  generate_kwargs?: GenerateKwargs;
  /** An answer ends with one of them. */
  stop_sequence?: string | readonly string[];
  /** True (the default): `generated_text` is the input and the answer. False: the answer alone. */
  return_full_text?: boolean;
  /** Token ids instead of text: `generated_token_ids`. Excludes `return_full_text`. */
  return_tensors?: boolean;
  /** Default: true when the last message is the assistant's, which the answer then goes on with. */
  continue_final_message?: boolean;
  /** Whether special tokens are left out of the answer. Default true. */
  skip_special_tokens?: boolean;
  /** Default: the tokenizer's own. */
  clean_up_tokenization_spaces?: boolean;
  /** How many inputs of a list go through the model at once. Default 1. */
  batch_size?: number;
  /** Options of the processor as a group. */
  processor_kwargs?: ProcessorKwargsAlone;
  /** Hears the answer while it is written; for one input. */
  streamer?: Streamer;
}

type ProcessorKwargsAlone = Omit<ProcessorKwargs, "return_tensors" | keyof LongCallOptions>;

/** Options of the chat template. A text has been put together already and takes none of them. */
export const TEMPLATE_OPTION_NAMES: readonly TemplateOptionName[] = [
  "chat_template",
  "tools",
  "documents",
  "template_kwargs",
  "escape_special_tokens",
];

type TemplateOptionName = "chat_template" | "tools" | "documents" | "template_kwargs" | "escape_special_tokens";

/** Transformers' `_default_generation_config` of this pipeline. */
const DEFAULT_MAX_NEW_TOKENS = 256;

/** `max_length` is the tokenizer's in a call, as in Transformers. */
const FOR_GENERATE: ReadonlySet<string> = new Set(
  [...GENERATION_OPTION_NAMES, "generation_config"].filter(
    (name) => name !== "max_new_tokens" && name !== "max_length",
  ),
);

/**
 * What goes to `generate`: the options of the call over those of the pipeline, and the pipeline's own default length where
 * neither they nor the model's generation config say one.
 *
 * @param defaults what the pipeline was made with; a `generation_config` of the call stands in for it, as in Transformers
 * @throws InternVLError `INPUT_INVALID` for an option that is given twice, or in a place where nothing reads it
 */
export function generateKwargs(
  options: ImageTextToTextOptions,
  defaults: GenerateKwargs,
  model_config: GenerationConfig,
): GenerateKwargs {
  const misplaced = Object.keys(options).find((name) => FOR_GENERATE.has(name));
  if (misplaced !== undefined) {
    throw new InternVLError("INPUT_INVALID", {
      what: `"${misplaced}" is an option of generate, not of the pipeline's call`,
      fix: `Pass generate_kwargs: { ${misplaced}: … }, or give it to pipeline() for all calls.`,
    });
  }
  const { generate_kwargs = {}, max_new_tokens, stop_sequence } = options;
  assertOnce("max_new_tokens", max_new_tokens, generate_kwargs.max_new_tokens);
  assertOnce("streamer", options.streamer, generate_kwargs.streamer);
  assertOnce("stop_sequence", stop_sequence, generate_kwargs.stop_strings, "stop_strings");
  const given: GenerateKwargs = { ...(generate_kwargs.generation_config ? {} : defaults), ...generate_kwargs };
  if (max_new_tokens !== undefined) given.max_new_tokens = max_new_tokens;
  if (stop_sequence !== undefined) given.stop_strings = stop_sequence;
  if (options.streamer !== undefined) given.streamer = options.streamer;
  const isSet = saysLength(given) || saysLength(given.generation_config ?? model_config);
  return isSet ? given : { ...given, max_new_tokens: DEFAULT_MAX_NEW_TOKENS };
}

function assertOnce(name: string, direct: unknown, inside: unknown, nameInside: string = name): void {
  if (direct === undefined || inside === undefined) return;
  throw new InternVLError("INPUT_INVALID", {
    what: `"${name}" is given twice`,
    expected: `${name}, or ${nameInside} within generate_kwargs`,
    got: "both",
  });
}

/** Whether options or a config bound the answer. A config's default of `max_length` is nobody's wish. */
function saysLength(config: GenerationConfig | GenerationOptions): boolean {
  const said: GenerationOptions = "to_diff_dict" in config ? config.to_diff_dict() : config;
  return (said.max_new_tokens ?? said.max_length ?? undefined) !== undefined;
}
