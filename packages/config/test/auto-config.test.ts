import { readFileSync } from "node:fs";
import {
  AutoConfig,
  InternLM2Config,
  InternVL2_5Config,
  InternVL2_5VisionConfig,
  InternVLConfig,
  InternVLVisionConfig,
  Qwen2Config,
} from "@internvl/config";
import { type JsonObject, MemoryFolder, type Runtime } from "@internvl/core";
import { expect, test } from "vitest";

const fixture = (name: string): JsonObject =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), "utf8")) as JsonObject;
const folder = (config: JsonObject): MemoryFolder => new MemoryFolder({ "config.json": JSON.stringify(config) });
const original = fixture("tiny-2b.config.json");

test("finds the class by model_type, and reads what the class reads", async () => {
  const config = await AutoConfig.from_pretrained(folder(original));
  expect(config).toBeInstanceOf(InternVL2_5Config);
  expect(config.to_dict()).toEqual(InternVL2_5Config.from_dict(original).to_dict());
  const seed = await AutoConfig.from_pretrained(folder(config.to_dict()));
  expect(seed.to_dict()).toEqual(config.to_dict());
});

test.each([
  ["a language model's", new Qwen2Config().to_dict(), Qwen2Config],
  ["another's", new InternLM2Config().to_dict(), InternLM2Config],
  [
    "a vision tower's",
    { ...new InternVL2_5VisionConfig().to_dict(), model_type: "intern_vit_6b" },
    InternVL2_5VisionConfig,
  ],
] as const)("finds %s", async (_, json, Class) => {
  expect(await AutoConfig.from_pretrained<object>(folder(json))).toBeInstanceOf(Class);
});

test("the names of merged Transformers are the same classes", () => {
  expect(InternVLConfig).toBe(InternVL2_5Config);
  expect(InternVLVisionConfig).toBe(InternVL2_5VisionConfig);
});

test.each([
  ["an unknown type", { model_type: "internvl_chatt" }, /config\.json in memory.*got internvl_chatt.*"internvl_chat"/s],
  ["no type", {}, /got none/],
])("refuses %s", async (_, json, message) => {
  await expect(AutoConfig.from_pretrained(folder(json))).rejects.toThrow(message);
});

test("another package's class is found, before the ones that are there", async () => {
  const mine = { mine: true };
  AutoConfig.register({ names: ["my_model", "qwen2"], from_dict: (json, { origin }) => ({ ...mine, json, origin }) });
  for (const model_type of ["my_model", "qwen2"]) {
    expect(await AutoConfig.from_pretrained<object>(folder({ model_type }))).toEqual({
      mine: true,
      json: { model_type },
      origin: "config.json in memory",
    });
  }
});

test("a subfolder is opened once", async () => {
  const opened: (string | undefined)[] = [];
  const files = {
    open: async (_: string, { subfolder }: { subfolder?: string } = {}) => {
      opened.push(subfolder);
      return folder(original);
    },
  };
  const options = { runtime: { files } as unknown as Runtime, subfolder: "inner" };
  expect(await AutoConfig.from_pretrained("model", options)).toBeInstanceOf(InternVL2_5Config);
  expect(await InternVL2_5Config.from_pretrained("model", options)).toBeInstanceOf(InternVL2_5Config);
  expect(opened).toEqual(["inner", "inner"]);
});
