import { describe, expect, it } from "vitest";
import { describeDtypes, distinctDtypes, parseDtypes } from "../src/convert-command/dtypes.js";

describe("--dtype", () => {
  it("takes names, graphs and both", () => {
    expect(parseDtypes("q4")).toEqual(["q4"]);
    expect(parseDtypes("fp32, q4")).toEqual(["fp32", "q4"]);
    expect(parseDtypes("vision_encoder=int8,decoder_model_merged=q4")).toEqual([
      { vision_encoder: "int8", decoder_model_merged: "q4" },
    ]);
    expect(parseDtypes("fp32,vision_encoder=q4,vision_encoder=q8")).toEqual([
      "fp32",
      { vision_encoder: "q4" },
      { vision_encoder: "q8" },
    ]);
  });

  it.each(["", "fp8", "vision_encoder=", "vision=q4", "q4,,fp32"])("refuses %j", (text) => {
    expect(() => parseDtypes(text)).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
  });

  it("finds what is the same", () => {
    const sets = distinctDtypes(["q4", { vision_encoder: "int8" }, "fp32", { vision_encoder: "q8" }]);
    expect(sets.map(describeDtypes)).toEqual([
      "q4",
      "fp32",
      "vision_encoder q8, embed_tokens int8, decoder_model_merged q4",
    ]);
  });
});
