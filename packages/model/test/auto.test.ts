import { AutoConfig } from "@internvl/config";
import { MemoryFolder, type Runtime } from "@internvl/core";
import {
  AutoModelForImageTextToText,
  InternVL2_5ForConditionalGeneration,
  InternVLForConditionalGeneration,
  pipeline,
} from "@internvl/model";
import { AutoProcessor } from "@internvl/processor";
import { nodeRuntime } from "@internvl/runtime-node";
import { describe, expect, it } from "vitest";
import { convertTiny } from "./tiny.js";
import { registerToy, ToyConfig, ToyForConditionalGeneration, ToyProcessor } from "./toy-model.js";

describe("AutoModelForImageTextToText", () => {
  it("loads a converted folder, with the options of the class", async () => {
    const { directory, remove } = await convertTiny("tiny-4b");
    const runtime = nodeRuntime;
    const model = await AutoModelForImageTextToText.from_pretrained(directory, { runtime, dtype: "fp32" });
    expect(model).toBeInstanceOf(InternVL2_5ForConditionalGeneration);
    expect(InternVLForConditionalGeneration).toBe(InternVL2_5ForConditionalGeneration);
    const config = await AutoConfig.from_pretrained(directory, { runtime });
    expect(model.config.to_dict()).toEqual(config.to_dict());
    await model.dispose();
    await expect(AutoModelForImageTextToText.from_pretrained(directory, { runtime, dtype: "q8" })).rejects.toThrow(
      /q8/,
    );
    await remove();
  });

  it("names the nearest type and all that are known", async () => {
    const files = new MemoryFolder({ "config.json": '{"model_type": "internvl3_chat"}' });
    await expect(AutoModelForImageTextToText.from_pretrained(files)).rejects.toMatchObject({
      code: "UNSUPPORTED",
      parts: {
        got: "internvl3_chat",
        expected: expect.stringContaining("internvl2_5, internvl_chat, internvl"),
        fix: expect.stringContaining('"internvl_chat"'),
      },
    });
    await expect(AutoModelForImageTextToText.from_pretrained(new MemoryFolder())).rejects.toThrow(/got none/);
  });
});

describe("a model that another package adds", () => {
  const files = new MemoryFolder({ "config.json": '{"model_type": "toy", "exclamation": "?"}' });
  const runtime = { files: { open: async () => files } } as unknown as Runtime;

  it("is not known before", async () => {
    await expect(pipeline("image-text-to-text", "someone/toy", { runtime })).rejects.toThrow(/got toy/);
  });

  it("is found by every Auto class and answers in a pipeline", async () => {
    registerToy();
    expect(await AutoConfig.from_pretrained<ToyConfig>(files)).toEqual(new ToyConfig({ exclamation: "?" }));
    expect(await AutoProcessor.from_pretrained<ToyProcessor>(files)).toBeInstanceOf(ToyProcessor);

    const pipe = await pipeline("image-text-to-text", "someone/toy", { runtime });
    expect(pipe.model).toBeInstanceOf(ToyForConditionalGeneration);
    const chats = [[{ role: "user", content: "hello" }], [{ role: "user", content: "a longer one" }]];
    const expected = [
      [{ input_text: chats[0], generated_text: "HELLO?" }],
      [{ input_text: chats[1], generated_text: "A LONGER ONE?" }],
    ];
    for (const batch_size of [1, 2]) {
      expect(await pipe(chats, { batch_size, return_full_text: false })).toEqual(expected);
    }
    const ids = await pipe(chats, { batch_size: 2, return_tensors: true, max_new_tokens: 3 });
    const texts = ids.map(([output]) => String.fromCodePoint(...output!.generated_token_ids));
    expect(texts).toEqual(["helloHEL", "a longer oneA L"]);
    await pipe.dispose();
    expect((pipe.model as ToyForConditionalGeneration).disposed).toBe(true);
  });
});
