import { readFileSync } from "node:fs";
import { InternVL2_5Config } from "@internvl/config";
import { MemoryFolder } from "@internvl/core";
import { describe, expect, test } from "vitest";
import { Checkpoint } from "../src/checkpoint/index.js";
import { withResizedPositions } from "../src/positions/resize.js";
import { randomConfig } from "./random-checkpoint.js";
import { collect, plainFile } from "./safetensors-files.js";

interface Case {
  before: number;
  after: number;
  channels: number;
  embedding: number[];
  resized: number[];
}

/** What PyTorch made of random grids: make_positions.py. */
const CASES: Case[] = JSON.parse(readFileSync(new URL("fixtures/positions.json", import.meta.url), "utf8"));
const NAME = "vision_model.embeddings.position_embedding";

async function resize({ before, after, channels, embedding }: Case) {
  const bytes = new Uint8Array(Float32Array.from(embedding).buffer);
  const file = plainFile({ [NAME]: { dtype: "F32", shape: [1, 1 + before ** 2, channels], bytes } });
  const checkpoint = await Checkpoint.open(new MemoryFolder({ "model.safetensors": file }));
  const config = InternVL2_5Config.from_dict(randomConfig({ form: "300M" }));
  // The ratio would forbid odd sides, which a grid may have.
  return withResizedPositions(checkpoint, { ...config, downsample_ratio: 1, force_image_size: after * 14 }).get(NAME);
}

describe("position embeddings of another size", () => {
  test.each(CASES.map((row) => [row.before, row.after, row] as const))(
    "%d to %d as PyTorch",
    async (_b, after, row) => {
      const tensor = await resize(row);
      expect(tensor.shape).toEqual([1, 1 + after ** 2, row.channels]);
      const got = new Float32Array((await collect(tensor.stream())).slice().buffer);
      const largest = got.reduce((most, value, i) => Math.max(most, Math.abs(value - row.resized[i]!)), 0);
      expect(got.length).toBe(row.resized.length);
      // PyTorch computes its weights in float32.
      expect(largest).toBeLessThan(5e-6);
    },
  );

  test("the class token and a grid of the right size stay as they are", async () => {
    const [row] = CASES as [Case];
    const got = new Float32Array((await collect((await resize(row)).stream())).slice().buffer);
    expect([...got.subarray(0, row.channels)]).toEqual([...Float32Array.from(row.embedding.slice(0, row.channels))]);
    const same = CASES.find(({ before, after }) => before === after)!;
    const kept = new Float32Array((await collect((await resize(same)).stream())).slice().buffer);
    expect([...kept]).toEqual([...Float32Array.from(same.embedding)]);
  });
});
