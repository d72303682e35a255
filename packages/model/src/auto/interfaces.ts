import type { GenerationConfig } from "@internvl/config";
import type { InternVL2_5Processor, ProcessorInputs, ProcessorOutput } from "@internvl/processor";
import type { GenerateResult } from "../engine/engine.js";
import type { GenerateArguments } from "../model.js";

/** What `pipeline` needs of a model. `InternVL2_5ForConditionalGeneration` is one; another package's may be. */
export interface ImageTextToTextModel {
  readonly generation_config: GenerationConfig;
  generate(
    args: GenerateArguments & { return_dict_in_generate: true },
  ): Promise<Pick<GenerateResult, "sequences" | "generated_tokens">>;
  dispose(): Promise<void>;
}

/** What `pipeline` needs of a processor: the call and these members of `InternVL2_5Processor`. */
export interface ImageTextToTextProcessor
  extends Pick<InternVL2_5Processor, "apply_chat_template" | "post_process_image_text_to_text"> {
  (inputs: ProcessorInputs & { return_tensors?: null }): Promise<ProcessorOutput>;
  readonly tokenizer: Pick<InternVL2_5Processor["tokenizer"], "pad_token_id">;
}
