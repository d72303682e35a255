import { contextLength, InternLM2Config, Qwen2Config } from "@internvl/config";
import { describe, expect, it } from "vitest";

describe("contextLength", () => {
  it.each([
    [new Qwen2Config(), 32768],
    [new InternLM2Config(), 2048],
    [new InternLM2Config({ rope_scaling: { rope_type: "linear", factor: 1.5 } }), 3072],
    [new InternLM2Config({ rope_scaling: { rope_type: "dynamic", factor: 2 } }), Number.POSITIVE_INFINITY],
    [new Qwen2Config({ rope_scaling: { rope_type: "yarn", factor: 4 } }), 32768],
  ])("of %j is %d", (config, length) => {
    expect(contextLength(config)).toBe(length);
  });
});
