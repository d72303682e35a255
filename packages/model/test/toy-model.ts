import { AutoConfig, GenerationConfig } from "@internvl/config";
import { Callable, type JsonObject } from "@internvl/core";
import { AutoModelForImageTextToText, type ImageTextToTextModel, type ImageTextToTextProcessor } from "@internvl/model";
import { AutoProcessor, type Conversation, type ProcessorInputs, type ProcessorOutput } from "@internvl/processor";

// A model as another package adds it, see "Adding a model" in the README: it answers with the prompt in capitals.

export class ToyConfig {
  readonly exclamation: string;

  constructor({ exclamation = "!" }: { exclamation?: string } = {}) {
    this.exclamation = exclamation;
  }

  static from_dict(json: JsonObject): ToyConfig {
    return new ToyConfig(json);
  }
}

export interface ToyProcessor extends ImageTextToTextProcessor {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface above says that instances can be called.
export class ToyProcessor extends Callable<[ProcessorInputs], Promise<ProcessorOutput>> {
  readonly tokenizer: { pad_token_id: number } = { pad_token_id: 0 };

  /** An id is a character's number. */
  override async _call({ text = [] }: ProcessorInputs): Promise<ProcessorOutput> {
    const input_ids = [text].flat().map((row) => [...row].map((character) => character.codePointAt(0)!));
    return { input_ids, attention_mask: input_ids.map((row) => row.map(() => 1)) };
  }

  apply_chat_template(conversation: Conversation): Promise<ProcessorOutput> {
    return this._call({ text: conversation.map(({ content }) => String(content)).join("\n") });
  }

  post_process_image_text_to_text(rows: readonly (readonly number[])[]): string[] {
    return rows.map((row) => String.fromCodePoint(...row.filter((id) => id !== 0)));
  }
}

export class ToyForConditionalGeneration implements ImageTextToTextModel {
  readonly config: ToyConfig;
  readonly generation_config: GenerationConfig = new GenerationConfig();
  disposed = false;

  constructor(config: ToyConfig) {
    this.config = config;
  }

  generate: ImageTextToTextModel["generate"] = async ({ input_ids, attention_mask, max_new_tokens }) => {
    const masks = attention_mask as number[][];
    const answers = (input_ids as number[][]).map((row, index) => {
      const prompt = String.fromCodePoint(...row.filter((_, at) => masks[index]![at] === 1));
      const answer = `${prompt.toUpperCase()}${this.config.exclamation}`;
      return [...answer].map((character) => character.codePointAt(0)!).slice(0, max_new_tokens ?? undefined);
    });
    const longest = Math.max(...answers.map(({ length }) => length));
    return {
      sequences: answers.map((answer, index) => [
        ...(input_ids as number[][])[index]!,
        ...answer,
        ...new Array<number>(longest - answer.length).fill(0),
      ]),
      generated_tokens: answers.map(({ length }) => length),
    };
  };

  async dispose(): Promise<void> {
    this.disposed = true;
  }
}

/** What the other package does when it is imported. */
export function registerToy(): void {
  AutoConfig.register({ names: ["toy"], from_dict: ToyConfig.from_dict });
  AutoProcessor.register({ names: ["ToyProcessor", "toy"], from_pretrained: async () => new ToyProcessor() });
  AutoModelForImageTextToText.register({
    names: ["toy"],
    from_pretrained: async (model, options) =>
      new ToyForConditionalGeneration(await AutoConfig.from_pretrained<ToyConfig>(model, options)),
  });
}
