import { readFileSync } from "node:fs";
import { MemoryFolder } from "@internvl/core";
import { describe, expect, test } from "vitest";
import { Checkpoint, expectTensors, type OriginalTensorConfig, originalTensorSpecs } from "../src/checkpoint/index.js";
import { failure, plainFile, zeros } from "./safetensors-files.js";

type Shapes = Record<string, number[]>;

/** Configs and tensor shapes of checkpoints that OpenGVLab's own code wrote and read: both styles, both languages. */
const CHECKPOINTS: Record<string, { config: OriginalTensorConfig; tensors: Shapes }> = JSON.parse(
  readFileSync(new URL("fixtures/original-tensors.json", import.meta.url), "utf8"),
);
const TIED = CHECKPOINTS["tiny-1b-tied"]!;
const LM_HEAD_NAME = "language_model.lm_head.weight";
const POSITIONS = "vision_model.embeddings.position_embedding";

function checkpointOf(shapes: Shapes): Promise<Checkpoint> {
  const tensors = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, zeros("BF16", shape)]));
  return Checkpoint.open(new MemoryFolder({ "model.safetensors": plainFile(tensors) }));
}

async function problem(shapes: Shapes, config: OriginalTensorConfig = TIED.config) {
  const checkpoint = await checkpointOf(shapes);
  return failure((async () => expectTensors(checkpoint, originalTensorSpecs(config)))());
}

describe.each(Object.entries(CHECKPOINTS))("the tensors of %s", (_, { config, tensors }) => {
  test("are those that follow from its config", () => {
    const specs = originalTensorSpecs(config).filter(({ name, optional }) => !optional || name in tensors);
    expect(Object.fromEntries(specs.map(({ name, shape }) => [name, shape]))).toEqual(tensors);
  });

  test("pass", async () => {
    expectTensors(await checkpointOf(tensors), originalTensorSpecs(config));
  });
});

describe("a checkpoint that does not fit its config", () => {
  test("an output layer may be there or not, but has one shape", async () => {
    const { vocab_size, hidden_size } = TIED.config.text_config;
    expectTensors(
      await checkpointOf({ ...TIED.tensors, [LM_HEAD_NAME]: [vocab_size, hidden_size] }),
      originalTensorSpecs(TIED.config),
    );
    const error = await problem({ ...TIED.tensors, [LM_HEAD_NAME]: [vocab_size + 1, hidden_size] });
    expect(error.message).toContain(`${LM_HEAD_NAME} is [452, 56] and not [451, 56]`);
  });

  test("a tensor is missing", async () => {
    const { "mlp1.0.bias": _, ...tensors } = TIED.tensors;
    const error = await problem(tensors);
    expect(error.code).toBe("CHECKPOINT_INVALID");
    expect(error.message).toContain("1 tensor missing: mlp1.0.bias [192]");
  });

  test("InternLM2's attention has a bias where the config says so", async () => {
    const { config, tensors } = CHECKPOINTS["tiny-26b"]!;
    const text_config = { ...config.text_config, bias: true };
    const error = await problem(tensors, { ...config, text_config });
    expect(error.message).toContain("6 tensors missing: ");
    expect(error.message).toContain("layers.0.attention.wqkv.bias [128]");
    expect(error.message).toContain("layers.2.attention.wo.bias [96]");
  });

  test("wqkv is of other heads than the config's", async () => {
    const { config, tensors } = CHECKPOINTS["tiny-26b"]!;
    const text_config = { ...config.text_config, num_key_value_heads: 4 };
    const error = await problem(tensors, { ...config, text_config });
    expect(error.message).toContain("layers.0.attention.wqkv.weight is [128, 96] and not [160, 96]");
  });

  test("the config has more layers than the weights", async () => {
    const text_config = { ...TIED.config.text_config, num_hidden_layers: 3 };
    const error = await problem(TIED.tensors, { ...TIED.config, text_config });
    expect(error.message).toContain("12 tensors missing: language_model.model.layers.2.input_layernorm.weight [56], ");
  });

  test("position embeddings that are no grid are of a wrong shape", async () => {
    const error = await problem({ ...TIED.tensors, [POSITIONS]: [1, 60, 48] });
    expect(error).toMatchObject({
      code: "CHECKPOINT_INVALID",
      message: expect.stringContaining("[1, 60, 48] and not"),
    });
  });
});
