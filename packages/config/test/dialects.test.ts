import { InternLM2Config, InternVL2_5Config, InternVL2_5VisionConfig, Qwen2Config } from "@internvl/config";
import type { JsonObject } from "@internvl/core";
import { describe, expect, it } from "vitest";
import { changed, errorOf, fixture, MemoryFolder } from "./helpers.js";

const published = fixture("published.json") as Record<string, JsonObject>;
const checkpoints: [string, JsonObject][] = [
  ...["tiny-1b-tied", "tiny-38b", "tiny-2b"].map((name): [string, JsonObject] => [
    name,
    fixture(`${name}.config.json`),
  ]),
  ...Object.entries(published),
];

describe.each(checkpoints)("%s", (_, json) => {
  const config = InternVL2_5Config.from_dict(json);

  it("keeps every field of the original file, at every level", () => {
    expect(config.to_dict({ dialect: "original" })).toMatchObject(json);
  });

  it("survives the way through the original dialect", () => {
    expect(InternVL2_5Config.from_dict(config.to_dict({ dialect: "original" }))).toEqual(config);
  });

  it("survives the way through the seed's dialect", () => {
    const seed = config.to_dict();
    expect(seed.model_type).toBe("internvl2_5");
    expect(seed).not.toHaveProperty("llm_config");
    expect(seed).not.toHaveProperty("ps_version");
    expect(InternVL2_5Config.from_dict(JSON.parse(JSON.stringify(seed)))).toEqual(config);
  });
});

describe("the original dialect", () => {
  const json = fixture("tiny-1b-tied.config.json");
  const config = InternVL2_5Config.from_dict(json);

  it("is read into the seed's names", () => {
    expect(config.text_config.num_attention_heads).toBe(7);
    expect(config.text_config.head_dim).toBe(8);
    expect(config.pixel_shuffle_version).toBe("v2");
    expect(config.template).toBe("internvl2_5");
    expect(config.image_size).toBe(112);
    expect(config.num_image_token).toBe(16);
    expect([config.image_token_id, config.image_start_token_id, config.image_end_token_id]).toEqual([
      151667, 151665, 151666,
    ]);
    expect(config.extra.pad2square).toBe(false);
    expect(config.vision_config.extra.use_flash_attn).toBe(true);
    expect(config.text_config.extra.torch_dtype).toBe("float32");
  });

  it("keeps the language model's tie, and takes the copy of it at the top for one", () => {
    expect(config.text_config.tie_word_embeddings).toBe(true);
    expect(config.tie_word_embeddings).toBe(false);
    expect(InternVL2_5Config.from_dict(changed(json, "tie_word_embeddings", true))).toEqual(config);
    const contradicting = changed(changed(json, "tie_word_embeddings", true), "llm_config.tie_word_embeddings", false);
    expect(errorOf(() => InternVL2_5Config.from_dict(contradicting)).message).toContain("tie_word_embeddings");
  });

  it("writes ids of image tokens only where they are not the usual ones", () => {
    expect(config.to_dict({ dialect: "original" })).not.toHaveProperty("image_token_id");
    const other = config.with({ image_token_id: 444 });
    expect(other.to_dict({ dialect: "original" }).image_token_id).toBe(444);
    expect(InternVL2_5Config.from_dict(other.to_dict({ dialect: "original" }))).toEqual(other);
  });

  it("names 256 tokens a tile for every published layout", () => {
    const layouts = Object.values(published);
    expect(layouts.map((layout) => InternVL2_5Config.from_dict(layout).num_image_token)).toEqual(
      layouts.map((layout) => layout.tokens_per_tile),
    );
  });
});

describe("InternLM2", () => {
  const json = fixture("tiny-2b.config.json");
  const config = InternVL2_5Config.from_dict(json);
  const text = config.text_config as InternLM2Config;

  it("is read from the original's file", () => {
    expect(text).toBeInstanceOf(InternLM2Config);
    expect(text.head_dim).toBe(16);
    expect(text.bias).toBe(false);
    expect(text.rope_scaling).toEqual({ rope_type: "dynamic", factor: 2 });
    expect(text.extra.attn_implementation).toBe("eager");
  });

  it("is written as the original and as the seed spell its scaling", () => {
    const { llm_config } = config.to_dict({ dialect: "original" }) as { llm_config: JsonObject };
    expect(llm_config).toMatchObject({ architectures: ["InternLM2ForCausalLM"], attn_implementation: "eager" });
    expect(llm_config.rope_scaling).toEqual({ type: "dynamic", factor: 2 });
    const { text_config } = config.to_dict() as { text_config: JsonObject };
    expect(text_config).toMatchObject({ model_type: "internlm2", attn_implementation: "eager" });
    expect(text_config.rope_scaling).toEqual({ rope_type: "dynamic", factor: 2 });
  });

  it("is known by its architecture where the model type is missing", () => {
    const nameless = changed(json, "llm_config.model_type", undefined);
    expect(InternVL2_5Config.from_dict(nameless)).toEqual(config);
  });

  it("is made from plain fields", () => {
    const made = new InternVL2_5Config({ text_config: { model_type: "internlm2", hidden_size: 2048 } });
    expect(made.text_config).toEqual(new InternLM2Config({ hidden_size: 2048 }));
    expect(made.hidden_size).toBe(2048);
    expect(made.text_config.with({ num_attention_heads: 16 })).toMatchObject({
      head_dim: 128,
      num_key_value_heads: 16,
    });
  });

  it("is found in a whole model's file", async () => {
    const folder = new MemoryFolder();
    await config.save_pretrained(folder, { dialect: "original" });
    expect((await InternLM2Config.from_pretrained(folder)).to_dict()).toEqual(text.to_dict());
    expect(errorOf(() => Qwen2Config.from_dict(text.to_dict())).code).toBe("UNSUPPORTED");
  });
});

