import { join } from "node:path";
import { RawImage, Tensor } from "@internvl/core";
import { TextIteratorStreamer } from "@internvl/generation";
import { type ChatOptions, InternVL2_5ForConditionalGeneration } from "@internvl/model";
import { type ChatTurn, framePrefix, InternVL2_5Processor, imagePrefix } from "@internvl/processor";
import { nodeRuntime as runtime } from "@internvl/runtime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { convertTiny, goldenOf, PICTURES } from "./tiny.js";

/** One case of the original code's numbers: prompts, pictures, and what was generated with end-of-turn ignored. */
interface Case {
  prompt_before_image_expansion: string[];
  num_patches_list: number[][];
  pixel_inputs: string[];
  generated: number[][];
}

const END_OF_TURN = "<|im_end|>";

describe.each(["tiny-4b", "tiny-8b", "tiny-38b"])("%s", (variant) => {
  const { cases } = goldenOf<{ cases: Record<string, Case> }>(variant);
  const names = Object.keys(cases);
  let converted: Awaited<ReturnType<typeof convertTiny>>;
  let model: InternVL2_5ForConditionalGeneration;
  let processor: InternVL2_5Processor;

  beforeAll(async () => {
    converted = await convertTiny(variant);
    model = await InternVL2_5ForConditionalGeneration.from_pretrained(converted.directory, { runtime });
    processor = await InternVL2_5Processor.from_pretrained(converted.directory, { runtime });
  });
  afterAll(async () => {
    await model.dispose();
    await converted.remove();
  });

  it.each(names.filter((name) => cases[name]!.generated.length === 1))("chat answers: %s", async (name) => {
    const { prompt_before_image_expansion, num_patches_list, generated } = cases[name]!;
    const { turns, options } = conversationOf(prompt_before_image_expansion[0]!);
    const [question] = turns.at(-1)!;
    const history = turns.slice(0, -1).map(([asked, answered]): ChatTurn => [asked, answered!]);
    const pixels = await pixelsOf(cases[name]!);
    const result = await model.chat(
      processor,
      pixels,
      question,
      { ...options, max_new_tokens: generated[0]!.length },
      history.length === 0 ? null : history,
      true,
      pixels === null ? null : num_patches_list[0],
    );
    const answer = expectedAnswer(generated[0]!);
    expect(result).toEqual([answer, [...history, [question, answer]]]);
  });

  it.each(names.filter((name) => cases[name]!.generated.length > 1))("batch_chat answers: %s", async (name) => {
    const { prompt_before_image_expansion, num_patches_list, generated } = cases[name]!;
    const questions = prompt_before_image_expansion.map((prompt) => conversationOf(prompt).turns[0]![0]);
    const pixels = await pixelsOf(cases[name]!);
    const patches = num_patches_list.flat();
    const options: ChatOptions = { max_new_tokens: generated[0]!.length };
    const expected = generated.map(expectedAnswer);
    expect(await model.batch_chat(processor, pixels, questions, options, patches)).toEqual(expected);
    // The tag is put in front where it is missing; the tokenizer alone is enough.
    const untagged = questions.map((question) => question.replace("<image>\n", ""));
    expect(await model.batch_chat(processor.tokenizer, pixels, untagged, options, patches)).toEqual(expected);
  });

  it("batch_chat answers as chat does alone, without pictures too", async () => {
    const pixels = await pixelsOf(cases["two"]!);
    const patches = cases["two"]!.num_patches_list[0]!;
    const questions = ["Describe this image.", "Is <image> red?"];
    // Short enough that no rotary scaling goes by the length of the batch.
    const options = { max_new_tokens: 12, system_message: "" };
    const together = await model.batch_chat(processor, pixels, questions, options, patches);
    const alone = [];
    for (const [index, question] of questions.entries()) {
      const own = sliceTiles(pixels!, index === 0 ? 0 : patches[0]!, patches[index]!);
      alone.push(await model.chat(processor, own, question, options));
    }
    expect(together).toEqual(alone);

    const texts = ["Hello world", "How are you?", "Hello world, how are you? 你好"];
    const plain = await model.batch_chat(processor, null, texts, options);
    for (const [index, text] of texts.entries()) {
      expect(plain[index]).toBe(await model.chat(processor, null, text, options));
    }
  });

  async function pixelsOf({ pixel_inputs }: Case): Promise<Tensor | null> {
    if (pixel_inputs.length === 0) return null;
    const tiles: RawImage[] = [];
    for (const name of pixel_inputs) {
      const { data, width, height } = await runtime.media.decodeImage(join(PICTURES, `${name}.png`));
      const bytes = width * width * 3;
      for (let at = 0; at < height / width; at++) {
        tiles.push(new RawImage(data.subarray(at * bytes, (at + 1) * bytes), width, width, 3));
      }
    }
    return (await processor.image_processor(tiles, { crop_to_patches: false })).pixel_values;
  }

  /** What the original would have said: it stops at the end of the turn. */
  function expectedAnswer(ids: readonly number[]): string {
    const end = ids.indexOf(processor.tokenizer.convert_tokens_to_ids(END_OF_TURN)!);
    const answer = end === -1 ? ids : ids.slice(0, end);
    return processor.decode(answer, { skip_special_tokens: true }).trim();
  }
});

