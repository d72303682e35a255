import type { GenerationConfig } from "@internvl/config";
import type {
  ApplyChatTemplateOptions,
  Conversation,
  DecodeOptions,
  ProcessorInputs,
  ProcessorOutput,
} from "@internvl/processor";
import type { GenerateResult } from "../engine/engine.js";
import type { GenerateArguments } from "../model.js";

/** What `pipeline` needs of a model. `InternVL2_5ForConditionalGeneration` is one; another package's may be. */
export interface ImageTextToTextModel {
  readonly generation_config: GenerationConfig;
  /** Whether it runs in a thread of its own: then a pipeline prepares the next input while one is answered. */
  readonly inWorker?: boolean;
  generate(
    args: GenerateArguments & { return_dict_in_generate: true },
  ): Promise<Pick<GenerateResult, "sequences" | "generated_tokens" | "past_key_values">>;
  dispose(): Promise<void>;
}

/** What `pipeline` needs of a processor, which can be called. `InternVL2_5Processor` is one. */
export interface ImageTextToTextProcessor {
  (inputs: ProcessorInputs & { return_tensors?: null }): Promise<ProcessorOutput>;
  readonly tokenizer: { readonly pad_token_id: number | null };
  apply_chat_template(
    conversation: Conversation,
    options: ApplyChatTemplateOptions & { tokenize: true; return_dict: true; return_tensors?: null },
  ): Promise<ProcessorOutput>;
  /** The text of each row. Special tokens are left out unless `skip_special_tokens` is false. */
  post_process_image_text_to_text(rows: readonly (readonly number[])[], options?: DecodeOptions): string[];
}
