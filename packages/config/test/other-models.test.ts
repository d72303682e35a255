import { InternVL2_5Config } from "@internvl/config";
import type { JsonObject } from "@internvl/core";
import { describe, expect, it } from "vitest";
import { changed, errorOf, fixture } from "./helpers.js";

const read = (json: JsonObject) => errorOf(() => InternVL2_5Config.from_dict(json, { origin: "config.json" }));

describe("a config.json of another model", () => {
  it.each([
    ["qwen2_vl", "Qwen2VLForConditionalGeneration", "it is Qwen2-VL"],
    ["qwen2_5_vl", "Qwen2_5_VLForConditionalGeneration", "it is Qwen2.5-VL"],
    ["llava", "LlavaForConditionalGeneration", "it is LLaVA."],
    ["llava_next", "LlavaNextForConditionalGeneration", "it is LLaVA-NeXT"],
    ["intern_vit_6b", "InternVisionModel", "it is InternViT, a vision tower alone"],
    ["qwen2", "Qwen2ForCausalLM", "it is a language model without pictures (Qwen2ForCausalLM)"],
    ["internlm2", "InternLM2ForCausalLM", "it is a language model without pictures (InternLM2ForCausalLM)"],
    ["gpt2", "GPT2LMHeadModel", "it is a language model without pictures (GPT2LMHeadModel)"],
  ])("%s is named, and what to do", (model_type, architecture, says) => {
    const error = read({ model_type, architectures: [architecture] });
    expect(error.code).toBe("UNSUPPORTED");
    expect(error.message).toContain(`The model type of config.json is not supported: ${says}`);
    expect(error.parts).toMatchObject({
      got: `"${model_type}"`,
      fix: expect.stringMatching(/^(Pass|Only InternVL 2.5)/),
    });
  });

  it.each([[{ model_type: "constructor" }], [{ model_type: 7, architectures: [null] }], [{ architectures: "none" }]])(
    "%j has no name",
    (json) => {
      expect(read(json).message).toContain("The model type of config.json is not supported. Expected");
    },
  );
});

describe("an InternVL of another version", () => {
  it.each([
    ["InternVL 1.2", "llama", "LlamaForCausalLM"],
    ["InternVL3-9B", "internlm3", "InternLM3ForCausalLM"],
    ["InternVL3.5", "qwen3", "Qwen3ForCausalLM"],
  ])("%s is named by its language model", (name, model_type, architecture) => {
    const llm_config = { model_type, architectures: [architecture] };
    const error = read(changed(fixture("tiny-38b.config.json"), "llm_config", llm_config));
    expect(error.code).toBe("UNSUPPORTED");
    expect(error.message).toContain("is not supported: it is");
    expect(error.message.split("Expected")[0]).toContain(name.replace("1.2", "1.1 and 1.2"));
  });
});
