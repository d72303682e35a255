import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { originalTensorSpecs } from "@internvl/convert";
import { InternVL2_5Config, openSink } from "internvl";
import { originalConfig, type Shape } from "./shape.js";
import { writeWeights } from "./shards.js";
import { syntheticTokenizer } from "./tokenizer.js";
import { randomTensor } from "./weights.js";

/** Says that a checkpoint is complete, and which one it is. */
const STAMP = "bench.json";

/**
 * Writes a random checkpoint in OpenGVLab's original format, bfloat16, with a tokenizer of its own. One that is there
 * already, complete and of the same shape, seed and number of files, is left alone.
 *
 * @param directory made if it is not there. A 1B takes 1.9 GB
 */
export async function makeCheckpoint(
  directory: string,
  shape: Shape,
  { seed = 0, shards = 1 }: { seed?: number; shards?: number } = {},
): Promise<void> {
  const stamp = JSON.stringify({ shape, seed, ...(shards > 1 && { shards }) });
  if ((await textOf(join(directory, STAMP))) === stamp) return;

  await mkdir(directory, { recursive: true });
  const tokenizer = syntheticTokenizer(shape);
  const config = originalConfig(shape, tokenizer.size, tokenizer.endOfTurn);
  const files = { "config.json": JSON.stringify(config, null, 2), ...tokenizer.files };
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);

  const specs = originalTensorSpecs(await InternVL2_5Config.from_pretrained(directory));
  // A seed of its own for each tensor, so that no two layers are equal.
  const tensors = specs.map((spec, index) => randomTensor(spec, seed + index * 1_000_003));
  await writeWeights(await openSink(directory), tensors, shards);
  await writeFile(join(directory, STAMP), stamp);
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}
