import {
  type GenerateArguments,
  type InternVL2_5ForConditionalGeneration,
  type InternVL2_5Processor,
  RawImage,
  slice_prompt,
  TextIteratorStreamer,
} from "internvl";
import { randomBits } from "../random.js";

/** The loaded model, and how it is asked. */
export interface Asked {
  model: InternVL2_5ForConditionalGeneration;
  processor: InternVL2_5Processor;
  /** The longest answer, in tokens. */
  newTokens: number;
  /** The longest side of a picture, in pixels. */
  side: number;
  /** One call after the other, each reading all of its prompt, and none that is stopped by the clock. */
  plain: boolean;
}

/** Random numbers of one request. */
type Bits = () => number;

const QUESTIONS = [
  "Please describe this image.",
  "How many shapes are there?",
  "What does it say?",
  "Is there a red square? Answer yes or no.",
  "What color is it?",
];
/** So many pictures, that some come again while they are remembered and some after that. */
const PICTURES = 60;

const pick = <Value>(values: readonly Value[], bits: Bits): Value => values[bits() % values.length]!;

/** Squares of any colours on a pale ground. */
function picture(number: number, side: number): RawImage {
  const bits = randomBits(number);
  const width = side - (bits() % (side >> 1));
  const height = side - (bits() % (side >> 1));
  const data = new Uint8Array(width * height * 3).fill(235);
  for (let square = 0; square < 3; square++) {
    const size = height >> 2;
    const [left, top] = [bits() % (width - (width >> 2)), bits() % (height - size)];
    const colour = [bits() % 256, bits() % 256, bits() % 256];
    for (let y = top; y < top + size; y++) {
      for (let x = left; x < left + (width >> 2); x++) data.set(colour, (y * width + x) * 3);
    }
  }
  return new RawImage(data, width, height, 3);
}

/** A question about a picture, or without one. */
function prompt({ processor, side }: Asked, bits: Bits, pictures: number = bits() % 4 === 0 ? 0 : 1) {
  const images = Array.from({ length: pictures }, () => picture(bits() % PICTURES, side));
  const content = [
    ...images.map(() => ({ type: "image" as const })),
    { type: "text" as const, text: pick(QUESTIONS, bits) },
  ];
  const text = processor.apply_chat_template([{ role: "user", content }], { add_generation_prompt: true }) as string;
  return processor({ text: [text], images: pictures > 0 ? images : undefined });
}

/** Greedy, or sampled with a seed. */
function choosing({ newTokens }: Asked, bits: Bits) {
  const sampling = { do_sample: true, temperature: 0.9, top_p: 0.95, seed: bits() % 1000 };
  return { max_new_tokens: newTokens, ...(bits() % 2 === 0 ? sampling : { do_sample: false }) };
}

async function answer({ model }: Asked, args: GenerateArguments): Promise<string> {
  return String(slice_prompt(await model.generate(args), args.input_ids as number[][]));
}

/** Each kind of request asks in its own way, chosen by `bits`, and says what it was answered. */
export const REQUESTS: Readonly<Record<string, (asked: Asked, bits: Bits) => Promise<string>>> = {
  async picture(asked, bits) {
    return answer(asked, { ...(await prompt(asked, bits, 1)), ...choosing(asked, bits) });
  },

  async pictures(asked, bits) {
    return answer(asked, { ...(await prompt(asked, bits, 2)), ...choosing(asked, bits) });
  },

  async text(asked, bits) {
    return answer(asked, { ...(await prompt(asked, bits, 0)), ...choosing(asked, bits) });
  },

  async followUp(asked, bits) {
    const first = await prompt(asked, bits, 1);
    const options = { ...choosing(asked, bits), return_dict_in_generate: true as const };
    const { sequences, past_key_values } = await asked.model.generate({ ...first, ...options });
    const turn = `<|im_end|>\n<|im_start|>user\n${pick(QUESTIONS, bits)}<|im_end|>\n<|im_start|>assistant\n`;
    const { input_ids } = await asked.processor({ text: [turn] });
    const whole = [[...sequences[0]!, ...(input_ids as number[][])[0]!]];
    const { pixel_values } = first;
    const given = asked.plain ? undefined : past_key_values;
    try {
      return await answer(asked, { input_ids: whole, pixel_values, past_key_values: given, ...choosing(asked, bits) });
    } finally {
      past_key_values!.dispose();
    }
  },

  async chat(asked, bits) {
    const { model, processor, newTokens, plain } = asked;
    const { pixel_values } = await prompt(asked, bits, 1);
    const cache = plain ? undefined : model.newCache();
    const config = { max_new_tokens: newTokens, do_sample: false, past_key_values: cache };
    let history: [question: string, answer: string][] | null = null;
    for (let turn = 0; turn < 2; turn++) {
      const question = pick(QUESTIONS, bits);
      const result = await model.chat(processor, pixel_values!, question, config, history, true);
      history = (result as [string, [string, string][]])[1];
    }
    cache?.dispose();
    return JSON.stringify(history);
  },

  async batch(asked, bits) {
    const { model, processor } = asked;
    const text = Array.from({ length: 3 }, () => "Say something. ".repeat(1 + (bits() % 4)) + pick(QUESTIONS, bits));
    const inputs = await processor({ text, padding: true });
    const sequences = await model.generate({ ...inputs, ...choosing(asked, bits) });
    return String(slice_prompt(sequences, inputs.input_ids as number[][]));
  },

  async concurrent(asked, bits) {
    const calls: GenerateArguments[] = [];
    for (let call = 0; call < 4; call++) calls.push({ ...(await prompt(asked, bits)), ...choosing(asked, bits) });
    if (!asked.plain) return JSON.stringify(await Promise.all(calls.map((call) => answer(asked, call))));
    const answers: string[] = [];
    for (const call of calls) answers.push(await answer(asked, call));
    return JSON.stringify(answers);
  },

  async stream(asked, bits) {
    const { model, processor } = asked;
    const streamer = new TextIteratorStreamer(processor.tokenizer, { skip_prompt: true });
    const running = model.generate({ ...(await prompt(asked, bits)), ...choosing(asked, bits), streamer });
    let text = "";
    for await (const piece of streamer) text += piece;
    await running;
    return text;
  },

  /** Stopped after some tokens, which are the answer. Others go on beside it. */
  async abort(asked, bits) {
    const controller = new AbortController();
    let left = 1 + (bits() % asked.newTokens);
    // The prompt comes first.
    const streamer = { put: () => left-- === 0 && controller.abort(), end() {} };
    const stopped = { ...(await prompt(asked, bits)), ...choosing(asked, bits), streamer, signal: controller.signal };
    const other = { ...(await prompt(asked, bits)), ...choosing(asked, bits) };
    const until = left;
    const partial = async () => {
      const sequences = await asked.model.generate(stopped).catch((error) => {
        if (!controller.signal.aborted) throw error;
        return error.partial.sequences as number[][];
      });
      return String(slice_prompt(sequences, stopped.input_ids as number[][])[0]!.slice(0, until));
    };
    if (asked.plain) return JSON.stringify([await partial(), await answer(asked, other)]);
    return JSON.stringify(await Promise.all([partial(), answer(asked, other)]));
  },

  /** Stopped by the clock, wherever that is. */
  async timeout(asked, bits) {
    if (asked.plain) return "";
    const signal = AbortSignal.timeout(bits() % 100);
    const args = { ...(await prompt(asked, bits)), ...choosing(asked, bits), signal };
    await asked.model.generate(args).catch((error) => {
      if (!signal.aborted) throw error;
    });
    return "";
  },
};
