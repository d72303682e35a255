import { AbortedError, type JsonObject, MemoryFolder } from "@internvl/core";
import { describe, expect, test } from "vitest";
import { Checkpoint } from "../src/checkpoint/index.js";
import { readAdapter, withAdapters } from "../src/lora/index.js";
import { adapterFolder, adapterOf, checkpointOf, factors, filled, type Shapes, valuesOf } from "./lora-adapters.js";
import { failure, type PlainTensor, plainFile, zeros } from "./safetensors-files.js";

const M = "model.layers.0.self_attn.q_proj";
const PLAIN = factors(`base_model.model.${M}`, [3, 4]);
const BASE: Shapes = { [`${M}.weight`]: [3, 4], [`${M}.bias`]: [3], "lm_head.weight": [5, 4], "norm.weight": [4] };

const readFailure = (tensors: Record<string, PlainTensor>, config: JsonObject = {}) =>
  failure(adapterOf(tensors, config));

async function mergeFailure(tensors: Record<string, PlainTensor>, options: { weight?: number; base?: Shapes } = {}) {
  const [source, adapter] = [await checkpointOf(options.base ?? BASE), await adapterOf(tensors)];
  return failure((async () => withAdapters(source, [{ adapter, weight: options.weight }]))());
}

describe("a folder that is no adapter", () => {
  const { files } = adapterFolder(PLAIN);
  const config = files.get("adapter_config.json")!;

  test("without a config", async () => {
    const error = await failure(readAdapter(new MemoryFolder({ "model.safetensors": plainFile({}) }, "a model")));
    expect(error.code).toBe("FILE_NOT_FOUND");
    expect(error.message).toContain("a model is no adapter: it has no adapter_config.json");
  });

  test("without weights", async () => {
    const error = await failure(readAdapter(new MemoryFolder({ "adapter_config.json": config })));
    expect(error).toMatchObject({ code: "FILE_NOT_FOUND", message: expect.stringContaining("has no adapter weights") });
  });

  test("with pickled weights", async () => {
    const folder = new MemoryFolder({ "adapter_config.json": config, "adapter_model.bin": "x" });
    const error = await failure(readAdapter(folder));
    expect(error.code).toBe("UNSUPPORTED");
    expect(error.message).toContain("save_pretrained(directory, safe_serialization=True)");
  });

  test("with weights that are cut off", async () => {
    const whole = files.get("adapter_model.safetensors")!;
    const folder = new MemoryFolder({ "adapter_config.json": config, "adapter_model.safetensors": whole.slice(0, -1) });
    expect((await failure(readAdapter(folder))).code).toBe("FILE_INVALID");
  });

  test("with a config that is not JSON", async () => {
    const folder = new MemoryFolder({ "adapter_config.json": "{", "adapter_model.safetensors": plainFile({}) });
    expect((await failure(readAdapter(folder))).code).toBe("FILE_INVALID");
  });
});

describe("an adapter_config.json that cannot be", () => {
  test.each<[JsonObject, string]>([
    [{ peft_type: null }, 'Expected peft_type "LORA", got null'],
    [{ r: 0 }, "r of adapter_config.json in the adapter cannot be. Expected an integer from 1 up, got 0"],
    [{ r: "8" }, 'got "8"'],
    [{ lora_alpha: null }, "lora_alpha of adapter_config.json in the adapter cannot be. Expected a number, got null"],
    [
      { rank_pattern: [8] },
      "rank_pattern of adapter_config.json in the adapter cannot be. Expected an object, got [8]",
    ],
    [{ rank_pattern: { q_proj: 1.5 } }, 'rank_pattern["q_proj"] of adapter_config.json'],
    [{ alpha_pattern: { "q_proj(": 3 } }, "Expected keys that are names or regular expressions"],
    [{ rank_pattern: { "(.*)*x": 3 } }, "it repeats a group"],
    [{ rank_pattern: { "((a+)b)+x": 3 } }, "it repeats a group"],
    [{ rank_pattern: { ".*.*.*.*.*x": 3 } }, "it has 5 repetitions, and 4 are allowed"],
    [{ modules_to_save: "lm_head" }, "Expected an array of names"],
  ])("%j", async (config, message) => {
    const error = await readFailure(PLAIN, config);
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message).toContain(message);
  });
});

test("the first key of a pattern that matches the end of a name counts", async () => {
  const rank_pattern = { proj: 9, "layers\\.\\d+\\.self_attn\\.(q|k)_proj": 2, q_proj: 9 };
  const alpha_pattern = { "^self_attn.q_proj": 9, "^model.*q_proj": 6, q_proj: 9 };
  const adapter = await adapterOf(PLAIN, { r: 8, rank_pattern, alpha_pattern, use_rslora: true });
  expect(adapter.targets[0]).toMatchObject({ rank: 2, scaling: 6 / Math.SQRT2 });
});