describe("what cannot be", () => {
  let converted: Awaited<ReturnType<typeof convertTiny>>;
  let model: InternVL2_5ForConditionalGeneration;
  let processor: InternVL2_5Processor;
  beforeAll(async () => {
    converted = await convertTiny("tiny-4b");
    model = await InternVL2_5ForConditionalGeneration.from_pretrained(converted.directory, { runtime });
    processor = await InternVL2_5Processor.from_pretrained(converted.directory, { runtime });
  });
  afterAll(async () => {
    await model.dispose();
    await converted.remove();
  });
  const pixels = new Tensor("float32", new Float32Array(2 * 3 * 112 * 112), [2, 3, 112, 112]);

  it.each([
    ["pixels without counts", ["a", "b"], null],
    ["fewer counts than questions", ["a", "b"], [2]],
    ["counts that do not add up", ["a", "b"], [1, 2]],
    ["no question", [], []],
  ] as [string, string[], number[] | null][])("batch_chat with %s", async (_, questions, patches) => {
    const call = model.batch_chat(processor, pixels, questions, {}, patches);
    await expect(call).rejects.toMatchObject({ code: "INPUT_INVALID" });
  });

  it("batch_chat with a history", async () => {
    for (const [history, return_history] of [
      [[["a", "b"]], false],
      [null, true],
    ]) {
      const call = model.batch_chat(processor, null, ["a"], {}, null, history as null, return_history as false);
      await expect(call).rejects.toMatchObject({ code: "UNSUPPORTED" });
    }
  });

  it("a question that fails before it is asked reaches the streamer", async () => {
    const streamer = new TextIteratorStreamer(processor.tokenizer);
    await expect(model.chat(processor, pixels, "a", { streamer }, null, false, [3])).rejects.toThrow(/add up/);
    await expect(streamer.next()).rejects.toThrow(/add up/);
    const other = new TextIteratorStreamer(processor.tokenizer);
    await expect(model.batch_chat(processor, pixels, ["a"], { streamer: other }, [3])).rejects.toThrow(/fit/);
    await expect(other.next()).rejects.toThrow(/fit/);
  });
});

describe("prefixes", () => {
  it("are those of the original's examples", () => {
    const { two, video } = goldenOf<{ cases: Record<string, Case> }>("tiny-4b").cases;
    expect(two!.prompt_before_image_expansion[0]).toContain(`user\n${imagePrefix(2)}The two images`);
    expect(video!.prompt_before_image_expansion[0]).toContain(`user\n${framePrefix(3)}Describe this video.`);
    expect(imagePrefix(0)).toBe("");
  });

  it.each([-1, 1.5, Number.NaN])("not of %d pictures", (count) => {
    expect(() => imagePrefix(count)).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
    expect(() => framePrefix(count)).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
  });
});

/** A prompt as turns; the last has no answer. Without a system block it is the seed's template. */
function conversationOf(prompt: string): { turns: [string, string?][]; options: ChatOptions } {
  const blocks = [...prompt.matchAll(/<\|im_start\|>(\w+)\n(?:([\s\S]*?)<\|im_end\|>\n)?/g)];
  const turns: [string, string?][] = [];
  for (const [, role, text] of blocks) {
    if (role === "user") turns.push([text!]);
    else if (role === "assistant" && text !== undefined) turns.at(-1)![1] = text;
  }
  return { turns, options: blocks[0]![1] === "system" ? {} : { template: "seed" } };
}

function sliceTiles({ dims, data }: Tensor, first: number, count: number): Tensor {
  const [, ...tile] = dims;
  const length = tile.reduce((product, size) => product * size, 1);
  return new Tensor("float32", (data as Float32Array).slice(first * length, (first + count) * length), [
    count,
    ...tile,
  ]);
}