describe("what is not supported", () => {
  it.each([
    ["llama", "LlamaForCausalLM", "Llama"],
    ["phi3", "Phi3ForCausalLM", "Phi-3"],
  ])("%s", (model_type, architecture, name) => {
    const json = changed(fixture("tiny-2b.config.json"), "llm_config", { model_type, architectures: [architecture] });
    const error = errorOf(() => InternVL2_5Config.from_dict(json, { origin: "config.json" }));
    expect(error.code).toBe("UNSUPPORTED");
    expect(error.message).toContain(`The language model of llm_config of config.json is not supported: it is ${name}`);
    expect(error.message).toContain("Qwen2ForCausalLM, InternLM2ForCausalLM");
  });

  it("another model, with the names of all dialects", () => {
    const error = errorOf(() => InternVL2_5Config.from_dict({ model_type: "llava" }));
    expect(error.code).toBe("UNSUPPORTED");
    expect(error.parts).toMatchObject({
      expected: 'model_type "internvl2_5" (seed) or "internvl_chat" (original) or "internvl" (transformers)',
      got: '"llava"',
    });
  });

  const json = fixture("tiny-38b.config.json");
  it.each([
    ["model_type", "llava", "llava"],
    ["model_type", undefined, "undefined"],
    ["llm_config.model_type", "gpt2", "gpt2"],
    ["llm_config.architectures", ["Qwen2ForSequenceClassification"], "Qwen2ForSequenceClassification"],
    ["vision_config.model_type", "siglip_vision_model", "siglip_vision_model"],
  ])("%s %j", (path, value, named) => {
    const error = errorOf(() => InternVL2_5Config.from_dict(changed(json, path, value)));
    expect(error.code).toBe("UNSUPPORTED");
    expect(error.message).toContain(named);
  });

  it("an unknown dialect to write", () => {
    // @ts-expect-error: not a dialect
    expect(errorOf(() => new InternVL2_5Config().to_dict({ dialect: "internvl" })).code).toBe("INPUT_INVALID");
  });
});

describe("rotary settings", () => {
  it.each<[JsonObject, number, JsonObject | null]>([
    [{}, 10000, null],
    [{ rope_theta: 5e6 }, 5e6, null],
    [{ rope_parameters: { rope_theta: 1e6, rope_type: "default" } }, 1e6, null],
    [{ rope_theta: 1e6, rope_parameters: null, rope_scaling: null }, 1e6, null],
    [{ rope_scaling: { type: "dynamic", factor: 2 } }, 10000, { rope_type: "dynamic", factor: 2 }],
    [
      { rope_parameters: { rope_theta: 1e6, rope_type: "yarn", factor: 4, original_max_position_embeddings: 32768 } },
      1e6,
      { rope_type: "yarn", factor: 4, original_max_position_embeddings: 32768 },
    ],
  ])("%j", (json, theta, scaling) => {
    const config = Qwen2Config.from_dict(json);
    expect(config.rope_theta).toBe(theta);
    expect(config.rope_scaling).toEqual(scaling);
    expect(config.extra).toEqual({});
    expect(Qwen2Config.from_dict(config.to_dict())).toEqual(config);
  });

  it("are written in the original's older spelling", () => {
    const config = new InternVL2_5Config({ text_config: { rope_scaling: { rope_type: "dynamic", factor: 2 } } });
    const { llm_config } = config.to_dict({ dialect: "original" }) as { llm_config: JsonObject };
    expect(llm_config.rope_scaling).toEqual({ type: "dynamic", factor: 2 });
    expect((config.to_dict().text_config as JsonObject).rope_scaling).toEqual({ rope_type: "dynamic", factor: 2 });
  });
});

describe("parts of a whole model's file", () => {
  it.each(["original", "seed"] as const)("are found in the %s dialect", async (dialect) => {
    const whole = InternVL2_5Config.from_dict(fixture("tiny-38b.config.json"));
    const folder = new MemoryFolder();
    await whole.save_pretrained(folder, { dialect });
    expect((await InternVL2_5VisionConfig.from_pretrained(folder)).to_dict()).toEqual(whole.vision_config.to_dict());
    expect((await Qwen2Config.from_pretrained(folder)).to_dict()).toEqual(whole.text_config.to_dict());
  });
});
