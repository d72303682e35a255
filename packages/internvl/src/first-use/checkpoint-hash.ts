import { createHash } from "node:crypto";
import { type ModelFiles, throwIfAborted } from "@internvl/core";
import { weightFiles } from "./weight-files.js";

/** The other files that a conversion may read. */
const READ = /^[^/]+\.(json|jinja|txt|model)$/;
/** Files up to this size are hashed whole: 0.1 s. */
const WHOLE = 64 * 2 ** 20;
/** Of larger ones this many pieces, evenly spread: any training moves every weight, so it moves these. */
const SAMPLES = 64;
const SAMPLE_BYTES = 64 * 2 ** 10;

/** SHA-256 over a checkpoint's files, those over 64 MB by their size and 64 pieces. */
export async function checkpointHash(files: ModelFiles, { signal }: { signal?: AbortSignal } = {}): Promise<string> {
  const hash = createHash("sha256");
  const small = (await files.list()).filter((path) => READ.test(path));
  for (const path of [...small, ...(await weightFiles(files, { signal }))]) {
    throwIfAborted(signal, "The conversion was aborted");
    const size = await files.size(path);
    hash.update(`${path}\0${size}\0`);
    if (size <= WHOLE) {
      hash.update(await files.read(path, { signal }));
      continue;
    }
    for (let sample = 0; sample < SAMPLES; sample++) {
      const start = Math.floor((sample * (size - SAMPLE_BYTES)) / (SAMPLES - 1));
      hash.update(await files.readRange(path, start, start + SAMPLE_BYTES, { signal }));
    }
  }
  return hash.digest("hex");
}
