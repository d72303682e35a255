import { describe, expect, test } from "vitest";
import { joinedRows, renamed, withTensors } from "../src/checkpoint/index.js";
import { adapterFits, inspectAdapter, isAdapterFolder, missingTensors, withAdapters } from "../src/lora/index.js";
import { adapterFolder, adapterOf, checkpointOf, factors, filled, type Shapes, valuesOf } from "./lora-adapters.js";
import { failure } from "./safetensors-files.js";

const Q = "model.layers.0.self_attn.q_proj";
const FILES: Shapes = {
  [`language_model.${Q}.weight`]: [2, 3],
  "language_model.lm_head.weight": [5, 3],
  "multi_modal_projector.linear_1.weight": [3, 4],
  "vision_tower.encoder.layer.0.mlp.fc1.weight": [4, 2],
};
const MEMORY: Shapes = {
  "model.language_model.layers.0.self_attn.q_proj.weight": [2, 3],
  "lm_head.weight": [5, 3],
  "model.multi_modal_projector.linear_1.weight": [3, 4],
  "model.vision_tower.encoder.layer.0.mlp.fc1.weight": [4, 2],
};
const ORIGINAL: Shapes = {
  [`language_model.${Q}.weight`]: [2, 3],
  "language_model.lm_head.weight": [5, 3],
  "mlp1.1.weight": [3, 4],
  "vision_model.encoder.layers.0.attn.qkv.weight": [6, 2],
};

const modulesOf = (shapes: Shapes) =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name.replace(/\.weight$/, ""), shape]));
/** Modules of an adapter, of shapes [out, in], as PEFT saves them. */
const adapterFor = (shapes: Shapes) =>
  adapterOf(
    Object.assign(
      {},
      ...Object.entries(shapes).map(([m, s]) => factors(`base_model.model.${m}`, s as [number, number])),
    ),
  );

describe("the names of an adapter in a checkpoint", () => {
  const q = { [Q]: [2, 3] };
  test.each<[what: string, checkpoint: Shapes, adapter: Shapes, changed: string[]]>([
    ["as they stand", ORIGINAL, modulesOf(ORIGINAL), Object.keys(ORIGINAL)],
    ["in memory, files", FILES, modulesOf(MEMORY), Object.keys(FILES)],
    ["in files, memory", MEMORY, modulesOf(FILES), Object.keys(MEMORY)],
    [
      "without the head, files",
      FILES,
      { "language_model.layers.0.self_attn.q_proj": [2, 3] },
      [`language_model.${Q}.weight`],
    ],
    [
      "the language model alone",
      ORIGINAL,
      { ...q, lm_head: [5, 3] },
      [`language_model.${Q}.weight`, "language_model.lm_head.weight"],
    ],
    ["its layers alone", FILES, { "layers.0.self_attn.q_proj": [2, 3] }, [`language_model.${Q}.weight`]],
    [
      "the vision model alone",
      ORIGINAL,
      { "encoder.layers.0.attn.qkv": [6, 2] },
      ["vision_model.encoder.layers.0.attn.qkv.weight"],
    ],
    [
      "the vision tower alone",
      FILES,
      { "encoder.layer.0.mlp.fc1": [4, 2] },
      ["vision_tower.encoder.layer.0.mlp.fc1.weight"],
    ],
  ])("%s", async (_, shapes, modules, changed) => {
    const [source, adapter] = [await checkpointOf(shapes), await adapterFor(modules)];
    expect(adapterFits(source, adapter)).toBe(true);
    const merged = withAdapters(source, [{ adapter }]);
    expect(merged.names()).toEqual(source.names());
    for (const name of source.names()) {
      const old = await valuesOf(source.get(name));
      const grown = changed.includes(name) ? old.map((value) => value + 4) : old;
      expect(await valuesOf(merged.get(name)), name).toEqual(grown);
    }
  });

  test.each(["", "default.", "mine."])("with %j in the names of the factors, without the prefix", async (name) => {
    const adapter = await adapterOf({
      [`${Q}.lora_A.${name}weight`]: filled([2, 3], 1),
      [`${Q}.lora_B.${name}weight`]: filled([2, 2], 1),
    });
    const merged = withAdapters(await checkpointOf({ [`${Q}.weight`]: [2, 3] }), [{ adapter }]);
    expect(await valuesOf(merged.get(`${Q}.weight`))).toEqual([5, 6, 7, 8, 9, 10]);
  });

  test("one naming holds for the whole adapter, and what it lacks is said", async () => {
    const source = await checkpointOf({ ...ORIGINAL, "language_model.model.norm.weight": [3] });
    const adapter = await adapterFor({
      [Q]: [2, 3],
      "encoder.layers.0.attn.qkv": [6, 2],
      "model.layers.0.other": [2, 3],
    });
    expect(adapterFits(source, adapter)).toBe(false);
    expect(missingTensors(source, adapter)).toEqual([
      "language_model.encoder.layers.0.attn.qkv.weight",
      "language_model.model.layers.0.other.weight",
    ]);
    const error = await failure((async () => withAdapters(source, [{ adapter }]))());
    expect(error.code).toBe("CHECKPOINT_INVALID");
    expect(error.message).toMatch(
      /^The adapter the adapter was made for another model than the model\. Expected the 3 tensors/,
    );
    expect(error.message).toContain(
      "got 2 missing: language_model.encoder.layers.0.attn.qkv.weight, language_model.model.",
    );
    expect(error.message).toContain("the names as they stand, Transformers' names in memory");
  });

  test("of many names that are missing eight are listed", async () => {
    const modules = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`h.${i}.c_attn`, [2, 3]]));
    const adapter = await adapterFor(modules);
    const error = await failure((async () => withAdapters(await checkpointOf(ORIGINAL), [{ adapter }]))());
    expect(error.message).toContain("got none of them: h.0.c_attn.weight, ");
    expect(error.message).toContain("h.7.c_attn.weight, and 12 more");
  });
});

