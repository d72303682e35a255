import {
  type GenerateArguments,
  InternVL2_5ForConditionalGeneration,
  InternVL2_5Processor,
  load_image,
  RawImage,
} from "internvl";
import { PutTimes } from "../put-times.js";
import { row } from "../report.js";
import { type Benchmark, shapeText } from "./benchmark.js";

const NEW_TOKENS = 8;
const FIRST = "What is in this picture?";
const SECOND = "And what is in the middle of it?";

/** Each takes a minute where nothing is fast. */
const RUNS = 2;

/** The first question about a picture, and a second one: time to the first token. */
export const followup: Benchmark = async (options, workspace) => {
  const dtype = options.dtype ?? "q4";
  const folder = await workspace.converted([dtype]);
  const { threads } = options;
  const model = await InternVL2_5ForConditionalGeneration.from_pretrained(folder, { dtype, threads });
  const processor = await InternVL2_5Processor.from_pretrained(folder);
  const photo = await load_image(await workspace.photo());
  const times = { first: [] as number[], again: [] as number[], cached: [] as number[] };
  let tiles = 0;
  try {
    const runs = options.runs ?? RUNS;
    for (let run = 0; run < runs; run++) {
      // No picture is asked about twice as if it were new.
      const plain = await askAgain(model, processor, anotherPhoto(photo, 2 * run));
      const cached = await askWithCache(model, processor, anotherPhoto(photo, 2 * run + 1));
      times.first.push(plain.first, cached.first);
      times.again.push(plain.second);
      times.cached.push(cached.second);
      tiles = plain.tiles;
    }
  } finally {
    await model.dispose();
  }
  const first = row("first question", "ms", times.first);
  return {
    benchmark: "followup",
    setting: {
      shape: shapeText(options),
      dtype,
      picture: `4000 x 3000, ${tiles} tiles; its preparation is not counted`,
      "answer before": `${NEW_TOKENS} tokens`,
      threads,
    },
    rows: [
      first,
      row("second question, whole conversation given again", "ms", times.again, first),
      row("second question, past_key_values", "ms", times.cached, first),
    ],
  };
};

type Model = InternVL2_5ForConditionalGeneration;

/** As most people do: the conversation as text, with its picture, is given whole to a second `generate`. */
async function askAgain(model: Model, processor: InternVL2_5Processor, image: RawImage) {
  const question = turn("user", FIRST, [{ type: "image" }]);
  const inputs = await processor(await conversation(processor, [question], image));
  const first = await untilFirstToken(model, inputs);
  const [ids] = first.sequences;
  const answer = processor.decode(ids!.slice(inputs.input_ids[0]!.length), { skip_special_tokens: true });
  const turns = [question, turn("assistant", answer), turn("user", SECOND)];
  const again = await untilFirstToken(model, await processor(await conversation(processor, turns, image)));
  return { first: first.ms, second: again.ms, tiles: inputs.num_patches![0]! };
}

/** As the README of @internvl/model says: ids and cache of the first answer are kept. */
async function askWithCache(model: Model, processor: InternVL2_5Processor, image: RawImage) {
  const question = turn("user", FIRST, [{ type: "image" }]);
  const inputs = await processor(await conversation(processor, [question], image));
  const past_key_values = model.newCache(1);
  const first = await untilFirstToken(model, { ...inputs, past_key_values });
  const next = `<|im_end|>\n<|im_start|>user\n${SECOND}<|im_end|>\n<|im_start|>assistant\n`;
  const nextIds = processor.tokenizer.encode(next, { add_special_tokens: false });
  const second = await untilFirstToken(model, {
    input_ids: [[...first.sequences[0]!, ...nextIds]],
    past_key_values,
  });
  past_key_values.dispose();
  return { first: first.ms, second: second.ms };
}

function turn(role: string, text: string, before: readonly { type: "image" }[] = []) {
  return { role, content: [...before, { type: "text" as const, text }] };
}

async function conversation(processor: InternVL2_5Processor, turns: ReturnType<typeof turn>[], image: RawImage) {
  const text = processor.apply_chat_template(turns, { add_generation_prompt: true });
  return { text: [text], images: [image] };
}

/** Answers, and says how many milliseconds passed before the first token. */
async function untilFirstToken(
  model: Model,
  inputs: GenerateArguments,
): Promise<{ ms: number; sequences: number[][] }> {
  const streamer = new PutTimes();
  const start = performance.now();
  // Random weights may say the end of the turn at any time: nothing counts as one.
  const sequences = await model.generate({ ...inputs, streamer, max_new_tokens: NEW_TOKENS, eos_token_id: [] });
  return { ms: streamer.firstMs(start), sequences };
}

/** The picture with a stripe of its own, for nothing to take it for another one. */
function anotherPhoto(photo: RawImage, number: number): RawImage {
  const pixels = photo.data.slice().fill(10 * number, 0, 64 * photo.width * photo.channels);
  return new RawImage(pixels, photo.width, photo.height, photo.channels);
}
