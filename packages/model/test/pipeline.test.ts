import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GenerationConfig } from "@internvl/config";
import { TextIteratorStreamer } from "@internvl/generation";
import {
  type ImageTextToTextModel,
  type ImageTextToTextOptions,
  ImageTextToTextPipeline,
  type InternVL2_5ForConditionalGeneration,
  type PipelineTask,
  pipeline,
} from "@internvl/model";
import type { Conversation, InternVL2_5Processor } from "@internvl/processor";
import { nodeRuntime as runtime } from "@internvl/runtime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { convertTiny, mergedFiles, mergedProcessor, PICTURES } from "./tiny.js";

/** One call of Transformers' pipeline, see fixtures/make_pipeline.py. */
interface Row {
  name: string;
  images?: unknown;
  text?: unknown;
  options: ImageTextToTextOptions;
  outputs?: unknown;
  error?: string;
}

/** Pictures are named relative to their folder. */
const rows = JSON.parse(readFileSync(new URL("./fixtures/pipeline.json", import.meta.url), "utf8"), (_, value) =>
  typeof value === "string" && value.endsWith(".size112.png") ? join(PICTURES, value) : value,
) as Row[];
const chat: Conversation = [{ role: "user", content: "Hello world, how are you?" }];

let tiny: Awaited<ReturnType<typeof convertTiny>>;
let processor: InternVL2_5Processor;
let model: InternVL2_5ForConditionalGeneration;
let pipe: ImageTextToTextPipeline;

beforeAll(async () => {
  tiny = await convertTiny("tiny-4b");
  // Its end of a turn is not the one of the original's file.
  const generation_config = await GenerationConfig.from_pretrained(mergedFiles("tiny-4b"));
  processor = await mergedProcessor("tiny-4b");
  pipe = await pipeline("image-text-to-text", tiny.directory, { runtime, processor, generation_config });
  model = pipe.model as InternVL2_5ForConditionalGeneration;
});

afterAll(async () => {
  await pipe.dispose();
  await tiny.remove();
});

/** The call as Python has it: `images` first, `text` among the options. */
const call = ({ images, text, options }: Row, more: ImageTextToTextOptions = {}): Promise<unknown> =>
  pipe._call(images, { text, ...options, ...more });

describe("Transformers' outputs", () => {
  it.each(rows.filter(({ outputs }) => outputs !== undefined))("$name", async (row) => {
    expect(await call(row)).toEqual(row.outputs);
  });

  it.each(rows.filter(({ outputs }) => Array.isArray((outputs as unknown[])?.[0])))(
    "$name, two and three at once",
    async (row) => {
      expect(await call(row, { batch_size: 2 })).toEqual(row.outputs);
      expect(await call(row, { batch_size: 3 })).toEqual(row.outputs);
    },
  );

  it.each(rows.filter(({ error }) => error !== undefined))("an error: $name", async (row) => {
    await expect(call(row)).rejects.toMatchObject({ code: "INPUT_INVALID" });
  });
});