describe("views over and under a merge", () => {
  test("rows of many merged weights are read in turn", async () => {
    const names = Array.from({ length: 9 }, (_, i) => `w${i}`);
    const source = await checkpointOf(Object.fromEntries(names.map((name) => [`${name}.weight`, [3, 2]])));
    const merged = withAdapters(source, [
      { adapter: await adapterFor(Object.fromEntries(names.map((n) => [n, [3, 2]]))) },
    ]);
    const rows = [2, 0, 1].flatMap((row) =>
      names.map((name) => ({ source: merged.get(`${name}.weight`), start: row, end: row + 1 })),
    );
    const values = [
      [9, 10],
      [5, 6],
      [7, 8],
    ].flatMap((row) => names.flatMap(() => row));
    const joined = joinedRows("joined", rows);
    expect(joined.dtype).toBe("F32");
    expect(await valuesOf(joined)).toEqual(values);
  });

  test("adapters are merged into merged weights, and into computed ones", async () => {
    const source = await checkpointOf({ "a.weight": [2, 2], "b.weight": [2, 2] });
    const adapter = await adapterFor({ a: [2, 2] });
    const twice = withAdapters(withAdapters(source, [{ adapter }]), [{ adapter, weight: -0.5 }]);
    expect(await valuesOf(twice.get("a.weight"))).toEqual([3, 4, 5, 6]);
    const swapped = withTensors(source, new Map([["a.weight", renamed("a.weight", twice.get("b.weight"))]]));
    expect(await valuesOf(withAdapters(swapped, [{ adapter, weight: 0 }]).get("a.weight"))).toEqual([1, 2, 3, 4]);
    expect(withAdapters(source, []).names()).toEqual(source.names());
  });
});

describe("inspectAdapter", () => {
  test("says what it changes, without reading weights", async () => {
    const folder = adapterFolder(
      {
        ...factors("base_model.model.language_model.model.layers.0.self_attn.q_proj", [8, 4]),
        ...factors("base_model.model.language_model.model.layers.1.self_attn.q_proj", [8, 4]),
        ...factors("base_model.model.language_model.model.layers.1.mlp.up_proj", [6, 4]),
      },
      { base_model_name_or_path: "OpenGVLab/InternVL2_5-1B", target_modules: ["q_proj", "up_proj"] },
    );
    expect(await isAdapterFolder(folder)).toBe(true);
    expect(await inspectAdapter(folder)).toEqual({
      base: "OpenGVLab/InternVL2_5-1B",
      modules: { "self_attn.q_proj": 2, "mlp.up_proj": 1 },
      ranks: [2],
      parameters: 2 * (8 + 4) * 2 + 2 * (6 + 4),
      replaced: [],
    });
  });
});
