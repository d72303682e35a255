import { DTYPES, type Dtype, GRAPHS, type GraphName, graphPath } from "@internvl/config";
import {
  asOriginal,
  assertChecked,
  asTransformers,
  buildGraph,
  checkConversion,
  isWithinLimit,
  type OriginalModel,
  partName,
  type TensorSource,
  type WeightSource,
  type WrittenGraph,
} from "@internvl/convert";
import { AbortedError, InternVLError, MemoryFolder, type ProgressInfo } from "@internvl/core";
import { writeModel } from "@internvl/onnx";
import { nodeInference } from "@internvl/runtime-node";
import { describe, expect, it } from "vitest";
import { sampledLayers } from "../src/check/limits.js";
import { checkAgainst, checkedFolder } from "./checked-folder.js";
import {
  changeConfig,
  changeTensor,
  type Mutation,
  openRandom,
  splitByThirds,
  swapLayers,
  transpose,
  withoutBias,
} from "./mutations.js";
import type { RandomCheckpointOptions } from "./random-checkpoint.js";

const SMALL: RandomCheckpointOptions = { form: "300M" };
const LARGE: RandomCheckpointOptions = { form: "6B", language: "internlm2" };
const VIT = "vision_model.encoder.layers";
const TEXT = "language_model.model.layers";

/** The parts of a wrong conversion that are beyond their limits: `"decoder_model_merged layer 0"`. */
async function caught(original: OriginalModel, converted: OriginalModel, dtype: Dtype): Promise<string[]> {
  const checks = await checkAgainst(original, converted, dtype);
  return checks.filter((check) => !isWithinLimit(check)).map((check) => `${check.graph} ${partName(check)}`);
}

describe("a right conversion", () => {
  it.each([
    SMALL,
    LARGE,
    { ...SMALL, tied: true, select_layer: -2, ps_version: "v1", groups: 1 },
    { ...SMALL, language: "internlm2 with bias" },
  ] as const)("%j is within the limits of every dtype", async (options) => {
    const model = await openRandom(options);
    for (const dtype of DTYPES) {
      const checks = await checkAgainst(model, model, dtype);
      assertChecked(checks);
      const vision = sampledLayers(options.form === "300M" && "select_layer" in options ? 2 : 3).map(
        (i) => `layer ${i}`,
      );
      expect(checks.map(partName)).toEqual([
        ...["embedding", ...vision, "projector"],
        "embedding",
        ...["layer 0", "layer 1", "logits"],
      ]);
      // A comparison with itself would be exact: rounding has to show.
      const rounded: GraphName[] = ["vision_encoder", "decoder_model_merged"];
      for (const check of checks.filter(({ graph }) => rounded.includes(graph))) {
        expect(check.difference).toBeGreaterThan(0);
      }
    }
  });
});

describe("a decoder whose keys and values are float16", () => {
  it.each([SMALL, LARGE] as const)(
    "%j is within the limit of weights in float16, and not what it is in float32",
    async (options) => {
      const model = await openRandom(options);
      const half: OriginalModel = { ...model, cache_dtype: "float16" };
      const layers = async (original: OriginalModel) =>
        (await checkAgainst(original, original, "fp32")).filter(({ graph }) => graph === "decoder_model_merged");
      const [exact, rounded] = [await layers(model), await layers(half)];
      assertChecked(rounded);
      expect(rounded.map(({ limit }) => limit)).toEqual(exact.map(() => 0.004));
      expect(exact.map(({ limit }) => limit)).toEqual(exact.map(() => 1e-4));
      // Of the first layer, before anything else is rounded.
      expect(rounded[0]!.difference).toBeGreaterThan(3 * exact[0]!.difference);
    },
  );
});

describe("checkConversion", () => {
  it("reads a checkpoint through the views of a conversion, and graphs that show their states already", async () => {
    const { tensors, config } = await openRandom(LARGE);
    const views = { config, tensors: asOriginal(asTransformers(tensors, config), config) };
    const files = new MemoryFolder();
    const graphs: WrittenGraph[] = [];
    for (const name of GRAPHS) {
      const path = graphPath(name, "fp32");
      await writeModel(files, path, buildGraph(name, "fp32", config, tensors, { output_hidden_states: true }));
      graphs.push({ name, path, dtype: "fp32" });
    }
    const progress: ProgressInfo[] = [];
    const checks = await checkConversion(checkedFolder(files), graphs, views, nodeInference, {
      progress_callback: (info) => progress.push(info),
    });
    assertChecked(checks);
    expect(progress.at(-1)).toEqual({
      stage: "check",
      name: "onnx/decoder_model_merged.onnx",
      loaded: checks.length,
      total: checks.length,
      unit: "tensors",
    });
  });

  it("stops within a layer, and takes away what it put beside the graphs", async () => {
    const model = await openRandom(SMALL);
    const controller = new AbortController();
    const tensors: TensorSource = {
      name: "watched",
      names: () => model.tensors.names(),
      has: (name) => model.tensors.has(name),
      get: (name) => {
        const source = model.tensors.get(name);
        const rows: WeightSource["rows"] = (start, end, options) => {
          if (name.endsWith("layers.1.mlp.fc1.weight")) controller.abort();
          return source.rows(start, end, options);
        };
        return { name, dtype: source.dtype, shape: source.shape, stream: (options) => source.stream(options), rows };
      },
    };
    const files = new MemoryFolder();
    const path = graphPath("vision_encoder", "fp32");
    await writeModel(files, path, buildGraph("vision_encoder", "fp32", model.config, model.tensors));
    const running = checkConversion(
      checkedFolder(files),
      [{ name: "vision_encoder", path, dtype: "fp32" }],
      { config: model.config, tensors },
      nodeInference,
      { signal: controller.signal },
    );
    await expect(running).rejects.toBeInstanceOf(AbortedError);
    expect([...files.files.keys()]).toEqual([`${path}_data`, path]);
  });
});

