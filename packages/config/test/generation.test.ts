import { ConfigError, GenerationConfig, type GenerationConfigFields, InternVL2_5Config } from "@internvl/config";
import { describe, expect, it } from "vitest";
import { errorOf, fixture, MemoryFolder } from "./helpers.js";

const json = fixture("tiny-38b.generation_config.json");

describe("GenerationConfig", () => {
  it("reads and writes a checkpoint's file, unknown fields included", async () => {
    const folder = new MemoryFolder({ "generation_config.json": JSON.stringify(json) });
    const config = await GenerationConfig.from_pretrained(folder);
    expect(config.eos_token_id).toEqual([422, 420]);
    expect(config.extra).toEqual({ _from_model_config: true });
    const target = new MemoryFolder();
    await config.save_pretrained(target);
    expect(JSON.parse(target.text("generation_config.json"))).toEqual(json);
    expect(GenerationConfig.from_dict(config.to_dict())).toEqual(config);
  });

  it("takes the ids of a model's configuration", () => {
    const model = InternVL2_5Config.from_dict(fixture("tiny-38b.config.json"));
    const { bos_token_id, eos_token_id, pad_token_id } = GenerationConfig.from_model_config(model);
    expect([bos_token_id, eos_token_id, pad_token_id]).toEqual([420, 422, null]);
  });

  it("accepts what Transformers does", () => {
    const fields: Partial<GenerationConfigFields> = {
      early_stopping: "never",
      num_beams: 4,
      num_return_sequences: 4,
      stop_strings: ["\n", "END"],
      bad_words_ids: [[1], [2, 3]],
      sequence_bias: [[[5, 6], -2.5]],
      suppress_tokens: [],
      exponential_decay_length_penalty: [10, 1.05],
      prompt_lookup_num_tokens: 4,
      top_p: 0,
      top_k: 0,
    };
    expect(new GenerationConfig(fields)).toMatchObject(fields);
  });

  it.each<[keyof GenerationConfigFields, unknown, string]>([
    ["temperature", 0, "above 0"],
    ["temperature", Number.NaN, "a finite number"],
    ["top_k", -1, "at least 0"],
    ["top_p", 1.5, "at most 1"],
    ["min_p", -0.1, "at least 0"],
    ["typical_p", 0, "above 0"],
    ["repetition_penalty", -1, "above 0"],
    ["max_new_tokens", 0, "at least 1"],
    ["max_new_tokens", 1.5, "an integer"],
    ["num_beams", 0, "at least 1"],
    ["num_beams", 5000, "each has a cache of its own"],
    ["num_return_sequences", 2, "at most num_beams (1) without do_sample"],
    ["early_stopping", "always", '"never"'],
    ["eos_token_id", "2", "an integer"],
    ["bad_words_ids", [[]], "a list, not empty"],
    ["sequence_bias", [[[1], "2"]], "a pair"],
    ["exponential_decay_length_penalty", [1, 0], "a number above 0"],
    ["prompt_lookup_num_tokens", 0, "at least 1"],
    ["top_h", 0, "above 0"],
    ["stop_strings", "", "not empty"],
    ["max_time", -5, "above 0"],
    ["do_sample", "true", "true or false"],
  ])("refuses %s = %j", (name, value, expected) => {
    const error = errorOf(() => GenerationConfig.from_dict({ [name]: value as never }, { origin: "a file" }));
    expect((error as ConfigError).problems.map(({ path }) => path)).toEqual([[name]]);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain(`${name} of a file is not valid`);
    expect(error.parts.expected).toContain(expected);
  });

  it("refuses a least above the most", () => {
    const error = errorOf(() => new GenerationConfig({ min_new_tokens: 5, max_new_tokens: 4 }));
    expect(error.parts.expected).toBe("at most max_new_tokens (4)");
  });
});
