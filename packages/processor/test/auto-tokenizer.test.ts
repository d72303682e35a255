import { MemoryFolder } from "@internvl/core";
import {
  AutoTokenizer,
  InternLM2Tokenizer,
  InternVL2_5Processor,
  PreTrainedTokenizerFast,
  Qwen2Tokenizer,
} from "@internvl/processor";
import { expect, test } from "vitest";
import { type Files, failure, internlm2TokenizerFiles, slowTokenizerFiles, tinyTokenizerFiles } from "./fixtures.js";

const named = (files: Files, tokenizer_class: string | null): Files => ({
  ...files,
  "tokenizer_config.json": JSON.stringify({ tokenizer_class }),
});
const { "tokenizer.json": tokenizer_json } = tinyTokenizerFiles();

test.each([
  ["by the name in tokenizer_config.json: Qwen2", tinyTokenizerFiles(), Qwen2Tokenizer],
  ["by the name in tokenizer_config.json: InternLM2", internlm2TokenizerFiles(), InternLM2Tokenizer],
  ["by a name that ends in Fast", named(tinyTokenizerFiles(), "Qwen2TokenizerFast"), Qwen2Tokenizer],
  ["by vocab.json and merges.txt", named(slowTokenizerFiles(), null), Qwen2Tokenizer],
  ["by tokenizer.model", named(internlm2TokenizerFiles(), null), InternLM2Tokenizer],
  ["by tokenizer.json alone", { "tokenizer.json": tokenizer_json! }, PreTrainedTokenizerFast],
  [
    "by tokenizer.json beside an unknown name",
    named({ "tokenizer.json": tokenizer_json! }, "GPT2"),
    PreTrainedTokenizerFast,
  ],
] as const)("finds the class %s", async (_, files, expected) => {
  expect(await AutoTokenizer.from_pretrained(new MemoryFolder(files))).toBeInstanceOf(expected);
});

test("the processor takes it", async () => {
  const folder = new MemoryFolder({ ...internlm2TokenizerFiles(), "preprocessor_config.json": "{}" });
  const { tokenizer } = await InternVL2_5Processor.from_pretrained(folder);
  expect(tokenizer).toBeInstanceOf(InternLM2Tokenizer);
});

test.each([
  ["nothing", {}, "TOKENIZER_INVALID", "no file of a tokenizer"],
  ["half a tokenizer", { "vocab.json": "{}" }, "TOKENIZER_INVALID", "got vocab.json"],
  ["an unknown class", named({ "tokenizer.model": "x" }, "LlamaTokenizer"), "UNSUPPORTED", "got LlamaTokenizer"],
] as [string, Files, string, string][])("refuses %s", async (_, files, code, message) => {
  const error = await failure(() => AutoTokenizer.from_pretrained(new MemoryFolder(files)));
  expect(error.code).toBe(code);
  expect(error.message).toContain(message);
});

test("another package's class is found by its name and by its files, before the ones that are there", async () => {
  const opened: string[] = [];
  AutoTokenizer.register({
    names: ["MineTokenizer"],
    files: ["vocab.json", "mine.json"],
    from_pretrained: (model, options) => {
      opened.push(model.name);
      return Qwen2Tokenizer.from_pretrained(model, options);
    },
  });
  await AutoTokenizer.from_pretrained(new MemoryFolder(named(slowTokenizerFiles(), "MineTokenizer"), "one"));
  await AutoTokenizer.from_pretrained(
    new MemoryFolder({ ...named(slowTokenizerFiles(), null), "mine.json": "" }, "two"),
  );
  await AutoTokenizer.from_pretrained(new MemoryFolder(slowTokenizerFiles(), "three"));
  expect(opened).toEqual(["one", "two"]);
});
