import type { GraphDtypes } from "@internvl/config";
import { type ModelFiles, sha256 } from "@internvl/core";
import { conversionName, conversionText, READ_FILES } from "../first-use/conversion-name.js";

/** Files up to this size are hashed whole. */
const WHOLE = 16 * 2 ** 20;
/** Of larger ones this many pieces, evenly spread: a training of all weights moves these as well. */
const SAMPLES = 64;
const SAMPLE_BYTES = 16 * 2 ** 10;

/**
 * The name of a conversion's folder in the page's storage: another checkpoint, another dtype or another release of the
 * converter is another folder. Of a model on the Hub the commit says what is in it, so that no weights have to be here.
 */
export async function contentKey(
  files: ModelFiles,
  dtypes: GraphDtypes,
  release: string,
  options: { signal?: AbortSignal },
): Promise<string> {
  const content = files.version ?? (await sampled(files, options));
  const hash = await sha256(new TextEncoder().encode(conversionText(content, release, dtypes)));
  return conversionName(files.name, dtypes, hash);
}

/** SHA-256 over the hashes of all files, of large ones over pieces. */
async function sampled(files: ModelFiles, options: { signal?: AbortSignal }): Promise<string> {
  const lines: string[] = [];
  for (const path of (await files.list()).filter((path) => READ_FILES.test(path)).sort()) {
    const size = await files.size(path);
    lines.push(path, String(size));
    if (size <= WHOLE) {
      lines.push(await sha256(await files.read(path, options)));
      continue;
    }
    for (let sample = 0; sample < SAMPLES; sample++) {
      const start = Math.floor((sample * (size - SAMPLE_BYTES)) / (SAMPLES - 1));
      lines.push(await sha256(await files.readRange(path, start, start + SAMPLE_BYTES, options)));
    }
  }
  return sha256(new TextEncoder().encode(lines.join("\0")));
}
