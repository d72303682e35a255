import { ConfigError, InternVL2_5Config, InternVL2_5VisionConfig, Qwen2Config } from "@internvl/config";
import { describe, expect, it } from "vitest";
import { changed, errorOf, fixture } from "./helpers.js";

const json = fixture("tiny-38b.config.json");

/** Path in the file, bad value, what the message allows. */
const bad: [string, unknown, string][] = [
  ["llm_config.num_attention_heads", 7, "a divisor of hidden_size (80)"],
  ["llm_config.num_attention_heads", 0, "an integer of at least 1"],
  ["llm_config.num_attention_heads", 16, "an even quotient"],
  ["llm_config.num_key_value_heads", 3, "a divisor of num_attention_heads (10)"],
  ["llm_config.num_hidden_layers", 0, "at least 1"],
  ["llm_config.num_hidden_layers", 1_000_000, "at most 1000 (deeper networks are not known)"],
  ["llm_config.hidden_size", -80, "at least 1"],
  ["llm_config.hidden_size", 80.5, "an integer"],
  ["llm_config.vocab_size", "451", "an integer"],
  ["llm_config.vocab_size", 1e12, "at most 10000000"],
  ["llm_config.head_dim", 7, "an even number"],
  ["llm_config.rms_norm_eps", Number.NaN, "a finite number above 0"],
  ["llm_config.rope_theta", Number.POSITIVE_INFINITY, "a finite number above 0"],
  ["llm_config.rope_scaling", { type: "magic", factor: 2 }, "dynamic"],
  ["llm_config.rope_scaling", { type: "dynamic", factor: 0.5 }, "a number of at least 1"],
  ["llm_config.rope_scaling", { type: "dynamic" }, "a number of at least 1"],
  ["llm_config.hidden_act", "gelu", '"silu"'],
  ["llm_config.use_cache", 1, "true or false"],
  ["llm_config.eos_token_id", [], "a list, not empty"],
  ["llm_config.eos_token_id", -1, "at least 0"],
  ["llm_config.layer_types", ["full_attention"], "one entry a layer (3)"],
  ["vision_config.num_attention_heads", 3, "a divisor of hidden_size (80)"],
  ["vision_config.num_hidden_layers", 0, "at least 1"],
  ["vision_config.norm_type", "batch_norm", '"rms_norm", "layer_norm"'],
  ["vision_config.hidden_act", "swish", '"gelu"'],
  ["vision_config.image_size", 113, "a multiple of patch_size (14)"],
  ["vision_config.image_size", null, "an integer"],
  ["vision_config.patch_size", 0, "at least 1"],
  ["vision_config.qkv_bias", "yes", "true or false"],
  ["ps_version", "v3", '"v1", "v2"'],
  ["select_layer", 3, "an integer from -3 to 2"],
  ["select_layer", -4, "an integer from -3 to 2"],
  ["select_layer", 0.5, "an integer"],
  ["force_image_size", 100, "a multiple of the vision tower's patch_size (14)"],
  ["force_image_size", 126, "a multiple of 28"],
  ["downsample_ratio", 0, "above 0"],
  ["downsample_ratio", 0.4, "1 divided by an integer"],
  ["hidden_size", 81, "the language model's hidden_size (80)"],
  ["min_dynamic_patch", 13, "at most max_dynamic_patch (12)"],
  ["max_dynamic_patch", 100_000, "at most 1000 (the choice of the grid"],
  ["tie_word_embeddings", true, "false"],
  ["image_token_id", -1, "at least 0"],
  ["vision_config", null, "a JSON object"],
  ["llm_config", [], "a JSON object"],
];