/** What a converter could get wrong so that nothing fits any more: seen whatever the weights are rounded to. */
const GROSS: [what: string, RandomCheckpointOptions, Mutation, where: string[]][] = [
  ["two layers swapped", SMALL, swapLayers(VIT, 0, 2), ["vision_encoder layer 0", "vision_encoder layer 2"]],
  [
    "two layers swapped",
    LARGE,
    swapLayers(TEXT, 0, 1),
    ["decoder_model_merged layer 0", "decoder_model_merged layer 1"],
  ],
  ["a transposed matrix", SMALL, transpose(`${VIT}.1.attn.proj.weight`), ["vision_encoder layer 1"]],
  ["a transposed matrix", SMALL, transpose(`${TEXT}.1.self_attn.o_proj.weight`), ["decoder_model_merged layer 1"]],
  ["a transposed matrix", LARGE, transpose("mlp1.3.weight"), ["vision_encoder projector"]],
  [
    "wqkv split wrongly",
    LARGE,
    splitByThirds(`${TEXT}.0.attention.wqkv.weight`, { heads: 6, keyHeads: 2, size: 16 }),
    ["decoder_model_merged layer 0"],
  ],
];

/** What is lost in the rounding of 4 and 8 bits, and seen without it. */
const FINE: typeof GROSS = [
  ["a bias left out", SMALL, withoutBias(`${VIT}.1.mlp.fc2.bias`), ["vision_encoder layer 1"]],
  ["a bias left out", SMALL, withoutBias(`${TEXT}.1.self_attn.k_proj.bias`), ["decoder_model_merged layer 1"]],
  ["a bias left out", LARGE, withoutBias("mlp1.1.bias"), ["vision_encoder projector"]],
  ["a bias left out", SMALL, withoutBias("vision_model.embeddings.patch_embedding.bias"), ["vision_encoder embedding"]],
  ["another epsilon", SMALL, changeConfig("llm_config", "rms_norm_eps", 1e-5), ["decoder_model_merged layer 0"]],
  ["another epsilon", LARGE, changeConfig("llm_config", "rms_norm_eps", 1e-5), ["decoder_model_merged layer 0"]],
  ["another epsilon", SMALL, changeConfig("vision_config", "layer_norm_eps", 1e-3), ["vision_encoder layer 0"]],
];

describe("a wrong conversion", () => {
  it.each([...GROSS, ...FINE])("%s is caught in fp32 and fp16: %j", async (_, options, mutate, where) => {
    const original = await openRandom(options);
    const converted = await mutate(original, options);
    for (const dtype of ["fp32", "fp16"] as const) {
      expect(await caught(original, converted, dtype)).toEqual(expect.arrayContaining(where));
    }
  });

  it.each(GROSS)(
    "%s is caught in q8, int8 and q4, and nothing else is named: %j",
    async (_, options, mutate, where) => {
      const original = await openRandom(options);
      const converted = await mutate(original, options);
      for (const dtype of ["q8", "int8", "q4"] as const) {
        expect(await caught(original, converted, dtype)).toEqual(where);
      }
    },
  );

  it("is told with graph, dtype, part, difference and limit", async () => {
    const original = await openRandom(SMALL);
    const converted = await changeTensor("mlp1.3.bias", (values) => values.map(() => Number.NaN))(original, SMALL);
    const checks = await checkAgainst(original, converted, "fp32");
    const failure = () => assertChecked(checks);
    expect(failure).toThrow(InternVLError);
    // The decoder reads features that are no numbers; the first part that is wrong is the one that is named.
    expect(failure).toThrow(
      /vision_encoder in fp32 .*: projector\. Expected a difference of at most 0\.0001 .*, got not a finite number; \d+ more/,
    );
  });
});

describe("sampledLayers", () => {
  it("takes all layers, or the first, the last and two at equal distances between them", () => {
    expect([1, 4, 5, 24, 48].map(sampledLayers)).toEqual([
      [0],
      [0, 1, 2, 3],
      [0, 1, 3, 4],
      [0, 8, 15, 23],
      [0, 16, 31, 47],
    ]);
  });
});