describe("what is more than plain LoRA is refused", () => {
  test.each<[JsonObject, string]>([
    [{ peft_type: "IA3" }, 'Expected peft_type "LORA", got "IA3"'],
    [{ peft_type: "ADALORA" }, "Merge the adapter in Python (merge_and_unload)"],
    [{ use_dora: true }, "use_dora: DoRA also rescales the merged weights"],
    [{ use_dora: true, lora_bias: true }, "use_dora, lora_bias"],
    [{ use_qalora: true }, "use_qalora"],
    [{ fan_in_fan_out: true }, "fan_in_fan_out"],
    [{ layer_replication: [[0, 4]] }, "layer_replication [[0,4]]"],
    [{ target_parameters: ["experts.up"] }, "target_parameters"],
    [{ trainable_token_indices: [1] }, "trainable_token_indices"],
    [{ alora_invocation_tokens: [1, 2] }, "alora_invocation_tokens"],
    [{ kasa_config: { beta: 1 } }, "kasa_config"],
    [{ init_lora_weights: "pissa_niter_4" }, "path_initial_model_for_weight_conversion"],
    [{ init_lora_weights: "olora" }, 'got "olora"'],
  ])("%j", async (config, message) => {
    const error = await readFailure(PLAIN, config);
    expect(error.code).toBe("UNSUPPORTED");
    expect(error.message).toContain(message);
  });

  test.each([
    [`${M}.lora_magnitude_vector`, "DoRA"],
    ["model.embed_tokens.lora_embedding_A", "LoRA of an embedding"],
    [`${M}.lora_B.bias`, "a bias of lora_B"],
    ["model.embed_tokens.token_adapter.trainable_tokens_delta", "trained rows of an embedding"],
    [`${M}.lora_E`, "unknown factors"],
  ])("a tensor %s", async (name, reason) => {
    const error = await readFailure({ ...PLAIN, [`base_model.model.${name}`]: filled([2, 3]) });
    expect(error.code).toBe("UNSUPPORTED");
    expect(error.message).toContain(`got 1 other tensor: base_model.model.${name} (${reason})`);
  });

  test("what matters only while training is not", async () => {
    const training = {
      lora_dropout: 0.1,
      exclude_modules: ["x"],
      layers_to_transform: [0],
      init_lora_weights: "gaussian",
    };
    const nothing = {
      use_dora: false,
      layer_replication: null,
      loftq_config: {},
      target_parameters: [],
      rank_pattern: null,
    };
    const adapter = await adapterOf(PLAIN, { ...training, ...nothing });
    expect(adapter.targets.map(({ module, rank, scaling }) => ({ module, rank, scaling }))).toEqual([
      { module: M, rank: 2, scaling: 2 },
    ]);
  });
});

describe("tensors of an adapter that do not belong together", () => {
  test("a factor is missing", async () => {
    const { [`base_model.model.${M}.lora_B.weight`]: _, ...half } = PLAIN;
    const error = await readFailure(half);
    expect(error.code).toBe("CHECKPOINT_INVALID");
    expect(error.message).toContain(`got 1 tensor missing: ${M}.lora_B.weight`);
    const other = await readFailure({ [`${M}.lora_B.weight`]: filled([3, 2]) });
    expect(other.message).toContain(`${M}.lora_A.weight`);
  });

  test("there are none", async () => {
    expect(await readFailure({})).toMatchObject({
      code: "CHECKPOINT_INVALID",
      message: expect.stringContaining("holds no tensors"),
    });
  });

  test("there are several adapters", async () => {
    const named = (name: string, module: string) => ({
      [`${module}.lora_A.${name}.weight`]: filled([2, 4]),
      [`${module}.lora_B.${name}.weight`]: filled([3, 2]),
    });
    const error = await readFailure({ ...named("one", "a"), ...named("two", "b") });
    expect(error.message).toContain("holds more than one adapter. Expected one, got one, two");
  });

  test("a whole tensor stands there twice", async () => {
    const error = await readFailure({ ...PLAIN, [`${M}.bias`]: filled([3]), [`${M}.base_layer.bias`]: filled([3]) });
    expect(error.message).toContain(`Expected ${M}.bias once`);
  });

  test("the rank is another than the config's", async () => {
    const error = await readFailure(PLAIN, { r: 8 });
    expect(error.code).toBe("CHECKPOINT_INVALID");
    expect(error.message).toContain(`got 1 module of another rank: ${M} has A [2, 4] and B [3, 2] for rank 8`);
    const pattern = await readFailure(PLAIN, { rank_pattern: { q_proj: 3 } });
    expect(pattern.message).toContain("for rank 3");
  });

  test("factors were saved from shards", async () => {
    const error = await readFailure({ [`${M}.lora_A.weight`]: filled([0]), [`${M}.lora_B.weight`]: filled([0]) });
    expect(error.message).toContain("DeepSpeed ZeRO-3");
  });

  test("a module that the config says was saved is not there", async () => {
    const error = await readFailure(
      { ...PLAIN, "lm_head.weight": filled([5, 4]) },
      { modules_to_save: ["lm_head", "mlp1"] },
    );
    expect(error.code).toBe("CHECKPOINT_INVALID");
    expect(error.message).toContain("Expected tensors of lm_head, mlp1, got none of mlp1");
  });
});