/** The same for InternLM2. */
const badInternLM2: [string, unknown, string][] = [
  ["llm_config.num_attention_heads", 7, "a divisor of hidden_size (64)"],
  ["llm_config.num_attention_heads", 64, "an even quotient"],
  ["llm_config.head_dim", 8, "hidden_size / num_attention_heads (16)"],
  ["llm_config.num_key_value_heads", 3, "a divisor of num_attention_heads (4)"],
  ["llm_config.bias", "no", "true or false"],
  ["llm_config.rope_scaling", { type: "yarn", factor: 2 }, '{"rope_type": "dynamic" | "linear", "factor"'],
  ["llm_config.rope_scaling", { type: "dynamic" }, "a number of at least 1"],
];

describe("a file with an impossible value", () => {
  const internlm2 = fixture("tiny-2b.config.json");
  it.each(badInternLM2)("InternLM2: %s = %j", (path, value, expected) => {
    const error = errorOf(() => InternVL2_5Config.from_dict(changed(internlm2, path, value))) as ConfigError;
    expect(error.problems.map((problem) => problem.path.join("."))).toEqual([path]);
    expect(error.parts.expected).toContain(expected);
    expect(error.parts.got).toBe(typeof value === "number" ? String(value) : shown(value));
  });

  it.each(bad)("%s = %j", (path, value, expected) => {
    const error = errorOf(() => InternVL2_5Config.from_dict(changed(json, path, value), { origin: "config.json" }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.code).toBe("CONFIG_INVALID");
    expect((error as ConfigError).problems.map((problem) => problem.path.join("."))).toEqual([path]);
    expect(error.message).toContain(`${path} of config.json is not valid`);
    expect(error.parts.expected).toContain(expected);
    if (path !== "llm_config.layer_types") {
      expect(error.parts.got).toBe(typeof value === "number" ? String(value) : shown(value));
    }
  });

  it("with several is told of all of them, under the names of the file", () => {
    const broken = changed(
      changed(changed(json, "llm_config.num_key_value_heads", 3), "vision_config.norm_type", "none"),
      "ps_version",
      "v9",
    );
    const error = errorOf(() => InternVL2_5Config.from_dict(broken, { origin: "config.json" })) as ConfigError;
    expect(error.message).toBe(
      "3 fields of config.json are not valid:" +
        '\n- vision_config.norm_type: expected one of "rms_norm", "layer_norm", got "none"' +
        "\n- llm_config.num_key_value_heads: expected a divisor of num_attention_heads (10), got 3" +
        '\n- ps_version: expected one of "v1", "v2", got "v9". Mend the file or download it again.',
    );
  });

  it("blames the vision tower's size where none is forced", () => {
    const free = changed(changed(json, "force_image_size", null), "vision_config.image_size", 126);
    const error = errorOf(() => InternVL2_5Config.from_dict(free)) as ConfigError;
    expect(error.problems.map(({ path }) => path.join("."))).toEqual(["vision_config.image_size"]);
  });
});

describe("constructors", () => {
  it("use our own names", () => {
    const error = errorOf(() => new InternVL2_5Config({ text_config: { num_hidden_layers: 0 } })) as ConfigError;
    expect(error.message).toContain("text_config.num_hidden_layers of InternVL2_5Config is not valid");
  });

  it("refuse what they do not know", () => {
    // @ts-expect-error: a misspelt field
    const error = errorOf(() => new Qwen2Config({ num_layers: 3 }));
    expect(error.message).toContain("num_layers of Qwen2Config is not valid. Expected no such field");
  });

  it("refuse the wrong kind of part", () => {
    // @ts-expect-error: the two parts exchanged
    const error = errorOf(() => new InternVL2_5Config({ text_config: new InternVL2_5VisionConfig() }));
    expect(error.message).toContain("text_config");
  });

  it("refuse a tied whole, as the port does", () => {
    expect(errorOf(() => new InternVL2_5Config({ tie_word_embeddings: true })).code).toBe("CONFIG_INVALID");
  });
});

/** As messages cut it. */
function shown(value: unknown): string {
  if (typeof value === "object" && value !== null && "type" in value) {
    const { type, ...rest } = value as { type: string };
    return JSON.stringify({ rope_type: type, ...rest });
  }
  return JSON.stringify(value);
}
