import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { MemoryFolder } from "@internvl/core";
import { describe, expect, test } from "vitest";
import { Checkpoint, type TensorSource, type WeightSource } from "../src/checkpoint/index.js";
import {
  adapterFits,
  findTrainedLora,
  readAdapter,
  type TrainedLora,
  type WeightedAdapter,
  withAdapters,
  withTrainedLora,
} from "../src/lora/index.js";
import { toFloat32 } from "../src/quantise/index.js";
import { collect } from "./safetensors-files.js";

/** Made by fixtures/make_lora.py; LORA_FIXTURES names a directory that it made with another seed. */
const FIXTURES = process.env.LORA_FIXTURES
  ? pathToFileURL(`${resolve(process.env.LORA_FIXTURES)}/`)
  : new URL("fixtures/lora/", import.meta.url);

type Case = { name: string; base: string; merged: string } & (
  | { adapters: { folder: string; weight: number }[] }
  | { config: { use_llm_lora: number; use_backbone_lora: number }; ranks: Record<string, number> }
);

const CASES: Case[] = JSON.parse(readFileSync(new URL("cases.json", FIXTURES), "utf8"));

/** Both PEFT's sums and ours are rounded: this is some ulp of weights around 1. */
const TOLERANCE = 1e-6;

const bytes = (path: string) => Uint8Array.from(readFileSync(new URL(path, FIXTURES)));

const openCheckpoint = (path: string) => Checkpoint.open(new MemoryFolder({ "model.safetensors": bytes(path) }, path));

function openAdapter(folder: string) {
  const files = ["adapter_config.json", "adapter_model.safetensors"];
  return readAdapter(new MemoryFolder(Object.fromEntries(files.map((f) => [f, bytes(`${folder}/${f}`)])), folder));
}

async function floats(tensor: WeightSource, pieceBytes?: number): Promise<Float32Array> {
  const { name, dtype, shape } = tensor;
  const inPieces = { name, dtype, shape, rows: tensor.rows, stream: () => tensor.stream({ pieceBytes }) };
  return new Float32Array((await collect(toFloat32(inPieces).bytes())).slice().buffer);
}

async function merge(one: Case): Promise<TensorSource> {
  const source = await openCheckpoint(one.base);
  if ("config" in one) return withTrainedLora(source, findTrainedLora(source, one.config)!);
  const adapters: WeightedAdapter[] = [];
  for (const { folder, weight } of one.adapters) adapters.push({ adapter: await openAdapter(folder), weight });
  expect(adapters.map(({ adapter }) => adapterFits(source, adapter))).toEqual(adapters.map(() => true));
  return withAdapters(source, adapters);
}

describe.each(CASES)("$name against PEFT's merge", (one) => {
  test("every tensor has its name, its shape and its numbers", async () => {
    const [ours, reference] = [await merge(one), await openCheckpoint(one.merged)];
    expect(ours.names()).toEqual(reference.names());
    for (const name of reference.names()) {
      const [tensor, expected] = [ours.get(name), reference.get(name)];
      expect({ name: tensor.name, shape: tensor.shape }).toEqual({ name, shape: expected.shape });
      const [got, wanted] = [await floats(tensor), await floats(expected)];
      expect(got.length, name).toBe(wanted.length);
      const wrong = wanted.findIndex((value, i) => !(Math.abs(value - got[i]!) <= TOLERANCE));
      expect(wrong < 0 ? "" : `${name}[${wrong}]: ${got[wrong]} and not ${wanted[wrong]}`).toBe("");
    }
  });

  test("the pieces in which a tensor is read change nothing", async () => {
    const ours = await merge(one);
    for (const name of ours.names()) {
      const tensor = ours.get(name);
      const whole = await floats(tensor);
      expect(await floats(tensor, 1), name).toEqual(whole);
      const rows = tensor.shape[0]!;
      if (tensor.dtype !== "F32" || rows < 3) continue;
      const inner = new Float32Array((await tensor.rows(1, rows - 1)).slice().buffer);
      const width = whole.length / rows;
      expect(inner, name).toEqual(whole.slice(width, whole.length - width));
    }
  });
});

test("every case changes weights, or it would say nothing", async () => {
  for (const one of CASES) {
    const [source, merged] = [await openCheckpoint(one.base), await openCheckpoint(one.merged)];
    const before = (name: string) =>
      "config" in one ? findTrainedLora(source, one.config)!.tensors.get(name)!.weight : source.get(name);
    let changed = 0;
    for (const name of merged.names()) {
      const [old, reference] = [await floats(before(name)), await floats(merged.get(name))];
      if (old.some((value, i) => Math.abs(value - reference[i]!) > 0.01)) changed++;
    }
    expect(changed, one.name).toBeGreaterThan(0);
    expect(changed, one.name).toBeLessThan(merged.names().length);
  }
});

test("ranks of the original repository's output are found", async () => {
  for (const one of CASES) {
    if (!("config" in one)) continue;
    const source = await openCheckpoint(one.base);
    const found: TrainedLora | undefined = findTrainedLora(source, one.config);
    expect(found?.ranks).toEqual(one.ranks);
  }
});
