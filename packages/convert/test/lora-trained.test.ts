import type { JsonObject } from "@internvl/core";
import { describe, expect, test } from "vitest";
import { findTrainedLora, withoutLoraRanks, withTrainedLora } from "../src/lora/index.js";
import { checkpointOf, type Shapes, valuesOf } from "./lora-adapters.js";
import { failure } from "./safetensors-files.js";

const LANGUAGE = "language_model.base_model.model.";
const WQKV = "model.layers.0.attention.wqkv";
const TRAINED: Shapes = {
  [`${LANGUAGE}${WQKV}.base_layer.weight`]: [2, 3],
  [`${LANGUAGE}${WQKV}.lora_A.default.weight`]: [1, 3],
  [`${LANGUAGE}${WQKV}.lora_B.default.weight`]: [2, 1],
  [`${LANGUAGE}model.norm.weight`]: [3],
  "vision_model.embeddings.class_embedding": [1, 1, 2],
  "mlp1.0.weight": [3],
};
const CONFIG = { use_llm_lora: 1, use_backbone_lora: 0 };

async function problem(shapes: Shapes, config: JsonObject = CONFIG) {
  const source = await checkpointOf(shapes);
  return failure((async () => findTrainedLora(source, config))());
}

describe("the original repository's fine-tuning output", () => {
  test("becomes plain, with alpha of twice the rank", async () => {
    const source = await checkpointOf(TRAINED);
    const merged = withTrainedLora(source, findTrainedLora(source, CONFIG)!);
    expect(merged.names()).toEqual([
      "language_model.model.layers.0.attention.wqkv.weight",
      "language_model.model.norm.weight",
      "mlp1.0.weight",
      "vision_model.embeddings.class_embedding",
    ]);
    // W 1 … 6, A 1 2 3, B 1 2, times 2.
    expect(await valuesOf(merged.get(`language_model.${WQKV}.weight`))).toEqual([3, 6, 9, 8, 13, 18]);
    expect(await valuesOf(merged.get("language_model.model.norm.weight"))).toEqual([1, 2, 3]);
    expect(merged.get("mlp1.0.weight").dtype).toBe("F32");
    expect([merged.has(`language_model.${WQKV}.weight`), merged.has(`${LANGUAGE}${WQKV}.base_layer.weight`)]).toEqual([
      true,
      false,
    ]);
    const error = await failure((async () => merged.get(`${LANGUAGE}${WQKV}.base_layer.weight`))());
    expect(error.code).toBe("CHECKPOINT_INVALID");
  });

  test("any other checkpoint is left alone", async () => {
    const plain = await checkpointOf({ "language_model.model.norm.weight": [3], "mlp1.0.weight": [3] });
    expect(findTrainedLora(plain, {})).toBeUndefined();
    expect(findTrainedLora(plain, { use_llm_lora: 0, use_backbone_lora: 0 })).toBeUndefined();
    expect(findTrainedLora(plain, { use_llm_lora: null })).toBeUndefined();
  });

  test("no rank is left in its config", () => {
    const extra = { use_llm_lora: 16, use_backbone_lora: 0, template: "internvl2_5" };
    expect(withoutLoraRanks(extra)).toEqual({ use_llm_lora: 0, use_backbone_lora: 0, template: "internvl2_5" });
    expect(withoutLoraRanks({ template: "internvl2_5" })).toEqual({ template: "internvl2_5" });
  });
});

describe("fine-tuning output that is not understood", () => {
  test.each<[what: string, shapes: Shapes, config: JsonObject, message: string]>([
    ["a rank that the config does not say", TRAINED, {}, "Expected no LoRA tensors, as config.json says, got rank 1"],
    [
      "another rank than the config's",
      TRAINED,
      { use_llm_lora: 8 },
      "Expected LoRA tensors of rank 8, as use_llm_lora says, got rank 1",
    ],
    [
      "a rank without tensors",
      { "language_model.model.norm.weight": [3] },
      { use_backbone_lora: 4 },
      "If LoRA has been merged already, set use_backbone_lora to 0",
    ],
    [
      "a weight that is missing",
      {
        ...TRAINED,
        [`${LANGUAGE}model.x.lora_A.default.weight`]: [1, 3],
        [`${LANGUAGE}model.x.lora_B.default.weight`]: [2, 1],
      },
      CONFIG,
      "got 1 tensor missing: model.x.weight",
    ],
    [
      "a factor that is missing",
      { ...TRAINED, [`${LANGUAGE}model.x.lora_A.default.weight`]: [1, 3] },
      CONFIG,
      "got 1 tensor missing: model.x.lora_B.weight",
    ],
    [
      "LoRA outside of the parts",
      { ...TRAINED, "mlp1.1.lora_A.default.weight": [1, 3] },
      CONFIG,
      "got 1 tensor beside them: mlp1.1.lora_A.default.weight",
    ],
    [
      "LoRA that PEFT did not wrap",
      { "language_model.x.base_layer.weight": [2, 2] },
      {},
      "holds LoRA in names that are not understood",
    ],
    [
      "one tensor in two ways",
      { ...TRAINED, "language_model.model.norm.weight": [3] },
      CONFIG,
      "beside them: language_model.model.norm.weight",
    ],
    [
      "both forms of a weight",
      { ...TRAINED, [`${LANGUAGE}${WQKV}.weight`]: [2, 3] },
      CONFIG,
      `Expected ${WQKV}.weight once`,
    ],
    [
      "other shapes",
      { ...TRAINED, [`${LANGUAGE}${WQKV}.base_layer.weight`]: [2, 4] },
      CONFIG,
      "got 1 tensor of another shape: ",
    ],
  ])("%s", async (_, shapes, config, message) => {
    const error = await problem(shapes, config);
    expect(error.code).toBe("CHECKPOINT_INVALID");
    expect(error.message).toContain(message);
  });

  test("DoRA", async () => {
    const error = await problem({ ...TRAINED, [`${LANGUAGE}${WQKV}.lora_magnitude_vector.default.weight`]: [2] });
    expect(error).toMatchObject({ code: "UNSUPPORTED", message: expect.stringContaining("(DoRA)") });
  });

  test.each([-1, 1.5, "8", true])("a rank of %j", async (use_llm_lora) => {
    expect((await problem(TRAINED, { use_llm_lora })).code).toBe("CONFIG_INVALID");
  });
});
