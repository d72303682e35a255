import { createHash } from "node:crypto";
import type { ModelFiles } from "internvl";

/** The files that a conversion reads. */
const READ = /^[^/]+\.(json|jinja|txt|model|safetensors)$/;
/** Files up to this size are hashed whole: 0.1 s. */
const WHOLE = 64 * 2 ** 20;
/** Of larger ones this many pieces, evenly spread: any training moves every weight, so it moves these. */
const SAMPLES = 64;
const SAMPLE_BYTES = 64 * 2 ** 10;

/** SHA-256 over a checkpoint's files, those over 64 MB by their size and 64 pieces. */
export async function checkpointHash(files: ModelFiles): Promise<string> {
  const hash = createHash("sha256");
  for (const path of (await files.list()).filter((path) => READ.test(path))) {
    const size = await files.size(path);
    hash.update(`${path}\0${size}\0`);
    if (size <= WHOLE) {
      hash.update(await files.read(path));
      continue;
    }
    for (let sample = 0; sample < SAMPLES; sample++) {
      const start = Math.floor((sample * (size - SAMPLE_BYTES)) / (SAMPLES - 1));
      hash.update(await files.readRange(path, start, start + SAMPLE_BYTES));
    }
  }
  return hash.digest("hex");
}
