import { InternLM2Config, InternVL2_5Config, InternVL2_5VisionConfig, Qwen2Config } from "@internvl/config";
import type { JsonObject } from "@internvl/core";
import { describe, expect, it } from "vitest";
import { changed, errorOf, fixture, MemoryFolder } from "./helpers.js";

/** What the conversion to the merged classes loses, because nothing is computed from it. */
const LOST: readonly string[] = [
  "vision_config.drop_path_rate",
  "text_config.sliding_window",
  "image_token_id",
  "image_start_token_id",
  "image_end_token_id",
];

/** A configuration's own fields, without those that are lost and without what is not known. */
function computed(config: InternVL2_5Config): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  const { vision_config, text_config, extra: _, ...whole } = config;
  const sections = { "": whole, "vision_config.": vision_config, "text_config.": text_config };
  for (const [prefix, section] of Object.entries(sections)) {
    for (const [name, value] of Object.entries(section)) {
      if (name !== "extra" && !LOST.includes(prefix + name)) flat[prefix + name] = value;
    }
  }
  return flat;
}

describe.each(["tiny-1b-tied", "tiny-38b", "tiny-2b"])("%s in the merged classes' dialect", (name) => {
  const original = InternVL2_5Config.from_dict(fixture(`${name}.config.json`));
  const files = [fixture(`${name}.hf.json`), fixture(`${name}.hf4.json`)];

  it.each(files)("file %# of Transformers is read as the same network as the original's", (json) => {
    const config = InternVL2_5Config.from_dict(json);
    expect(computed(config)).toEqual(computed(original));
    expect(config.image_token_id).toBe(json.image_token_id);
  });

  it("every field of Transformers 4's file is written again", () => {
    const json = fixture(`${name}.hf4.json`);
    expect(InternVL2_5Config.from_dict(json).to_dict({ dialect: "transformers" })).toMatchObject(json);
  });

  it("the original's survives the way through it, unknown fields too", () => {
    const written = original.to_dict({ dialect: "transformers" });
    expect(written).toMatchObject({ model_type: "internvl", image_seq_length: original.num_image_token });
    const again = InternVL2_5Config.from_dict(JSON.parse(JSON.stringify(written)));
    expect(again).toEqual(original);
    expect(again.to_dict({ dialect: "original" })).toEqual(original.to_dict({ dialect: "original" }));
  });

  it("survives seed, transformers, original", () => {
    const seed = InternVL2_5Config.from_dict(original.to_dict());
    const merged = InternVL2_5Config.from_dict(seed.to_dict({ dialect: "transformers" }));
    expect(merged.to_dict({ dialect: "original" })).toEqual(original.to_dict({ dialect: "original" }));
  });
});

describe("the merged classes' dialect", () => {
  const json = fixture("tiny-2b.hf.json");
  const config = InternVL2_5Config.from_dict(json);

  it("has InternLM2 as a Llama", () => {
    expect(config.text_config).toBeInstanceOf(InternLM2Config);
    expect(config.text_config.rope_scaling).toEqual({ rope_type: "dynamic", factor: 2 });
    const { text_config } = config.to_dict({ dialect: "transformers" }) as { text_config: JsonObject };
    expect(text_config).toMatchObject({
      model_type: "llama",
      architectures: ["LlamaForCausalLM"],
      attention_bias: false,
      mlp_bias: false,
      rope_theta: 1000000,
      rope_scaling: { type: "dynamic", rope_type: "dynamic", factor: 2 },
    });
  });

  it("says its own defaults where a file says nothing", () => {
    const sparse: JsonObject = {
      model_type: "internvl",
      vision_config: { model_type: "internvl_vision" },
      text_config: { model_type: "llama", hidden_size: 4096 },
      image_seq_length: 256,
    };
    const { vision_config, text_config, ...whole } = InternVL2_5Config.from_dict(sparse);
    expect(vision_config).toMatchObject({
      hidden_size: 1024,
      image_size: 448,
      qkv_bias: false,
      norm_type: "layer_norm",
    });
    expect(text_config).toMatchObject({ vocab_size: 32000, bias: false, pad_token_id: null });
    expect(whole).toMatchObject({
      force_image_size: 448,
      dynamic_image_size: true,
      use_thumbnail: true,
      pixel_shuffle_version: "v2",
      max_dynamic_patch: 12,
    });
  });

  it("keeps what it has no field for", () => {
    const unusual = config.with({ force_image_size: null, max_dynamic_patch: 6, use_thumbnail: false, template: null });
    const written = unusual.to_dict({ dialect: "transformers" });
    expect(written).toMatchObject({
      force_image_size: null,
      max_dynamic_patch: 6,
      use_thumbnail: false,
      template: null,
    });
    expect(InternVL2_5Config.from_dict(written)).toEqual(unusual);
    expect(config.to_dict({ dialect: "transformers" })).not.toHaveProperty("max_dynamic_patch");
  });

  it.each([
    ["projector_hidden_act", "relu"],
    ["vision_feature_select_strategy", "full"],
    ["text_config.mlp_bias", true],
    ["vision_config.use_absolute_position_embeddings", false],
  ])("refuses %s %j", (path, value) => {
    const error = errorOf(() => InternVL2_5Config.from_dict(changed(json, path, value)));
    expect(error.code).toBe("UNSUPPORTED");
    expect(error.message).toContain(path.split(".").at(-1));
  });

  it("refuses a number of image tokens that does not follow from the rest", () => {
    const error = errorOf(() => InternVL2_5Config.from_dict(changed(json, "image_seq_length", 255)));
    expect([error.code, error.message]).toEqual([
      "CONFIG_INVALID",
      expect.stringMatching(/image_seq_length .*256.*255/),
    ]);
  });

  it("names fields as its file does", () => {
    const error = errorOf(() => InternVL2_5Config.from_dict(changed(json, "vision_config.attention_bias", 1)));
    expect(error.message).toContain("vision_config.attention_bias");
    const scaling = errorOf(() => InternVL2_5Config.from_dict(changed(json, "vision_feature_layer", [-1])));
    expect(scaling.message).toContain("vision_feature_layer");
  });

  it("is the form of its parts as well", async () => {
    const folder = new MemoryFolder();
    await config.save_pretrained(folder, { dialect: "transformers" });
    expect(await InternVL2_5VisionConfig.from_pretrained(folder)).toEqual(config.vision_config);
    expect(await InternLM2Config.from_pretrained(folder)).toEqual(config.text_config);
    await expect(Qwen2Config.from_pretrained(folder)).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});
