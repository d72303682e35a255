import { type Dtype, InternVL2_5Processor, InternVL2_5ForConditionalGeneration as Model, slice_prompt } from "internvl";
import { MAX_NEW_TOKENS, questionInputs } from "../accuracy/answer.js";
import type { Question } from "../accuracy/heldout.js";
import { logitsAt } from "../models.js";
import { HELDOUT } from "../paths.js";
import { cosine } from "../statistics.js";
import { tokenDistance } from "./distance.js";
import { type Loss, type Measured, summarise } from "./loss.js";

type Inputs = Awaited<ReturnType<typeof questionInputs>>;

/** A converted model that is asked. */
export interface Asked {
  /** What tables call it. */
  name: string;
  dtype: Dtype;
  prompt_dtype?: Dtype;
  directory: string;
  /** Of its graphs with their weights. */
  bytes: number;
}

/**
 * Asks all models every question, one model after the other, so that whatever else the machine does meets all alike.
 *
 * @param asked the first is the reference, in full precision
 */
export async function measureLosses(
  asked: readonly Asked[],
  questions: readonly Question[],
  onQuestion: (answered: number) => void,
): Promise<Loss[]> {
  const processor = await InternVL2_5Processor.from_pretrained(asked[0]!.directory);
  const models: Model[] = [];
  const measured: Measured[][] = asked.map(() => []);
  try {
    for (const { directory, dtype, prompt_dtype } of asked) {
      models.push(await Model.from_pretrained(directory, { dtype, prompt_dtype }));
    }
    for (const [index, question] of questions.entries()) {
      const inputs = await questionInputs(processor, [question], HELDOUT);
      const answers: Answer[] = [];
      for (const model of models) answers.push(await answer(model, inputs));
      const [reference] = answers as [Answer, ...Answer[]];
      const readings: Reading[] = [];
      for (const model of models) readings.push(await read(model, inputs, reference.tokens));
      for (const [which, reading] of readings.entries()) {
        measured[which]!.push(compare(answers[which]!, reading, reference, readings[0]!));
      }
      onQuestion(index + 1);
    }
  } finally {
    await Promise.all(models.map((model) => model.dispose()));
  }
  return asked.map(({ name, bytes }, which) => summarise(name, bytes, measured[which]!));
}

interface Answer {
  tokens: number[];
  ms: number;
}

async function answer(model: Model, inputs: Inputs): Promise<Answer> {
  const started = performance.now();
  const sequences = await model.generate({ ...inputs, max_new_tokens: MAX_NEW_TOKENS, do_sample: false });
  return { ms: performance.now() - started, tokens: slice_prompt(sequences, inputs.input_ids)[0]! };
}

/** Logits at each token of an answer, and features of the picture. */
interface Reading {
  logits: Float32Array[];
  features: Float32Array;
}

/** Lets a model read a question, as `generate` does, and an answer that need not be its own. */
async function read(model: Model, inputs: Inputs, answer: readonly number[]): Promise<Reading> {
  const past_key_values = model.newCache(1);
  const options = { past_key_values, max_new_tokens: 1, output_logits: true, return_dict_in_generate: true } as const;
  const { logits } = await model.generate({ ...inputs, ...options });
  // The logits of a position are about the next one, so nobody asks about the last.
  const input_ids = [answer.slice(0, -1)];
  const rest = input_ids[0]!.length > 0 ? await model.forward({ input_ids, past_key_values }) : undefined;
  past_key_values.dispose();
  return {
    logits: [logits![0]!, ...input_ids[0]!.map((_, position) => logitsAt(rest!.logits, 0, position))],
    features: (await model.get_image_features(inputs.pixel_values!)).data as Float32Array,
  };
}

function compare(own: Answer, reading: Reading, reference: Answer, exact: Reading): Measured {
  return {
    tokens: reading.logits.map((logits, position) => tokenDistance(exact.logits[position]!, logits)),
    isSameAnswer: own.tokens.join() === reference.tokens.join(),
    featureCosine: cosine(reading.features, exact.features),
    newTokens: own.tokens.length,
    ms: own.ms,
  };
}
