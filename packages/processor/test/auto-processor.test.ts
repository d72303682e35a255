import { type JsonObject, MemoryFolder } from "@internvl/core";
import { AutoProcessor, InternVL2_5Processor, InternVLProcessor, ORIGINAL_SYSTEM_MESSAGE } from "@internvl/processor";
import { describe, expect, test } from "vitest";
import { failure, tinyTokenizerFiles } from "./fixtures.js";

const { "tokenizer_config.json": _, ...tokenizer } = tinyTokenizerFiles();

function folder(files: Record<string, JsonObject | string>): MemoryFolder {
  const texts = Object.entries(files).map(([path, content]): [string, string] => [
    path,
    typeof content === "string" ? content : JSON.stringify(content),
  ]);
  return new MemoryFolder({ ...tokenizer, "preprocessor_config.json": "{}", ...Object.fromEntries(texts) });
}

test.each([
  ["processor_config.json", { "processor_config.json": { processor_class: "InternVLProcessor" } }],
  ["preprocessor_config.json", { "preprocessor_config.json": { processor_class: "InternVL2_5Processor" } }],
  ["tokenizer_config.json", { "tokenizer_config.json": { processor_class: "InternVLProcessor" } }],
  ["the model type", { "config.json": { model_type: "internvl_chat" } }],
  [
    "the model type beside an unknown class",
    {
      "processor_config.json": { processor_class: "CLIPProcessor" },
      "config.json": { model_type: "internvl_chat" },
    },
  ],
] as [string, Record<string, JsonObject>][])("AutoProcessor goes by %s", async (_, files) => {
  expect(await AutoProcessor.from_pretrained(folder(files))).toBeInstanceOf(InternVL2_5Processor);
});

test("the name of merged Transformers is the same class", () => {
  expect(InternVLProcessor).toBe(InternVL2_5Processor);
});

test("an unknown class is refused with the nearest", async () => {
  const files = folder({ "processor_config.json": { processor_class: "InternVL25Processor" } });
  const error = await failure(() => AutoProcessor.from_pretrained(files));
  expect(error.code).toBe("UNSUPPORTED");
  expect(error.message).toMatch(/got InternVL25Processor.*Did you mean "InternVL2_5Processor"/s);
  expect((await failure(() => AutoProcessor.from_pretrained(folder({})))).message).toContain("got none");
});

test("another package's class is found before the ones that are there", async () => {
  const mine = { mine: true };
  AutoProcessor.register({ names: ["MyProcessor", "internvl_chat"], from_pretrained: async () => mine });
  for (const files of [
    folder({ "processor_config.json": { processor_class: "MyProcessor" } }),
    folder({ "config.json": { model_type: "internvl_chat" } }),
  ]) {
    expect(await AutoProcessor.from_pretrained<object>(files)).toBe(mine);
  }
});

describe("the default system message", () => {
  const chat = [{ role: "user", content: "Hi" }];
  const turn = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n";
  const system = (text: string): string => `<|im_start|>system\n${text}<|im_end|>\n${turn}`;
  const expected = {
    seed: turn,
    script: system("You are a helpful assistant."),
    original: system(ORIGINAL_SYSTEM_MESSAGE),
  };
  const files = folder({ "config.json": { model_type: "internvl2_5" }, "chat_template.jinja": "the folder's" });

  test.each(Object.entries(expected))(
    "of %s is chosen for a processor, for a call, and is saved",
    async (name, text) => {
      const processor = await InternVL2_5Processor.from_pretrained(files, { chat_template: name });
      expect(processor.apply_chat_template(chat, { add_generation_prompt: true })).toBe(text);
      expect(processor.chat_template.name).toBe(name);

      const folders = await InternVL2_5Processor.from_pretrained(files);
      expect(folders.apply_chat_template(chat)).toBe("the folder's");
      const options = { add_generation_prompt: true, chat_template: name };
      expect(folders.apply_chat_template(chat, options)).toBe(text);
      const ids = await folders.apply_chat_template(chat, { ...options, tokenize: true });
      expect(ids).toEqual([processor.tokenizer.encode(text)]);

      const saved = new MemoryFolder();
      await processor.save_pretrained(saved);
      const again = await InternVL2_5Processor.from_pretrained(saved);
      expect(again.apply_chat_template(chat, { add_generation_prompt: true })).toBe(text);
    },
  );

  test("gives way to the conversation's own", async () => {
    const own = [{ role: "system", content: "Be short." }, ...chat];
    for (const name of ["script", "original"]) {
      const processor = await InternVL2_5Processor.from_pretrained(files, { chat_template: name });
      expect(processor.apply_chat_template(own, { add_generation_prompt: true })).toBe(system("Be short."));
    }
  });
});

test("tools and documents reach the template, as text and as ids", async () => {
  const chat_template =
    "{% for tool in tools %}[{{ tool.function.name }}:{{ tool.function.parameters | tojson }}]{% endfor %}" +
    "{% for d in documents %}({{ d.title }}: {{ d.text }}){% endfor %}{{ messages[0].content }}";
  const processor = await InternVL2_5Processor.from_pretrained(folder({}), { chat_template });
  const options = {
    tools: [{ type: "function", function: { name: "weather", parameters: { type: "object", required: ["city"] } } }],
    documents: [
      { title: "A", text: "one" },
      { title: "B", text: "two" },
    ],
  };
  const chat = [{ role: "user", content: "Hi" }];
  const text = '[weather:{"type": "object", "required": ["city"]}](A: one)(B: two)Hi';
  expect(processor.apply_chat_template(chat, options)).toBe(text);
  expect(await processor.apply_chat_template(chat, { ...options, tokenize: true })).toEqual([
    processor.tokenizer.encode(text),
  ]);
  expect(processor.apply_chat_template(chat, { chat_template: "{{ tools is none and documents is none }}" })).toBe(
    "true",
  );
});
