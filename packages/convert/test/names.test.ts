import { readFileSync } from "node:fs";
import { InternVL2_5Config } from "@internvl/config";
import { NAME_TABLES } from "@internvl/convert";
import { MemoryFolder } from "@internvl/core";
import { describe, expect, test } from "vitest";
import { Checkpoint, type TensorSource } from "../src/checkpoint/index.js";
import { asOriginal, asTransformers, withFileNames } from "../src/names/index.js";
import { nameLookup } from "../src/names/lookup.js";
import { type RandomCheckpointOptions, randomCheckpoint } from "./random-checkpoint.js";
import { collect } from "./safetensors-files.js";

const MAPPING = readFileSync(new URL("fixtures/mapping.md", import.meta.url), "utf8");

/** Rows of the reference table: original, file name, name in memory. */
const ROWS = MAPPING.split("\n").flatMap((line) => {
  const [, original, file, memory] = /^\| `([^`]+)` \| `([^`]+)` \| `([^`]+)` \|/.exec(line) ?? [];
  return original === undefined ? [] : [{ original, file: file!, memory: memory! }];
});

async function open(options: RandomCheckpointOptions) {
  const files = await randomCheckpoint(options);
  const config = InternVL2_5Config.from_dict(JSON.parse(files["config.json"] as string));
  return { config, checkpoint: await Checkpoint.open(new MemoryFolder(files)) };
}

async function contents(source: TensorSource): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const name of source.names()) {
    const tensor = source.get(name);
    expect(tensor.name).toBe(name);
    all[name] = `[${tensor.shape}] ${Buffer.from(await collect(tensor.stream())).toString("base64")}`;
  }
  return all;
}

describe("the table of names", () => {
  test("has every row of the reference, in both directions", () => {
    expect(ROWS.length).toBeGreaterThan(60);
    for (const { original, file } of ROWS) {
      const [name, there] = [original.replace(".N.", ".17."), file.replace(".N.", ".17.")];
      const found = Object.keys(NAME_TABLES).some((language) => {
        const { fromOriginal, fromTransformers } = nameLookup(language as keyof typeof NAME_TABLES);
        const forth = fromOriginal(name);
        return forth?.transformers.includes(there) && fromTransformers(there)?.original === name;
      });
      expect([original, found]).toEqual([original, true]);
    }
  });

  test("has no row that the reference does not have", () => {
    const known = new Set(ROWS.map(({ file }) => file.replace(/\.(weight|bias)$/, "")));
    for (const [, transformers] of Object.values(NAME_TABLES).flat()) {
      for (const name of [transformers].flat()) expect(known).toContain(name);
    }
  });
});

describe.each<RandomCheckpointOptions>([
  { form: "300M", language: "internlm2" },
  { form: "6B", language: "internlm2 with bias", groups: 2 },
  { form: "6B", tied: true },
])("%j", (options) => {
  test("as Transformers, and back, to the byte", async () => {
    const { config, checkpoint } = await open(options);
    const merged = asTransformers(checkpoint, config);
    expect(merged.names().filter((name) => /qkv|vision_model|mlp1/.test(name))).toEqual([]);
    const back = asOriginal(merged, config);
    expect(await contents(back)).toEqual(await contents(checkpoint));
  });

  test("names as they are in memory are those of files", async () => {
    const { config, checkpoint } = await open(options);
    const merged = asTransformers(checkpoint, config);
    const memory = (name: string) =>
      name.startsWith("language_model.lm_head")
        ? name.replace("language_model.", "")
        : `model.${name.replace("language_model.model.", "language_model.")}`;
    const source: TensorSource = {
      ...merged,
      names: () => merged.names().map(memory),
      get: (name) => merged.get(merged.names().find((there) => memory(there) === name)!),
      has: (name) => merged.names().some((there) => memory(there) === name),
    };
    const { tensors, problems } = withFileNames(source);
    expect(problems).toEqual([]);
    expect(await contents(tensors)).toEqual(await contents(merged));
  });
});

test("InternLM2's wqkv is cut by key heads", async () => {
  const { config, checkpoint } = await open({ form: "300M", language: "internlm2", groups: 2 });
  // 4 heads of 16 rows, 2 of them a key head: [q0 q1 k0 v0 q2 q3 k1 v1]
  const wqkv = checkpoint.get("language_model.model.layers.1.attention.wqkv.weight");
  const merged = asTransformers(checkpoint, config);
  const part = (name: string) => merged.get(`language_model.model.layers.1.self_attn.${name}.weight`);
  const rows = (start: number, end: number) => wqkv.rows(start * 16, end * 16);
  expect(part("q_proj").shape).toEqual([64, 64]);
  expect(part("k_proj").shape).toEqual([32, 64]);
  expect(await part("q_proj").rows(32, 64)).toEqual(await rows(4, 6));
  expect(await part("k_proj").rows(0, 16)).toEqual(await rows(2, 3));
  expect(await part("k_proj").rows(16, 32)).toEqual(await rows(6, 7));
  expect(await part("v_proj").rows(16, 32)).toEqual(await rows(7, 8));
});

test("a name that stands twice is a problem", async () => {
  const { config, checkpoint } = await open({ form: "300M" });
  const merged = asTransformers(checkpoint, config);
  const source: TensorSource = {
    ...merged,
    names: () => [...merged.names(), "lm_head.weight"],
    get: (name) => merged.get(name === "lm_head.weight" ? "language_model.lm_head.weight" : name),
  };
  expect(withFileNames(source).problems).toEqual(["language_model.lm_head.weight (also as lm_head.weight)"]);
});