describe("an adapter of another model", () => {
  test("other shapes are all named", async () => {
    const tensors = { ...factors(M, [3, 8]), ...factors("lm_head", [6, 4]), "norm.weight": filled([5]) };
    const error = await mergeFailure(tensors);
    expect(error.code).toBe("CHECKPOINT_INVALID");
    expect(error.message).toContain("was made for a model of other shapes than the model");
    expect(error.message).toContain(
      `got 3 tensors of another shape: norm.weight is [4], the adapter's [5]; ${M}.weight is [3, 4], A [2, 8], B [3, 2]; ` +
        "lm_head.weight is [5, 4], A [2, 4], B [6, 2]",
    );
  });

  test("a norm cannot have LoRA", async () => {
    const error = await mergeFailure({ "norm.lora_A.weight": filled([2, 1]), "norm.lora_B.weight": filled([4, 2]) });
    expect(error.message).toContain("norm.weight is [4], A [2, 1], B [4, 2]");
  });

  test("targets are not there", async () => {
    const error = await mergeFailure(factors("transformer.h.0.attn", [3, 4]));
    expect(error).toMatchObject({
      code: "CHECKPOINT_INVALID",
      message: expect.stringContaining("made for another model"),
    });
  });

  test("the base weight is no float", async () => {
    const file = plainFile({ [`${M}.weight`]: zeros("F8_E4M3", [3, 4]) });
    const source = await Checkpoint.open(new MemoryFolder({ "model.safetensors": file }));
    const adapter = await adapterOf(PLAIN);
    const error = await failure((async () => withAdapters(source, [{ adapter }]))());
    expect(error).toMatchObject({ code: "CHECKPOINT_INVALID", message: expect.stringContaining("got F8_E4M3") });
  });
});

describe("sums that cannot be", () => {
  const saved = { ...PLAIN, "lm_head.weight": filled([5, 4], 9) };

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("a weight of %s", async (weight) => {
    expect(await mergeFailure(PLAIN, { weight })).toMatchObject({
      code: "INPUT_INVALID",
      message: expect.stringContaining(`Expected a finite number, got ${weight}`),
    });
  });

  test("a part of a whole tensor", async () => {
    const error = await mergeFailure(saved, { weight: 0.5 });
    expect(error.code).toBe("INPUT_INVALID");
    expect(error.message).toContain("Expected a weight of 1, got 0.5 with lm_head.weight");
  });

  test("two adapters with the same whole tensor", async () => {
    const [source, adapter] = [await checkpointOf(BASE), await adapterOf(saved)];
    const error = await failure((async () => withAdapters(source, [{ adapter }, { adapter }]))());
    expect(error).toMatchObject({ code: "INPUT_INVALID", message: expect.stringContaining("replace lm_head.weight") });
  });

  test("an embedding that the output layer is tied to", async () => {
    const tensors = { ...PLAIN, "model.embed_tokens.weight": filled([5, 4]) };
    const base = { [`language_model.${M}.weight`]: [3, 4], "language_model.model.embed_tokens.weight": [5, 4] };
    expect((await mergeFailure(tensors, { base })).code).toBe("UNSUPPORTED");
    const untied = await checkpointOf({ ...base, "language_model.lm_head.weight": [5, 4] });
    const merged = withAdapters(untied, [{ adapter: await adapterOf(tensors) }]);
    expect(merged.get("language_model.model.embed_tokens.weight").shape).toEqual([5, 4]);
  });
});

describe("while weights are read", () => {
  test.each([Number.NaN, Number.NEGATIVE_INFINITY])("factors with %s", async (value) => {
    for (const [name, shape] of [
      ["A", [2, 4]],
      ["B", [3, 2]],
    ] as const) {
      const key = `base_model.model.${M}.lora_${name}.weight`;
      const source = await checkpointOf(BASE);
      const merged = withAdapters(source, [
        { adapter: await adapterOf({ ...PLAIN, [key]: filled([...shape], value) }) },
      ]);
      const error = await failure(valuesOf(merged.get(`${M}.weight`)));
      expect(error.code).toBe("CONVERSION_FAILED");
      expect(error.message).toContain(`Tensor ${key} of the adapter holds what is no number`);
    }
  });

  test("an abort stops it, and the next read is not touched by it", async () => {
    const merged = withAdapters(await checkpointOf(BASE), [{ adapter: await adapterOf(PLAIN) }]).get(`${M}.weight`);
    const aborted = merged.rows(0, 3, { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toBeInstanceOf(AbortedError);
    expect(await valuesOf(merged)).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
  });
});
