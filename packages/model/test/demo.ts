import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ConvertOptions, convertCheckpoint } from "@internvl/convert";
import { RawImage, Tensor } from "@internvl/core";
import { InternVL2_5ForConditionalGeneration, type ModelOptions } from "@internvl/model";
import { InternVL2_5Processor } from "@internvl/processor";
import { DirectoryFiles, nodeRuntime, openDirectorySink } from "@internvl/runtime-node";
import { afterAll, beforeAll } from "vitest";

const checkpoint = fileURLToPath(new URL("../../demo-model", import.meta.url));

/** The demo model, converted once for a test file. */
export async function convertDemo(
  options: ConvertOptions = {},
): Promise<{ directory: string; remove: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), "internvl-model-"));
  await convertCheckpoint(new DirectoryFiles(checkpoint), await openDirectorySink(directory), {
    dtype: "fp32",
    ...options,
  });
  return { directory, remove: () => rm(directory, { recursive: true }) };
}

/** Nothing is reused of earlier calls: what is compared is computed. Those who test the reuse ask for it. */
export const ANEW = { feature_cache: false, prefix_cache: false } as const;

export async function loadDemo(directory: string, options: ModelOptions = {}) {
  const runtime = nodeRuntime;
  return {
    model: await InternVL2_5ForConditionalGeneration.from_pretrained(directory, { runtime, ...ANEW, ...options }),
    processor: await InternVL2_5Processor.from_pretrained(directory, { runtime }),
  };
}

/** A coloured square on white, of any size. */
export function square(size: number, colour: readonly [number, number, number] = [215, 35, 35]): RawImage {
  const data = new Uint8Array(size * size * 3).fill(250);
  for (let y = size >> 2; y < size >> 1; y++) {
    for (let x = size >> 2; x < size >> 1; x++) data.set(colour, (y * size + x) * 3);
  }
  return new RawImage(data, size, size, 3);
}

/** `pixel_values` of the demo model whose tiles differ from each other, each by its number. */
export function tiles(...numbers: number[]): Tensor {
  const size = 3 * 112 * 112;
  const data = Float32Array.from({ length: numbers.length * size }, (_, i) =>
    Math.sin((i % size) * (numbers[Math.floor(i / size)]! + 1) * 0.01),
  );
  return new Tensor("float32", data, [numbers.length, 3, 112, 112]);
}

export interface Demo extends Awaited<ReturnType<typeof loadDemo>> {
  directory: string;
}

/** The demo model for all tests of a file or suite: `use` gets it before the first, and it is released after the last. */
export function withDemo(use: (demo: Demo) => void | Promise<void>): void {
  let converted: Awaited<ReturnType<typeof convertDemo>>;
  let demo: Demo;
  beforeAll(async () => {
    converted = await convertDemo();
    demo = { ...(await loadDemo(converted.directory)), directory: converted.directory };
    await use(demo);
  });
  afterAll(async () => {
    await demo.model.dispose();
    await converted.remove();
  });
}
