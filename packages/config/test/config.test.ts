import { FAMILY, findFamilyMember, InternVL2_5Config, InternVL2_5VisionConfig, Qwen2Config } from "@internvl/config";
import type { JsonObject } from "@internvl/core";
import { describe, expect, it } from "vitest";
import { errorOf, fixture, MemoryFolder } from "./helpers.js";

describe("with", () => {
  const config = InternVL2_5Config.from_dict(fixture("tiny-38b.config.json"));

  it("changes a copy", () => {
    const other = config.with({ image_token_id: 7, text_config: config.text_config.with({ vocab_size: 10 }) });
    expect(other).toBeInstanceOf(InternVL2_5Config);
    expect([other.image_token_id, other.text_config.vocab_size]).toEqual([7, 10]);
    expect([config.image_token_id, config.text_config.vocab_size]).toEqual([151667, 451]);
    expect(other.extra).toEqual(config.extra);
  });

  it("lets derived fields follow", () => {
    expect(config.text_config.with({ hidden_size: 160 }).head_dim).toBe(16);
    expect(config.with({ text_config: config.text_config.with({ hidden_size: 160 }) }).hidden_size).toBe(160);
  });

  it("keeps a head_dim that was given", () => {
    const text = new Qwen2Config({ hidden_size: 80, num_attention_heads: 10, num_key_value_heads: 2, head_dim: 16 });
    expect(text.with({ hidden_size: 160, vocab_size: 9 }).head_dim).toBe(16);
  });

  it("checks", () => {
    expect(errorOf(() => config.with({ select_layer: 9 })).code).toBe("CONFIG_INVALID");
  });
});

describe("values", () => {
  it("cannot be changed from outside", () => {
    const ids = [1, 2];
    const config = new Qwen2Config({ eos_token_id: ids, extra: { a: { b: 1 } } });
    ids.push(3);
    expect(config.eos_token_id).toEqual([1, 2]);
    expect(() => (config.eos_token_id as number[]).push(3)).toThrow(TypeError);
    expect(() => Object.assign(config, { vocab_size: 1 })).toThrow(TypeError);
    const dict = config.to_dict();
    (dict.a as JsonObject).b = 2;
    expect(config.extra).toEqual({ a: { b: 1 } });
  });

  it("may be undefined for the default and null for what follows other fields", () => {
    const text = { num_attention_heads: 16, num_key_value_heads: null, head_dim: null, vocab_size: undefined };
    const config = Qwen2Config.from_dict(JSON.parse(JSON.stringify(text)));
    expect([config.num_key_value_heads, config.head_dim, config.vocab_size]).toEqual([16, 256, 151936]);
  });
});

describe("files", () => {
  const config = InternVL2_5Config.from_dict(fixture("tiny-1b-tied.config.json"));

  it.each(["seed", "original"] as const)("are written and read in the %s dialect", async (dialect) => {
    const folder = new MemoryFolder();
    await config.save_pretrained(folder, { dialect });
    expect(await folder.list()).toEqual(["config.json"]);
    expect(JSON.parse(folder.text("config.json"))).toEqual(config.to_dict({ dialect }));
    expect(await InternVL2_5Config.from_pretrained(folder)).toEqual(config);
  });

  it("of the parts alone are written and read", async () => {
    const vision = new MemoryFolder();
    await config.vision_config.save_pretrained(vision);
    expect(await InternVL2_5VisionConfig.from_pretrained(vision)).toEqual(config.vision_config);
    const text = new MemoryFolder();
    await config.text_config.save_pretrained(text);
    expect(await Qwen2Config.from_pretrained(text)).toEqual(config.text_config);
  });

  it.each([
    [{}, "FILE_NOT_FOUND", "config.json"],
    [{ "config.json": new Uint8Array([0x7b, 0xff, 0x7d]) }, "FILE_INVALID", "UTF-8"],
    [{ "config.json": '{"hidden_size": NaN}' }, "FILE_INVALID", "not JSON"],
    [{ "config.json": "[]" }, "FILE_INVALID", "a JSON object"],
    [{ "config.json": '{"model_type": "bert"}' }, "UNSUPPORTED", "config.json in memory"],
    [{ "config.json": '{"model_type": "internvl_chat"}' }, "CONFIG_INVALID", "config.json in memory"],
  ] as [Record<string, string | Uint8Array>, string, string][])("that are broken: %j", async (files, code, named) => {
    const failure = await InternVL2_5Config.from_pretrained(new MemoryFolder(files)).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code });
    expect((failure as Error).message).toContain(named);
  });
});

describe("the family", () => {
  const published = fixture("published.json") as Record<string, { vision_config: JsonObject; llm_config: JsonObject }>;

  it("has every published model and its -MPO, with their shapes", () => {
    expect(FAMILY.map(({ name }) => name)).toEqual(Object.keys(published).flatMap((name) => [name, `${name}-MPO`]));
    for (const { name, id, mpo, vision, language } of FAMILY) {
      const { vision_config, llm_config } = published[name.replace("-MPO", "")]!;
      const { name: tower, ...visionShape } = vision;
      const { architecture, base, ...languageShape } = language;
      expect(id).toBe(`OpenGVLab/${name}`);
      expect(mpo).toBe(name.endsWith("-MPO"));
      expect(vision_config).toMatchObject(visionShape);
      expect(vision_config.architecture).toContain(tower);
      expect(llm_config).toMatchObject({ ...languageShape, architectures: [architecture] });
      expect(base).toContain("/");
    }
  });

  it("is searched by name and by id", () => {
    expect(findFamilyMember("InternVL2_5-26B").language.architecture).toBe("InternLM2ForCausalLM");
    expect(findFamilyMember("OpenGVLab/InternVL2_5-1B-MPO").name).toBe("InternVL2_5-1B-MPO");
  });

  it.each([
    ["internvl2.5-4b", "InternVL2_5-4B"],
    ["OpenGVLab/InternVL2_5-38", "InternVL2_5-38B"],
    ["InternVL2_5-78B-MP", "InternVL2_5-78B-MPO"],
  ])("names the nearest for %s", (name, nearest) => {
    const error = errorOf(() => findFamilyMember(name));
    expect(error.code).toBe("INPUT_INVALID");
    expect(error.parts.fix).toBe(`Did you mean ${nearest}?`);
  });
});