describe("the same forms as TypeScript writes them", () => {
  const find = (name: string): Row => rows.find((row) => row.name === name)!;
  const prompt = (row: Row) => ({ images: row.images as string, text: row.text as string });

  it("a chat, a picture with its text, and lists of them", async () => {
    const asked = find("chat");
    const conversation = asked.text as Conversation;
    const [output] = await pipe(conversation, { max_new_tokens: 8 });
    expect([output]).toEqual(asked.outputs);
    expect(output!.generated_text.at(-1)!.role).toBe("assistant");
    expect(await pipe({ text: conversation }, { max_new_tokens: 8 })).toEqual(asked.outputs);
    expect(await pipe([conversation], { max_new_tokens: 8 })).toEqual([asked.outputs]);

    const pictured = find("picture and text");
    const { images, text } = prompt(pictured);
    expect(await pipe(images, { text, max_new_tokens: 8 })).toEqual(pictured.outputs);
    expect(await pipe({ images, text }, { max_new_tokens: 8 })).toEqual(pictured.outputs);
    const listed = await pipe([{ images, text }, { text: "Hello world" }], { max_new_tokens: 8, batch_size: 2 });
    expect(listed).toEqual([pictured.outputs, find("text").outputs]);
  });

  it("content that is a string, continued or answered", async () => {
    const begun: Conversation = [...chat, { role: "assistant", content: "I am" }];
    const [continued] = await pipe(begun, { max_new_tokens: 4 });
    const [alone] = await pipe(begun, { max_new_tokens: 4, return_full_text: false });
    expect(continued!.generated_text).toEqual([
      ...chat,
      { role: "assistant", content: `I am${alone!.generated_text}` },
    ]);
    expect(begun[1]!.content).toBe("I am");
    const [answered] = await pipe(begun, { max_new_tokens: 4, continue_final_message: false });
    expect(answered!.generated_text).toHaveLength(3);
  });

  it("image settings and template options reach the processor", async () => {
    const { text } = find("chat");
    const ids = async (options: ImageTextToTextOptions): Promise<number> => {
      const [output] = await pipe(text as Conversation, { ...options, max_new_tokens: 1, return_tensors: true });
      return output!.generated_token_ids.length;
    };
    const plain = await ids({});
    expect(await ids({ min_tiles: 2, max_tiles: 2 })).toBe(plain + 2 * 16);
    expect(await ids({ processor_kwargs: { min_patches: 2, max_patches: 2 } })).toBe(plain + 2 * 16);
    expect(await ids({ chat_template: "script" })).toBeGreaterThan(plain);
  });
});

describe("pipeline()", () => {
  it("hands its options to the model and the processor", async () => {
    const options = { runtime, dtype: "fp32", max_tiles: 2, chat_template: "script", max_new_tokens: 2 } as const;
    const other = await pipeline("image-text-to-text", tiny.directory, options);
    const { image_processor, chat_template } = other.processor as InternVL2_5Processor;
    expect([image_processor.max_tiles, chat_template.name]).toEqual([2, "script"]);
    expect((other.model as InternVL2_5ForConditionalGeneration).dtype.decoder_model_merged).toBe("fp32");
    const [output] = await other(chat, { return_tensors: true });
    const prompt = other.processor.apply_chat_template(chat, {
      add_generation_prompt: true,
      tokenize: true,
      return_dict: true,
    });
    expect(output!.generated_token_ids.slice(0, -2)).toEqual((await prompt).input_ids[0]);
    await other.dispose();
    await expect(other(chat)).rejects.toMatchObject({ code: "RELEASED" });
  });
});

