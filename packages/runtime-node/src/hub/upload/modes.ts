import { open } from "node:fs/promises";
import type { JsonValue } from "@internvl/core";
import { isObject } from "@internvl/core/hub";
import { ask, type UploadContext } from "./api.js";
import { malformed } from "./errors.js";
import type { LocalFile } from "./local-files.js";

/** `regular`: within the commit itself. `lfs`: into the Hub's storage, the commit names it by its SHA-256. */
export type UploadMode = "regular" | "lfs";

/** Files a question, and bytes of each that the Hub wants to see, as `huggingface_hub` has them. */
const MOST_FILES = 256;
const SAMPLE = 512;

/** Asks how each file is to come; files that the repository's .gitignore names are left out of the answer. */
export async function fetchModes(
  context: UploadContext,
  files: readonly LocalFile[],
): Promise<Map<LocalFile, UploadMode>> {
  const modes = new Map<LocalFile, UploadMode>();
  for (let start = 0; start < files.length; start += MOST_FILES) {
    const some = files.slice(start, start + MOST_FILES);
    const payload = { files: await Promise.all(some.map(describe)) };
    const path = `api/models/${context.id}/preupload/${encodeURIComponent(context.revision)}`;
    const answer = await ask(context, { path, body: JSON.stringify(payload) });
    const told = Array.isArray(answer["files"]) ? answer["files"] : [];
    const byPath = new Map(told.map((entry) => [isObject(entry) ? entry["path"] : undefined, entry] as const));
    for (const file of some) {
      const entry: JsonValue | undefined = byPath.get(file.path);
      const { uploadMode, shouldIgnore } = isObject(entry) ? entry : {};
      if (uploadMode !== "regular" && uploadMode !== "lfs") throw malformed(file.path, "regular or lfs", uploadMode);
      // The storage takes no empty files.
      if (shouldIgnore !== true) modes.set(file, file.size === 0 ? "regular" : uploadMode);
    }
  }
  return modes;
}

async function describe({ path, local, size }: LocalFile) {
  const handle = await open(local, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SAMPLE), 0, SAMPLE, 0);
    return { path, size, sample: buffer.subarray(0, bytesRead).toString("base64") };
  } finally {
    await handle.close();
  }
}
