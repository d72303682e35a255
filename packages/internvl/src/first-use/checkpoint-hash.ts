import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import type { ModelFiles } from "@internvl/core";
import { READ_FILES } from "./conversion-name.js";

/** Files up to this size are hashed whole: 0.1 s. */
const WHOLE = 64 * 2 ** 20;
/** Of larger ones this many pieces, evenly spread: a training of all weights moves these as well. */
const SAMPLES = 64;
const SAMPLE_BYTES = 64 * 2 ** 10;

/**
 * SHA-256 over a checkpoint's files, those over 64 MB by their size, 64 pieces and the time when they were last written:
 * adapters that were merged into the file change a few tensors only, which no piece may hit.
 */
export async function checkpointHash(files: ModelFiles, options: { signal?: AbortSignal } = {}): Promise<string> {
  const hash = createHash("sha256");
  for (const path of (await files.list()).filter((path) => READ_FILES.test(path))) {
    const size = await files.size(path);
    hash.update(`${path}\0${size}\0`);
    if (size <= WHOLE) {
      hash.update(await files.read(path, options));
      continue;
    }
    if (files.localPath !== undefined) hash.update(`${(await stat(files.localPath(path))).mtimeMs}\0`);
    for (let sample = 0; sample < SAMPLES; sample++) {
      const start = Math.floor((sample * (size - SAMPLE_BYTES)) / (SAMPLES - 1));
      hash.update(await files.readRange(path, start, start + SAMPLE_BYTES, options));
    }
  }
  return hash.digest("hex");
}