describe("while it runs", () => {
  it("streams, and reports how far it is", async () => {
    // Nothing is reported of a prompt that was read before.
    await model.clearCaches();
    const streamer = new TextIteratorStreamer(processor.tokenizer, { skip_prompt: true, skip_special_tokens: true });
    const stages: string[] = [];
    const running = pipe(chat, {
      max_new_tokens: 8,
      return_full_text: false,
      streamer,
      progress_callback: ({ stage }) => stages.push(stage),
    });
    let text = "";
    for await (const piece of streamer) text += piece;
    expect((await running)[0]!.generated_text).toBe(text);
    expect(stages).toContain("prefill");
  });

  it("stops through its signal", async () => {
    const signal = AbortSignal.abort();
    await expect(pipe(chat, { signal })).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("tells the streamer of a call that cannot be", async () => {
    for (const [inputs, options] of [
      [[chat, chat], {}],
      [[], {}],
      [chat, { chat_template: "{{ raise_exception('no') }}" }],
    ] as [Conversation, ImageTextToTextOptions][]) {
      const streamer = new TextIteratorStreamer(processor.tokenizer);
      await expect(pipe(inputs, { ...options, streamer })).rejects.toThrow();
      await expect(streamer.next()).rejects.toThrow();
    }
  });
});

describe("a list, with a model in a thread of its own", () => {
  /** The pipeline's model and processor, which say when they begin and end. */
  function watched(inWorker: boolean) {
    const events: string[] = [];
    const within = async <Value>(name: string, run: () => Promise<Value>): Promise<Value> => {
      events.push(`${name} begins`);
      // Longer than what is prepared beside it takes.
      if (name === "answer") await new Promise((resolve) => setTimeout(resolve, 50));
      return run().finally(() => events.push(`${name} ends`));
    };
    const spy: ImageTextToTextModel = {
      generation_config: model.generation_config,
      inWorker,
      generate: (args) => within("answer", () => model.generate(args)),
      dispose: async () => {},
    };
    const preparing = Object.assign(
      (inputs: Parameters<typeof processor>[0]) => within("prepare", async () => processor(inputs)),
      {
        tokenizer: processor.tokenizer,
        post_process_image_text_to_text: processor.post_process_image_text_to_text.bind(processor),
      },
    ) as unknown as InternVL2_5Processor;
    return { events, other: new ImageTextToTextPipeline({ model: spy, processor: preparing }) };
  }

  const list = ["Hello world", "How are you?", "Good bye"].map((text) => ({ text }));

  it("is prepared one input ahead, with the same answers in the same order", async () => {
    const expected = await pipe(list, { max_new_tokens: 4 });
    const ahead = watched(true);
    expect(await ahead.other(list, { max_new_tokens: 4 })).toEqual(expected);
    const [first, answer] = [
      ["prepare begins", "prepare ends"],
      ["answer begins", "prepare begins", "prepare ends", "answer ends"],
    ];
    expect(ahead.events.slice(0, 2)).toEqual(first);
    expect(ahead.events.slice(2).toSorted()).toEqual(
      [...answer!, ...answer!, "answer begins", "answer ends"].toSorted(),
    );
    const lastAnswer = ahead.events.lastIndexOf("answer begins");
    expect(ahead.events.slice(lastAnswer)).toEqual(["answer begins", "answer ends"]);
    expect(ahead.events.indexOf("prepare ends", 3)).toBeLessThan(ahead.events.indexOf("answer ends"));

    const here = watched(false);
    expect(await here.other(list, { max_new_tokens: 4 })).toEqual(expected);
    const turn = ["prepare begins", "prepare ends", "answer begins", "answer ends"];
    expect(here.events).toEqual([...turn, ...turn, ...turn]);
  });

  it("fails where an input is wrong once those before it were answered, and no earlier", async () => {
    const { events, other } = watched(true);
    const wrong = [list[0]!, { text: "<image>\nHello" }, list[2]!];
    await expect(other(wrong, { max_new_tokens: 4 })).rejects.toMatchObject({ code: "INPUT_INVALID" });
    expect(events.filter((event) => event.startsWith("answer"))).toEqual(["answer begins", "answer ends"]);
    // Where the answer before it fails, that is the error, and what was prepared is let go.
    const failing = watched(true);
    const stopping_criteria = [
      () => {
        throw new RangeError("mine");
      },
    ];
    await expect(failing.other(wrong, { generate_kwargs: { stopping_criteria } })).rejects.toThrow(RangeError);
  });
});

describe("how long an answer may be", () => {
  /** A model that notes what generate is asked for. */
  async function asked(
    generation: ConstructorParameters<typeof GenerationConfig>[0],
    defaults: object,
    options: ImageTextToTextOptions,
  ): Promise<object> {
    let seen: Record<string, unknown> = {};
    const spy: ImageTextToTextModel = {
      generation_config: new GenerationConfig(generation),
      async generate({ input_ids, attention_mask, ...rest }) {
        seen = rest;
        return { sequences: [[...(input_ids as number[][])[0]!, 1]], generated_tokens: [1] };
      },
      dispose: async () => {},
    };
    const other = await pipeline("image-text-to-text", spy, { processor, ...defaults });
    await other(chat, options);
    const { signal, progress_callback, return_dict_in_generate, ...kwargs } = seen;
    return kwargs;
  }

  it("is 256 tokens unless somebody says otherwise", async () => {
    expect(await asked({}, {}, {})).toEqual({ max_new_tokens: 256 });
    expect(await asked({ max_new_tokens: 30 }, {}, {})).toEqual({});
    expect(await asked({ max_length: 30 }, {}, {})).toEqual({});
    expect(await asked({}, {}, { generate_kwargs: { max_length: 99 } })).toEqual({ max_length: 99 });
    expect(await asked({}, {}, { generate_kwargs: { generation_config: { max_new_tokens: 7 } } })).toEqual({
      generation_config: { max_new_tokens: 7 },
    });
    expect(await asked({ max_new_tokens: 30 }, {}, { generate_kwargs: { generation_config: {} } })).toEqual({
      generation_config: {},
      max_new_tokens: 256,
    });
  });

  it("is what pipeline() was given, and the call's before that", async () => {
    const defaults = { max_new_tokens: 9, do_sample: true, generate_kwargs: { temperature: 0.5 } };
    expect(await asked({}, defaults, {})).toEqual({ max_new_tokens: 9, do_sample: true, temperature: 0.5 });
    expect(await asked({}, defaults, { max_new_tokens: 3, stop_sequence: "x" })).toEqual({
      max_new_tokens: 3,
      do_sample: true,
      temperature: 0.5,
      stop_strings: "x",
    });
    expect(await asked({}, defaults, { generate_kwargs: { generation_config: { max_length: 50 } } })).toEqual({
      generation_config: { max_length: 50 },
    });
  });
});

describe("what cannot be", () => {
  it("an unknown task", async () => {
    const task = "image-to-text" as PipelineTask;
    await expect(pipeline(task)).rejects.toThrow(/"image-text-to-text".*got "image-to-text".*Did you mean/s);
    await expect(pipeline("summarization" as PipelineTask)).rejects.toMatchObject({ code: "INPUT_INVALID" });
  });

  it("a loaded model without its processor", async () => {
    await expect(pipeline("image-text-to-text", model)).rejects.toThrow(/AutoProcessor/);
  });

  it.each([
    ["an option of generate beside the others", { temperature: 0.5 }, /generate_kwargs: \{ temperature/],
    ["a misspelt option", { max_new_token: 5 } as object, /no option "max_new_token"/],
    ["a batch of none", { batch_size: 0 }, /batch_size/],
    ["stop strings twice", { stop_sequence: "a", generate_kwargs: { stop_strings: "b" } }, /given twice/],
  ] as [string, ImageTextToTextOptions, RegExp][])("%s", async (_, options, message) => {
    await expect(pipe(chat, options)).rejects.toThrow(message);
  });

  it("a template for a text", async () => {
    await expect(pipe({ text: "Hello" }, { chat_template: "script" })).rejects.toThrow(
      /"chat_template" is an option for/,
    );
  });

  it.each([
    ["messages without content", [{ role: "user" }]],
    ["an empty chat among others", [chat, []]],
    ["a number as text", { text: 7 }],
    ["pictures without text", ["a.png"]],
    ["an empty list", []],
  ])("%s", async (_, inputs) => {
    await expect(pipe._call(inputs)).rejects.toMatchObject({ code: "INPUT_INVALID" });
  });

  it("a continued message that ends with a picture", async () => {
    const image = rows.find(({ name }) => name === "picture and text")!.images as string;
    const last = {
      role: "assistant",
      content: [
        { type: "text", text: "See" },
        { type: "image", path: image },
      ],
    };
    await expect(pipe([...chat, last], { max_new_tokens: 1 })).rejects.toThrow(/ends with a text.*type image/s);
  });
});
