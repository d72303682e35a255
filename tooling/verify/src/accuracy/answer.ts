import {
  type CacheDtype,
  convertCheckpoint,
  type Dtype,
  InternVL2_5Processor,
  load_image,
  InternVL2_5ForConditionalGeneration as Model,
  openModel,
  openSink,
  slice_prompt,
} from "internvl";
import type { Question } from "./heldout.js";

const BATCH_SIZE = 16;
/** As many as the answers in heldout.json were given. */
export const MAX_NEW_TOKENS = 80;
const END_OF_TURN = "<|im_end|>";

/** Converts a checkpoint in one dtype. @returns the bytes of its graphs with their weights */
export async function convertDemo(
  checkpoint: string,
  directory: string,
  dtype: Dtype | readonly Dtype[],
  cache_dtype?: CacheDtype,
): Promise<number> {
  const options = { dtype, cache_dtype };
  return (await convertCheckpoint(await openModel(checkpoint), await openSink(directory), options)).byteLength;
}

/**
 * The answers of a converted model to all questions, in their order, through the public interface.
 *
 * @param pictures the folder that the questions' files are relative to
 */
export async function answerAll(
  directory: string,
  dtype: Dtype,
  questions: readonly Question[],
  pictures: string,
  onBatch: (answered: number) => void,
): Promise<string[]> {
  const model = await Model.from_pretrained(directory, { dtype });
  const processor = await InternVL2_5Processor.from_pretrained(directory);
  const answers = new Map<Question, string>();
  try {
    for (const batch of batches(questions)) {
      const texts = await answerBatch(model, processor, batch, pictures);
      for (const [index, question] of batch.entries()) answers.set(question, texts[index]!);
      onBatch(answers.size);
    }
  } finally {
    await model.dispose();
  }
  return questions.map((question) => answers.get(question)!);
}

async function answerBatch(
  model: Model,
  processor: InternVL2_5Processor,
  batch: readonly Question[],
  pictures: string,
): Promise<string[]> {
  const inputs = await questionInputs(processor, batch, pictures);
  const sequences = await model.generate({ ...inputs, max_new_tokens: MAX_NEW_TOKENS, do_sample: false });
  const answers = processor.batch_decode(slice_prompt(sequences, inputs.input_ids));
  return answers.map((answer) => answer.split(END_OF_TURN)[0]!);
}

/** The model's inputs for questions of one limit of tiles. */
export async function questionInputs(processor: InternVL2_5Processor, batch: readonly Question[], pictures: string) {
  const text = batch.map(({ question }) =>
    processor.apply_chat_template([{ role: "user", content: [{ type: "image" }, { type: "text", text: question }] }], {
      add_generation_prompt: true,
    }),
  );
  const images = await Promise.all(
    batch.map(({ file }) => load_image(`${pictures}/${file}`, { alpha: "drop", exif: "ignore" })),
  );
  const { max_tiles } = batch[0]!;
  return processor({ text, images, padding: true, images_kwargs: { max_tiles } });
}

/** Questions of one limit of tiles together: the processor takes one for all pictures of a call. */
function* batches(questions: readonly Question[]): Generator<Question[]> {
  for (const limit of new Set(questions.map(({ max_tiles }) => max_tiles))) {
    const same = questions.filter(({ max_tiles }) => max_tiles === limit);
    for (let start = 0; start < same.length; start += BATCH_SIZE) yield same.slice(start, start + BATCH_SIZE);
  }
}
