import type { Dtype } from "@internvl/config";
import { convertCheckpoint } from "@internvl/convert";
import type { ModelFiles } from "@internvl/core";
import type { Streamer, TokenDetail, TokenProbability } from "@internvl/generation";
import { InternVL2_5ForConditionalGeneration as Model } from "@internvl/model";
import { InternVL2_5Processor } from "@internvl/processor";
import type { Platform } from "../platform/platform.js";
import type { ChosenToken } from "./ties.js";

/** As many as the answers of the demo model's held-out set were given. */
const MAX_NEW_TOKENS = 80;

/** samples/samples.json of the demo model. */
interface Sample {
  file: string;
  questions: { question: string }[];
}

/** What the demo model answers. */
export interface DemoAnswer {
  file: string;
  question: string;
  /** The new tokens. */
  tokens: ChosenToken[];
}

/**
 * Converts the demo model's checkpoint here, and asks it about its samples, greedily.
 *
 * @param perSample how many of a sample's questions. Default: all
 */
export async function answerSamples(
  checkpoint: ModelFiles,
  platform: Platform,
  dtype: Dtype,
  perSample?: number,
): Promise<DemoAnswer[]> {
  const { runtime, device } = platform;
  const workspace = await platform.openWorkspace();
  const folder = workspace.folder(`demo-${dtype}`);
  try {
    await convertCheckpoint(checkpoint, await workspace.openSink(folder), { dtype });
    const model = await Model.from_pretrained(folder, { dtype, runtime, device });
    try {
      return await askAll(checkpoint, platform, model, perSample);
    } finally {
      await model.dispose();
    }
  } finally {
    await workspace.remove();
  }
}

async function askAll(
  checkpoint: ModelFiles,
  { runtime }: Platform,
  model: Model,
  perSample: number | undefined,
): Promise<DemoAnswer[]> {
  const processor = await InternVL2_5Processor.from_pretrained(checkpoint);
  const samples = JSON.parse(new TextDecoder().decode(await checkpoint.read("samples/samples.json"))) as Sample[];
  const answers: DemoAnswer[] = [];
  for (const { file, questions } of samples) {
    const images = await runtime.media.decodeImage(await checkpoint.read(`samples/${file}`));
    for (const { question } of questions.slice(0, perSample)) {
      const content = [{ type: "image" as const }, { type: "text" as const, text: question }];
      const text = processor.apply_chat_template([{ role: "user", content }], { add_generation_prompt: true });
      const inputs = await processor({ text, images });
      const streamer = new ChosenTokens();
      await model.generate({ ...inputs, max_new_tokens: MAX_NEW_TOKENS, do_sample: false, streamer });
      answers.push({ file, question, tokens: streamer.tokens });
    }
  }
  return answers;
}

/** Keeps each token with its runner-up. */
class ChosenTokens implements Streamer {
  readonly top_logprobs = 2;
  readonly tokens: ChosenToken[] = [];

  put(token_ids: readonly (readonly number[])[], details?: readonly (TokenDetail | undefined)[]): void {
    const detail = details?.[0];
    if (detail === undefined) return;
    const [first, second] = detail.top_logprobs as [TokenProbability, TokenProbability];
    this.tokens.push({
      token: token_ids[0]![0]!,
      runnerUp: second.token_id,
      margin: first.logprob - second.logprob,
    });
  }

  end(): void {}
}
